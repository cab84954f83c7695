"""What a connection must be able to do, need by need: green, or red with the fix in the LMS's own words.

A need is met where everything that was tried for it works. The words of each product stand beside the code that reads
it (``platforms/*_preflight.py``); nothing here knows one product from another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from lti.errors import PlatformError
from mappings.said import Said, say


class Need(StrEnum):
    """What the credential needs from the platform, in the order in which it is set up."""

    LAUNCH = "launch"
    CONNECTION = "connection"
    COURSE = "course"
    ROSTER = "roster"
    GRADES = "grades"
    COMPLETION = "completion"
    OUTCOMES = "outcomes"
    PROCTORING = "proctoring settings"
    MESSAGES = "messages"
    """Not needed, but advised: telling learners through the platform."""
    SPEED = "speed"
    """Not needed, but advised."""


NAMES = {
    Need.LAUNCH: say("launch"),
    Need.CONNECTION: say("connection for reading"),
    Need.COURSE: say("course"),
    Need.ROSTER: say("roster"),
    Need.GRADES: say("grades"),
    Need.COMPLETION: say("completion"),
    Need.OUTCOMES: say("learning outcomes"),
    Need.PROCTORING: say("proctoring settings"),
    Need.MESSAGES: say("messages"),
    Need.SPEED: say("speed (advised)"),
}
"""Each need in words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. ``problem``, ``fix`` and ``code`` are empty where it works.

    ``feeds`` are codes of Annex I elements (``M1``) that it feeds; ``place`` is the function or path that was tried;
    ``code`` is that of the error, to look up.
    """

    need: Need
    feeds: tuple[str, ...]
    place: str
    problem: str = ""
    fix: str = ""
    code: str = ""

    @property
    def works(self) -> bool:
        """Whether it can be done."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class Check:
    """One need with all that was tried for it; nothing was where the course gave no occasion."""

    need: Need
    findings: tuple[Finding, ...]
    untried: str = ""
    """What makes it possible to try it."""

    @property
    def broken(self) -> tuple[Finding, ...]:
        """What does not work."""
        return tuple(finding for finding in self.findings if not finding.works)

    @property
    def ok(self) -> bool:
        """Whether the need is met."""
        return bool(self.findings) and not self.broken

    @property
    def fix(self) -> str:
        """What is to be done, each thing once; empty where the need is met."""
        if not self.findings:
            return self.untried
        return " ".join(dict.fromkeys(finding.fix or finding.problem for finding in self.broken))

    @property
    def feeds(self) -> tuple[str, ...]:
        """The elements that it feeds."""
        return tuple(sorted({code for finding in self.findings for code in finding.feeds}))


@dataclass(frozen=True, slots=True)
class Words:
    """What an administrator of a product has to do, in that product's own words: menus, settings, buttons."""

    launch: Said
    roster: Said
    connect: Said
    """How the bridge is let read results, where nobody has connected it."""


OTHER = Words(
    launch=say("Add the tool to a course on the learning platform and open it once."),
    roster=say("Allow the tool the Names and Role Provisioning Service (scope contextmembership.readonly)."),
    connect=say("The bridge can read Moodle and Canvas; on this platform it sees only the roster."),
)
"""For a product that the bridge has no words for."""


def checks(findings: Iterable[Finding], untried: str) -> tuple[Check, ...]:
    """Return every need, met or not; ``untried`` is said of those for which nothing could be tried."""
    found = tuple(findings)
    return tuple(Check(need, tuple(each for each in found if each.need is need), untried) for need in Need)


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
        return Finding(probe.need, probe.feeds, probe.place, error.sentence, fix(error), error.code)
    return Finding(probe.need, probe.feeds, probe.place)
