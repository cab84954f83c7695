"""Telling one person something through their learning platform: an optional capability of a platform.

A message is sent in the name of the account that reads the platform, to one person, once: no request is repeated by
itself, and an error says (:attr:`lti.errors.PlatformError.perhaps_done`) whether it may have been sent all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Protocol, runtime_checkable

from mappings.assessment import CourseId, LearnerId


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph; with a ``url`` the text says what it leads to."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. It names no learner and carries no credential."""

    subject: str
    lines: tuple[Line, ...]

    @property
    def plain(self) -> str:
        """Return it as plain text, each address on a line of its own."""
        return "\n\n".join(f"{line.text}\n{line.url}" if line.url else line.text for line in self.lines)

    @property
    def html(self) -> str:
        """Return it as HTML paragraphs: Moodle's messages have no subject, so that comes first."""
        return "".join((f"<p><b>{escape(self.subject)}</b></p>", *(_paragraph(line) for line in self.lines)))


@runtime_checkable
class Messaging(Protocol):
    """A :class:`lti.platforms.Platform` that can also tell a person something."""

    def message(self, course: CourseId, learner: LearnerId, message: Message) -> None:
        """Send. Raises :class:`lti.errors.PlatformError`; NOT_WANTED where the person takes no such messages."""
        ...


def _paragraph(line: Line) -> str:
    text = escape(
        line.text.removesuffix(":") if line.url else line.text
    )  # the colon announces an address in plain text
    return f'<p><a href="{escape(line.url)}">{text}</a></p>' if line.url else f"<p>{text}</p>"
