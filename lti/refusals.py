"""Why a login or launch is refused: one code for each reason, with a sentence and the step that helps.

The codes are what a person reads out to the IT department and what the IT department looks up. They never change
their meaning, and no sentence names a person or repeats a value that came from outside.
"""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """The one button that a refusal page offers."""

    LAUNCH_AGAIN = "launch_again"
    NEW_TAB = "new_tab"
    TELL_IT = "tell_it"
    """Nothing that the person can do: the code is for the IT department."""


class Refusal(StrEnum):
    """The codes."""

    ISSUER_MISSING = "issuer_missing"
    LOGIN_HINT_MISSING = "login_hint_missing"
    CLIENT_ID_MISSING = "client_id_missing"
    PLATFORM_UNKNOWN = "platform_unknown"
    TARGET_FOREIGN = "target_foreign"
    PLATFORM_SAID_NO = "platform_said_no"
    STATE_MISSING = "state_missing"
    STATE_FORGED = "state_forged"
    LOGIN_EXPIRED = "login_expired"
    COOKIE_MISSING = "cookie_missing"
    NONCE_MISSING = "nonce_missing"
    NONCE_WRONG = "nonce_wrong"
    ID_TOKEN_MISSING = "id_token_missing"  # noqa: S105 - the name of a refusal
    ID_TOKEN_MALFORMED = "id_token_malformed"  # noqa: S105
    ALGORITHM_REFUSED = "algorithm_refused"
    KEY_ID_MISSING = "key_id_missing"
    KEY_UNKNOWN = "key_unknown"
    KEYS_UNAVAILABLE = "keys_unavailable"
    SIGNATURE_WRONG = "signature_wrong"
    ISSUER_WRONG = "issuer_wrong"
    AUDIENCE_WRONG = "audience_wrong"
    AUDIENCE_IS_OLD_KEY = "audience_is_old_key"
    AUTHORIZED_PARTY_WRONG = "authorized_party_wrong"
    EXPIRY_MISSING = "expiry_missing"
    EXPIRED = "expired"
    ISSUE_TIME_MISSING = "issue_time_missing"
    ISSUED_IN_FUTURE = "issued_in_future"
    ISSUED_TOO_LONG_AGO = "issued_too_long_ago"
    DEPLOYMENT_MISSING = "deployment_missing"
    DEPLOYMENT_WAITS = "deployment_waits"
    VERSION_WRONG = "version_wrong"
    MESSAGE_UNKNOWN = "message_unknown"
    MESSAGE_INCOMPLETE = "message_incomplete"
    USER_MISSING = "user_missing"
    ROLES_MISSING = "roles_missing"
    RESOURCE_LINK_MISSING = "resource_link_missing"
    CLAIM_MALFORMED = "claim_malformed"
    REPLAYED = "replayed"
    SESSION_MISSING = "session_missing"
    SESSION_EXPIRED = "session_expired"
    ROLE_FORBIDDEN = "role_forbidden"

    @property
    def sentence(self) -> str:
        """What happened, for the person in front of the screen."""
        return _SAID[self][1]

    @property
    def step(self) -> Step:
        """What helps."""
        return _SAID[self][0]


