"""The one error family of lti/: what a platform, or a launch that came from one, did wrong.

Every error has a stable ``code`` to look up and a ``sentence`` for the person in front of the screen. ``str()`` is
for the log: it names the code and the place (a web-service function, a path without its query), never a value that
came from outside, so that no token, name, mail or grade can reach a log line through an error.
"""

from __future__ import annotations

from enum import StrEnum

from lti.refusals import Refusal


class LtiError(Exception):
    """The family. ``code`` is stable, ``sentence`` is for people and names no person."""

    def __init__(self, code: str, sentence: str, *, log_text: str = "") -> None:
        super().__init__(log_text or code)
        self.code = code
        self.sentence = sentence


class LaunchRefused(LtiError):
    """A login or launch that is not let in. Nothing of it was stored.

    ``refusal`` brings the code, the sentence and the step that helps; ``place`` names a claim for the log.
    """

    def __init__(self, refusal: Refusal, *, place: str = "") -> None:
        super().__init__(refusal.value, refusal.sentence, log_text=f"{refusal} at {place}" if place else "")
        self.refusal = refusal


REGISTRATION_SENTENCES = {
    "invite_not_open": "This registration address was used before, has expired, or never existed. Ask for a new one.",
    "configuration_unreadable": "The learning platform's description of itself cannot be read.",
    "issuer_foreign": "The learning platform's description of itself speaks for another platform.",
    "registration_declined": (
        "The learning platform declined the registration. Its registration token can be used once and lives for an "
        "hour: begin again there."
    ),
}


class RegistrationRefused(LtiError):
    """A registration that did not come about. ``place`` is for the log: a status, never an address."""

    def __init__(self, code: str, *, place: str = "") -> None:
        super().__init__(code, REGISTRATION_SENTENCES[code], log_text=f"{code} at {place}" if place else code)


class Fault(StrEnum):
    """What can go wrong when a platform is read."""

    UNREACHABLE = "unreachable"
    CUT_OFF = "cut_off"
    """Reached, but the connection ended before the answer was there."""
    TIMED_OUT = "timed_out"
    THROTTLED = "throttled"
    PLATFORM_DOWN = "platform_down"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of a fault
    NOT_AUTHORIZED = "not_authorized"
    """Nobody has authorised the bridge yet (Canvas)."""
    AUTHORIZATION_ENDED = "authorization_ended"
    """The authorisation was taken back, or the scopes of the key have changed (Canvas)."""
    SCOPE_REFUSED = "scope_refused"
    MISSING_FUNCTION = "missing_function"
    NO_ACCESS = "no_access"
    NOT_FOUND = "not_found"
    COURSE_CONCLUDED = "course_concluded"
    NOT_ENROLLED = "not_enrolled"
    NOT_WANTED = "not_wanted"
    """The person takes no messages from the account that sends them."""
    NO_COMPLETION = "no_completion"
    """The course has no completion to read: none is set up, or it is switched off."""
    NOT_USED = "not_used"
    """The site has switched off what was asked for (competencies, messages)."""
    INVALID_REQUEST = "invalid_request"
    INVALID_RESPONSE = "invalid_response"
    """Moodle's ``invalidresponse``: the platform could not describe its own data (Safe Exam Browser quizzes)."""
    UNKNOWN_FAULT = "unknown_fault"
    MALFORMED_ANSWER = "malformed_answer"
    ANSWER_TOO_LARGE = "answer_too_large"
    TOO_MANY_PAGES = "too_many_pages"
    FOREIGN_PAGE = "foreign_page"
    FOREIGN_COURSE = "foreign_course"
    """The roster that was sent is of another course than the one that was asked for."""
    ADDRESS_REFUSED = "address_refused"
    REDIRECTED = "redirected"


_RETRYABLE = frozenset({Fault.UNREACHABLE, Fault.CUT_OFF, Fault.TIMED_OUT, Fault.THROTTLED, Fault.PLATFORM_DOWN})
_PERHAPS = frozenset(
    {Fault.CUT_OFF, Fault.TIMED_OUT, Fault.PLATFORM_DOWN, Fault.MALFORMED_ANSWER, Fault.ANSWER_TOO_LARGE}
)
"""Faults that show only after the platform had the request."""

_SENTENCES = {
    Fault.UNREACHABLE: "The learning platform could not be reached.",
    Fault.CUT_OFF: "The learning platform ended the connection before it answered.",
    Fault.TIMED_OUT: "The learning platform did not answer in time.",
    Fault.THROTTLED: "The learning platform asks to be read more slowly.",
    Fault.PLATFORM_DOWN: "The learning platform has a fault of its own at the moment.",
    Fault.TOKEN_REFUSED: "The learning platform does not accept the access token; it has to be renewed.",
    Fault.NOT_AUTHORIZED: "Nobody has authorised the bridge to read this learning platform yet.",
    Fault.AUTHORIZATION_ENDED: "The authorisation to read the learning platform has ended and has to be given again.",
    Fault.SCOPE_REFUSED: "The learning platform did not grant a right (scope) that is needed.",
    Fault.MISSING_FUNCTION: "The web service on the learning platform lacks a function that is needed.",
    Fault.NO_ACCESS: "The account that reads the learning platform lacks a right that is needed.",
    Fault.NOT_FOUND: "The learning platform does not know what was asked for.",
    Fault.COURSE_CONCLUDED: "The course has been concluded on the learning platform.",
    Fault.NOT_ENROLLED: "The person is not enrolled in the course.",
    Fault.NOT_WANTED: "The person does not take messages from the account that the bridge uses.",
    Fault.NO_COMPLETION: "The course on the learning platform does not track completion.",
    Fault.NOT_USED: "The learning platform does not use what was asked for.",
    Fault.INVALID_REQUEST: "The learning platform did not understand the request.",
    Fault.INVALID_RESPONSE: "The learning platform could not describe its own data.",
    Fault.UNKNOWN_FAULT: "The learning platform reported a fault that is not known here.",
    Fault.MALFORMED_ANSWER: "The learning platform's answer does not have the expected form.",
    Fault.ANSWER_TOO_LARGE: "The learning platform's answer is larger than can be right.",
    Fault.TOO_MANY_PAGES: "The learning platform's list has more pages than can be right.",
    Fault.FOREIGN_PAGE: "The learning platform's list continues on another host.",
    Fault.FOREIGN_COURSE: "The learning platform answered with the list of another course.",
    Fault.ADDRESS_REFUSED: "The address lies in a network that is not allowed.",
    Fault.REDIRECTED: "The learning platform sends the request elsewhere; its address has changed.",
}


class PlatformError(LtiError):
    """Reading a platform failed.

    ``retryable`` says that the same request may succeed later; ``retry_after`` (seconds) is the platform's own
    wish where it has one. ``place`` is the function or path that failed, without query or values. ``undone`` says
    that the platform did nothing, where its answer shows that.
    """

    def __init__(
        self, fault: Fault, place: str, *, detail: str = "", retry_after: float | None = None, undone: bool = False
    ) -> None:
        log_text = f"{fault} at {place}" + (f" ({detail})" if detail else "")
        super().__init__(fault.value, _SENTENCES[fault], log_text=log_text)
        self.fault = fault
        self.place = place
        self.retry_after = retry_after
        self.perhaps_done = not undone and fault in _PERHAPS
        """Whether the platform may have done what was asked: it matters where asking changes something."""

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.fault in _RETRYABLE
