"""What a check says: numbered steps, each with a code for machines and a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.sealing.identity import DEVELOPMENT


class StepName(StrEnum):
    """The steps in the order in which they are told."""

    FORMAT = "format"
    SCHEMA = "schema"
    SEAL = "seal"
    CERTIFICATE = "certificate"
    ISSUER = "issuer"
    VALIDITY = "validity"
    STATUS = "status"
    COMPLETENESS = "completeness"


class Outcome(StrEnum):
    """What became of a step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


TIME_UNPROVEN = "time_unproven"
"""Code of the one failure that is no fault of the file: its key was in wrong hands, and it cannot show to be older."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``code`` is stable and free of personal data, ``sentence`` may quote institutions and dates."""

    name: StepName
    outcome: Outcome
    code: str
    sentence: str

    @property
    def number(self) -> int:
        """Position among the steps, 1..8."""
        return list(StepName).index(self.name) + 1

    def to_json(self) -> dict[str, object]:
        """Return the step as JSON."""
        return {
            "number": self.number,
            "name": self.name,
            "outcome": self.outcome,
            "code": self.code,
            "sentence": self.sentence,
        }


def passed(name: StepName, sentence: str, code: str = "ok") -> Step:
    """Build a step that went well."""
    return Step(name, Outcome.PASSED, code, sentence)


def failed(name: StepName, code: str, sentence: str) -> Step:
    """Build a step that did not go well."""
    return Step(name, Outcome.FAILED, code, sentence)


def not_checked(name: StepName, code: str, sentence: str) -> Step:
    """Build a step that nobody took."""
    return Step(name, Outcome.NOT_CHECKED, code, sentence)


@dataclass(frozen=True, slots=True)
class SealFacts:
    """Who sealed, and when, as an intact seal says; times are aware UTC.

    ``claimed_at`` is the sealer's word, ``proven_at`` that of a timestamp authority which ``proof_trusted`` or not.
    """

    organisation: str
    identifier: str
    country: str
    development: bool
    claimed_at: datetime | None = None
    proven_at: datetime | None = None
    proof_trusted: bool = False
    expired_at: datetime | None = None
    """End of the certificate where that has passed."""

    def to_json(self) -> dict[str, object]:
        """Return the facts as JSON; times in ISO 8601."""
        return {
            "organisation": self.organisation,
            "identifier": self.identifier,
            "country": self.country,
            "development": self.development,
            "claimed_at": self.claimed_at.isoformat() if self.claimed_at else None,
            "proven_at": self.proven_at.isoformat() if self.proven_at else None,
            "proof_trusted": self.proof_trusted,
            "expired_at": self.expired_at.isoformat() if self.expired_at else None,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one check: all eight steps in order. ``format`` is empty where none was recognised."""

    format: str
    steps: tuple[Step, ...]
    seal: SealFacts | None = None

    def step(self, name: StepName) -> Step:
        """Return one step."""
        return next(step for step in self.steps if step.name is name)

    @property
    def failures(self) -> tuple[Step, ...]:
        """The steps that failed, in order."""
        return tuple(step for step in self.steps if step.outcome is Outcome.FAILED)

    @property
    def seal_checked(self) -> bool:
        """The seal was checked and is intact."""
        return self.step(StepName.SEAL).outcome is Outcome.PASSED

    @property
    def ok(self) -> bool:
        """Nothing failed and the seal was checked: exit code 0 of ``microcred verify``."""
        return self.seal_checked and not self.failures

    @property
    def verdict(self) -> str:
        """The whole report as one sentence."""
        if not self.seal_checked:
            seal = self.step(StepName.SEAL)
            reason = self.failures[0] if self.failures and seal not in self.failures else seal
            return f"Not valid: {reason.sentence}"
        loud = f"{DEVELOPMENT}: " if self.seal and self.seal.development else ""
        return f"{loud}{self._opening()}{self._expiry()}{self._rest()}."

    def to_json(self) -> dict[str, object]:
        """Return the report for ``microcred verify --json``."""
        return {
            "ok": self.ok,
            "verdict": self.verdict,
            "format": self.format,
            "seal": self.seal.to_json() if self.seal else None,
            "steps": [step.to_json() for step in self.steps],
        }

    def _opening(self) -> str:
        """Tell apart who stands behind it and what it contains: faults of content do not make a seal invalid."""
        content = {StepName.SCHEMA, StepName.COMPLETENESS}
        if doubts := {step.code for step in self.failures if step.name not in content}:
            return f"{'Cannot be trusted' if doubts == {TIME_UNPROVEN} else 'Not valid'}: the seal is intact"
        confirmed = self.ok and self.step(StepName.CERTIFICATE).outcome is Outcome.PASSED
        return "Valid: the seal is intact" if confirmed else "The seal is valid"

    def _expiry(self) -> str:
        return (
            f", its certificate expired on {self.seal.expired_at:%Y-%m-%d}"
            if self.seal and self.seal.expired_at
            else ""
        )

    def _rest(self) -> str:
        skipped = [step.name for step in self.steps if step.outcome is Outcome.NOT_CHECKED]
        if self.failures:
            return f", but the check of {' and of '.join(step.name for step in self.failures)} failed"
        return f", nothing failed; not checked: {', '.join(skipped)}" if skipped else " and every check passed"


def arranged(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return all eight steps in order; one that no checker took says so."""
    taken = {step.name: step for step in steps}
    return tuple(taken.get(name) or not_checked(name, "not_reached", "An earlier step failed.") for name in StepName)