_AGAIN, _TAB, _IT = Step.LAUNCH_AGAIN, Step.NEW_TAB, Step.TELL_IT
_SAID = {
    Refusal.ISSUER_MISSING: (_IT, "The learning platform did not say who it is."),
    Refusal.LOGIN_HINT_MISSING: (_IT, "The learning platform did not say for whom it opens this page."),
    Refusal.CLIENT_ID_MISSING: (_IT, "The learning platform did not say which of its registrations it uses."),
    Refusal.PLATFORM_UNKNOWN: (
        _IT,
        "This learning platform is not registered here. The IT department can register it with an invitation URL.",
    ),
    Refusal.TARGET_FOREIGN: (_IT, "The link points to an address that does not belong to this service."),
    Refusal.PLATFORM_SAID_NO: (
        _AGAIN,
        "The learning platform stopped the launch itself, most often because you are no longer logged in there or the "
        "page was open for too long.",
    ),
    Refusal.STATE_MISSING: (_AGAIN, "The launch did not begin on this service."),
    Refusal.STATE_FORGED: (_AGAIN, "The launch did not begin on this service, or it was altered on its way."),
    Refusal.LOGIN_EXPIRED: (_AGAIN, "Too much time passed between the click and the launch."),
    Refusal.COOKIE_MISSING: (
        _TAB,
        "Your browser did not send back the cookie that protects the launch. Inside another site many browsers block "
        "cookies; in a tab of its own it works.",
    ),
    Refusal.NONCE_MISSING: (_IT, "The learning platform left out the value that protects the launch from replay."),
    Refusal.NONCE_WRONG: (_AGAIN, "The launch was begun in another browser, or it belongs to another click."),
    Refusal.ID_TOKEN_MISSING: (_AGAIN, "The learning platform sent an empty launch."),
    Refusal.ID_TOKEN_MALFORMED: (_IT, "The learning platform sent a launch that cannot be read."),
    Refusal.ALGORITHM_REFUSED: (_IT, "The launch is signed in a way that LTI 1.3 does not allow."),
    Refusal.KEY_ID_MISSING: (_IT, "The launch does not name the key that signed it."),
    Refusal.KEY_UNKNOWN: (_IT, "The launch is signed with a key that the learning platform does not publish."),
    Refusal.KEYS_UNAVAILABLE: (_AGAIN, "The learning platform's keys cannot be read at the moment."),
    Refusal.SIGNATURE_WRONG: (_IT, "The signature of the launch is wrong."),
    Refusal.ISSUER_WRONG: (_IT, "The launch comes from another learning platform than the login."),
    Refusal.AUDIENCE_WRONG: (_IT, "The launch was made for another tool."),
    Refusal.AUDIENCE_IS_OLD_KEY: (
        _IT,
        "The launch names another tool than this one. In Moodle the usual cause is a consumer key that the activity "
        "still carries from LTI 1.1: edit the activity, choose «Show more», empty «Consumer key», and save.",
    ),
    Refusal.AUTHORIZED_PARTY_WRONG: (_IT, "The launch was authorised for another tool."),
    Refusal.EXPIRY_MISSING: (_IT, "The launch does not say how long it is valid."),
    Refusal.EXPIRED: (
        _AGAIN,
        "The launch has expired. Where this happens every time, the clock of the learning platform is wrong.",
    ),
    Refusal.ISSUE_TIME_MISSING: (_IT, "The launch does not say when it was made."),
    Refusal.ISSUED_IN_FUTURE: (_IT, "The launch was made in the future: the clock of the learning platform is wrong."),
    Refusal.ISSUED_TOO_LONG_AGO: (_AGAIN, "The launch was made too long ago."),
    Refusal.DEPLOYMENT_MISSING: (_IT, "The launch does not name its deployment."),
    Refusal.DEPLOYMENT_WAITS: (
        _IT,
        "The tool was added in a new place of the learning platform. An administrator of this service must allow it.",
    ),
    Refusal.VERSION_WRONG: (_IT, "The launch is not of LTI 1.3."),
    Refusal.MESSAGE_UNKNOWN: (_IT, "The learning platform asks for something that this service does not offer."),
    Refusal.MESSAGE_INCOMPLETE: (_IT, "The launch lacks something that LTI 1.3 demands."),
    Refusal.USER_MISSING: (_IT, "The launch does not say who you are. Log in to the learning platform first."),
    Refusal.ROLES_MISSING: (_IT, "The launch does not say what your role in the course is."),
    Refusal.RESOURCE_LINK_MISSING: (_IT, "The launch does not say which activity it belongs to."),
    Refusal.CLAIM_MALFORMED: (_IT, "The learning platform sent a launch in which a value has the wrong form."),
    Refusal.REPLAYED: (_AGAIN, "This launch has been used before. Each one can be used once."),
    Refusal.SESSION_MISSING: (
        _AGAIN,
        "This page belongs to a launch from the learning platform, and your browser has none for it.",
    ),
    Refusal.SESSION_EXPIRED: (_AGAIN, "You were away for a while, so this page has closed itself."),
    Refusal.ROLE_FORBIDDEN: (_AGAIN, "This page is for another role in the course than yours."),
}
