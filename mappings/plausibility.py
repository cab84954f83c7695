"""Input that is valid and still looks wrong: a warning that says why. Nothing here refuses anything.

Workload: the ECTS Users' Guide (2015) reckons 25 to 30 hours for one credit. Level: the cycles of the QF-EHEA
correspond to EQF levels 5 to 8 (annex III of the Council Recommendation of 22 May 2017 on the EQF).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from mappings.grades import plain
from mappings.profile import CourseProfile, Cycle, Issuer, Level, Workload
from mappings.vocabularies.terms import two_letters

_HOURS_PER_CREDIT: Final = (Decimal(25), Decimal(30))
_LEVEL_OF: Final = {Cycle.SHORT: 5, Cycle.FIRST: 6, Cycle.SECOND: 7, Cycle.THIRD: 8}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something implausible: the field that holds it, and why, as a sentence."""

    path: str
    sentence: str


def doubts_about_course(profile: CourseProfile) -> tuple[Doubt, ...]:
    """Tell what looks wrong in a course profile."""
    return tuple(_doubts_about_course(profile))


def doubts_about_institution(issuer: Issuer) -> tuple[Doubt, ...]:
    """Tell what looks wrong in an institution profile."""
    return tuple(_doubts_about_institution(issuer))


def _doubts_about_course(profile: CourseProfile) -> Iterator[Doubt]:
    if profile.workload is not None:
        yield from _workload(profile.workload)
    if profile.level is not None:
        yield from _level(profile.level)
    if profile.starts_at and profile.ends_at and profile.ends_at < profile.starts_at:
        yield Doubt("ends_at", f"The course ends on {profile.ends_at:%Y-%m-%d}, before it starts.")
    for index, assessment in enumerate(profile.assessments):
        if assessment.pass_mark == 0:
            yield Doubt(f"assessments[{index}].pass_mark", "Everybody who is graded reaches a pass mark of 0.")


def _workload(workload: Workload) -> Iterator[Doubt]:
    if workload.ects is None or workload.hours is None:
        return
    least, most = (workload.ects * hours for hours in _HOURS_PER_CREDIT)
    if not least <= workload.hours <= most:
        yield Doubt(
            "workload",
            f"{plain(workload.ects)} ECTS credits are {plain(least)} to {plain(most)} hours at 25 to 30 hours "
            f"for a credit; the profile says {plain(workload.hours)} hours.",
        )


def _level(level: Level) -> Iterator[Doubt]:
    if level.cycle is not None and _LEVEL_OF[level.cycle] != level.eqf:
        yield Doubt(
            "level",
            f"The {level.cycle} cycle of the QF-EHEA corresponds to EQF level {_LEVEL_OF[level.cycle]}; "
            f"the profile says level {level.eqf}.",
        )


def _doubts_about_institution(issuer: Issuer) -> Iterator[Doubt]:
    """Compare the country inside ``VATBE-…`` with the stated one; ``EL`` is Greece, ``XG`` and ``EU`` are none."""
    inside = issuer.eidas_identifier[3:5].replace("EL", "GR")
    stated = two_letters(issuer.country) if issuer.country is not None else ""
    if inside and stated and inside not in (stated, "XG", "EU"):
        yield Doubt("eidas_identifier", f"The identifier is one of {inside}, the institution is in {stated}.")
