"""What became of telling a learner, as a teacher reads it: sent or not and why, and never «read»."""

from __future__ import annotations

from flask_babel import LazyString

from lti.errors import Fault
from plugin.notices import NoticeKind, Trouble
from plugin.storage.deliveries import HandOver, Outcome
from plugin.web.languages import gettext, lazy_gettext

_CHANNELS = {"lms": lazy_gettext("message in the platform"), "mail": lazy_gettext("mail")}
_NOTICES = {
    NoticeKind.READY: lazy_gettext("that it is ready"),
    NoticeKind.REPLACED: lazy_gettext("that it was corrected"),
    NoticeKind.REVOKED: lazy_gettext("that it was revoked"),
}
_OUTCOMES = {
    Outcome.SENT: lazy_gettext("sent"),
    Outcome.BEGUN: lazy_gettext("perhaps sent, so not repeated"),
    Outcome.PERHAPS: lazy_gettext("perhaps sent, so not repeated"),
    Outcome.FAILED: lazy_gettext("not sent"),
    Outcome.AGAIN: lazy_gettext("not sent yet, it is tried again"),
    Outcome.MUTED: lazy_gettext("not sent, the learner wants no such messages"),
}
_WHY: dict[str, LazyString] = {
    Trouble.RECIPIENT_REFUSED: lazy_gettext("address refused"),
    Trouble.NO_ADDRESS: lazy_gettext("the platform tells no address"),
    Trouble.MAIL_REFUSED: lazy_gettext("the mail was refused"),
    Trouble.MAIL_DEFERRED: lazy_gettext("the mail server asks to wait"),
    Trouble.MAIL_UNREACHABLE: lazy_gettext("the mail server cannot be reached"),
    Trouble.MAIL_LOGIN_REFUSED: lazy_gettext("the mail server refuses the bridge; its IT can fix that"),
    Trouble.MAIL_SENDER_REFUSED: lazy_gettext("the mail server refuses the bridge; its IT can fix that"),
    Trouble.NO_MESSAGES: lazy_gettext("the platform sends no messages for the bridge"),
    Fault.NOT_WANTED: lazy_gettext("the person takes no messages from the bridge's account"),
    Fault.NOT_ENROLLED: lazy_gettext("the person is not in the course any more"),
    Fault.MISSING_FUNCTION: lazy_gettext("the platform sends no messages for the bridge"),
    Fault.NO_ACCESS: lazy_gettext("the platform sends no messages for the bridge"),
    Fault.NOT_USED: lazy_gettext("the platform sends no messages for the bridge"),
    Fault.UNREACHABLE: lazy_gettext("the platform cannot be reached"),
    Fault.PLATFORM_DOWN: lazy_gettext("the platform cannot be reached"),
}


def told(hand_over: HandOver) -> str:
    """Return in one line what became of a notice on one channel."""
    parcel = hand_over.parcel
    said = gettext(
        "%(notice)s: %(channel)s, %(outcome)s",
        notice=_NOTICES[NoticeKind(parcel.notice)],
        channel=_CHANNELS.get(parcel.channel, parcel.channel),
        outcome=_OUTCOMES[hand_over.outcome],
    )
    return f"{said} ({_WHY.get(hand_over.error, hand_over.error)})" if hand_over.error else said
