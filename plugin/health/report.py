"""What a check says, and how it is told: to a person, and to a monitoring system.

The JSON is that of the IETF draft «Health Check Response Format for HTTP APIs» (draft-inadarei-api-health-check-06):
``status`` is pass, warn or fail; ``output`` is there only where something is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mappings.said import Said

MEDIA_TYPE = "application/health+json"


class Status(StrEnum):
    """Green, yellow, red."""

    PASS = "pass"  # noqa: S105 - a word of the draft
    WARN = "warn"
    FAIL = "fail"


_WORST_FIRST = (Status.FAIL, Status.WARN)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. ``fix`` is the step that helps, empty where nothing is to be done."""

    component: str
    status: Status
    sentence: Said
    fix: str = ""
    milliseconds: float = field(default=0.0, compare=False)

    def to_json(self) -> dict[str, object]:
        """Return one entry of ``checks``."""
        said: dict[str, object] = {
            "status": self.status,
            "observedValue": round(self.milliseconds, 1),
            "observedUnit": "ms",
        }
        if self.status is not Status.PASS:
            said["output"] = f"{self.sentence} {self.fix}".strip()
        return said


Check = Callable[[], Finding]


@dataclass(frozen=True, slots=True)
class Health:
    """All findings together."""

    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """The worst of all."""
        found = {finding.status for finding in self.findings}
        return next((status for status in _WORST_FIRST if status in found), Status.PASS)

    def to_json(self) -> dict[str, object]:
        """Return it in the form of the draft. Names components and reasons, no person."""
        checks: dict[str, list[dict[str, object]]] = {}
        for finding in self.findings:
            checks.setdefault(finding.component, []).append(finding.to_json())
        return {"status": self.status, "checks": checks}


def good(component: str, sentence: Said) -> Finding:
    """Return a green finding."""
    return Finding(component, Status.PASS, sentence)


def doubtful(component: str, sentence: Said, fix: Said) -> Finding:
    """Return a yellow finding: it works, or others wait for it."""
    return Finding(component, Status.WARN, sentence, fix)


def bad(component: str, sentence: Said, fix: Said) -> Finding:
    """Return a red finding."""
    return Finding(component, Status.FAIL, sentence, fix)


def timed(check: Check) -> Finding:
    """Run a check and note how long it took."""
    began = time.perf_counter()
    found = check()
    return replace(found, milliseconds=(time.perf_counter() - began) * 1000)


def examine(checks: Iterable[Check]) -> Health:
    """Run checks one after the other."""
    return Health(tuple(timed(check) for check in checks))


class Kept:
    """A check whose answer holds for some seconds, in this process: for what costs a signature or a connection."""

    def __init__(self, check: Check, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._check, self._seconds, self._clock = check, seconds, clock
        self._last: tuple[float, Finding] | None = None

    def __call__(self) -> Finding:
        """Return the last answer while it holds, else a new one."""
        last, now = self._last, self._clock()  # read once: other threads ask too
        if last is None or now - last[0] >= self._seconds:
            self._last = last = (now, self._check())
        return last[1]
