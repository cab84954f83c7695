"""Notices: what a learner is told about a credential, and what became of telling it. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from lti.platforms.messaging import Line, Message
from mappings.assessment import CourseId, LearnerId, PlatformId
from mappings.text import Text
from plugin.storage.deliveries import Outcome


class NoticeKind(StrEnum):
    """What is told. A holder may mute READY, never the others."""

    READY = "ready"
    REPLACED = "replaced"
    """A corrected credential is there, and the one before it ended."""
    REVOKED = "revoked"


class Choice(StrEnum):
    """On which channels learners are told, beside their own page."""

    AUTO = "auto"
    """The first that reaches the person: a message in the platform, else a mail."""
    LMS = "lms"
    MAIL = "mail"
    BOTH = "both"
    PAGE = "page"
    """On none."""


class Trouble(StrEnum):
    """Why a mail did not go out; what a platform says has the codes of :class:`lti.errors.Fault`."""

    NO_ADDRESS = "no_address"
    RECIPIENT_REFUSED = "recipient_refused"
    MAIL_REFUSED = "mail_refused"
    MAIL_DEFERRED = "mail_deferred"
    MAIL_UNREACHABLE = "mail_unreachable"
    MAIL_LOGIN_REFUSED = "mail_login_refused"
    MAIL_SENDER_REFUSED = "mail_sender_refused"
    MAIL_CUT_OFF = "mail_cut_off"
    NO_MESSAGES = "no_messages"
    """The platform cannot tell its people anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a letter is written from. ``reason`` is a person's own words, empty for READY."""

    kind: NoticeKind
    title: Text
    issuer: Text
    course_title: str
    course_url: str
    recovery_url: str
    """Empty where no mail can be sent."""
    reason: str
    languages: tuple[str, ...]
    """What the person reads, the best first."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in the words of one language."""

    message: Message
    language: str
    mute: str
    """What the address leads to that mutes notices of this kind; empty for what was asked for."""


@dataclass(frozen=True, slots=True)
class MailedLink:
    """A link that opens one person's page. ``title`` is that of their newest credential, None where there is none."""

    url: str = field(repr=False)
    title: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice on its way to one person. It holds no achievement and not the person's name."""

    kind: NoticeKind
    credential_id: str
    platform: PlatformId
    course: CourseId
    learner: LearnerId
    letter: Letter
    address: str = field(default="", repr=False)
    mute_url: str = field(default="", repr=False)
    """Where the holder mutes notices like this one, empty where nobody can."""
    muted: bool = False

    @property
    def with_mute(self) -> Message:
        """The message with the way to mute it at its end, where there is one."""
        if not self.mute_url:
            return self.letter.message
        lines = (*self.letter.message.lines, Line(self.letter.mute, self.mute_url))
        return Message(self.letter.message.subject, lines)


@dataclass(frozen=True, slots=True)
class Sending:
    """What became of sending. ``error`` is a code; empty where all went well."""

    outcome: Outcome
    error: str = ""


class Channel(Protocol):
    """One way to reach a learner. It sends once, and tells what came of it; it raises nothing that it foresees."""

    @property
    def name(self) -> str:
        """A stable name: one notice goes out per credential, kind and name."""
        ...

    def send(self, notice: Notice) -> Sending:
        """Send."""
        ...
