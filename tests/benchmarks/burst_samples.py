"""What is looked at while a burst is worked off, and what that says."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Sample:
    """At one moment: seconds since the first ring, how much is sealed, and what both workers hold (MB) and used (s)."""

    at: float
    sealed: int
    memory: float
    processor: float


@dataclass(frozen=True, slots=True)
class Burst:
    """What was measured, from the first ring to the last seal."""

    samples: tuple[Sample, ...]

    @property
    def awards(self) -> int:
        """How many were sealed."""
        return self.samples[-1].sealed

    @property
    def rate(self) -> float:
        """Awards per second."""
        return self.awards / self.samples[-1].at

    @property
    def processor(self) -> float:
        """Milliseconds of processor time per award, of both workers."""
        return 1000 * (self.samples[-1].processor - self.samples[0].processor) / self.awards

    @property
    def standstill(self) -> float:
        """The longest time, in seconds, in which nothing was sealed."""
        changes = [0.0, *(b.at for a, b in pairwise(self.samples) if b.sealed > a.sealed), self.samples[-1].at]
        return max(b - a for a, b in pairwise(changes))

    def tenths(self) -> list[tuple[float, float, float]]:
        """Per tenth of the awards: awards per second, milliseconds of processor time per award, memory at its end."""
        marks = [
            next(sample for sample in self.samples if sample.sealed >= self.awards * part / 10) for part in range(11)
        ]
        return [
            (
                (b.sealed - a.sealed) / (b.at - a.at),
                1000 * (b.processor - a.processor) / (b.sealed - a.sealed),
                b.memory,
            )
            for a, b in pairwise(marks)
            if b.sealed > a.sealed
        ]
