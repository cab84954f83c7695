"""What a connection must be able to read, tried on one course: green, or red with the fix in the LMS's own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lti.errors import PlatformError


class Need(StrEnum):
    """What the credential needs from the platform."""

    CONNECTION = "connection"
    COURSE = "course"
    ROSTER = "roster"
    GRADES = "grades"
    COMPLETION = "completion"
    OUTCOMES = "outcomes"
    SUPERVISION = "supervision"
    SPEED = "speed"
    """Not needed, but advised."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. ``problem`` and ``fix`` are empty where it works.

    ``feeds`` are codes of Annex I elements (``M1``) that it feeds; ``place`` is the function or path that was tried.
    """

    need: Need
    feeds: tuple[str, ...]
    place: str
    problem: str = ""
    fix: str = ""

    @property
    def works(self) -> bool:
        """Whether it can be read."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to try. ``attempt`` reads it and raises a PlatformError where it cannot."""

    need: Need
    feeds: tuple[str, ...]
    place: str
    attempt: Callable[[], object]


def tried(probe: Probe, fix: Callable[[PlatformError], str]) -> Finding:
    """Try it and say what came of it; ``fix`` says what helps against an error."""
    try:
        probe.attempt()
    except PlatformError as error:
        return Finding(probe.need, probe.feeds, probe.place, error.sentence, fix(error))
    return Finding(probe.need, probe.feeds, probe.place)
