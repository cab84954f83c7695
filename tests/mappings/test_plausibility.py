"""Valid input that looks wrong is doubted, with the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mappings.plausibility import Doubt, doubts_about_course, doubts_about_institution
from mappings.profile import Cycle, Level, Workload
from mappings.vocabularies.terms import term
from tests.factories import QUIZ, issuer, profile, specification


def test_the_recorded_course_is_not_doubted() -> None:
    """5 ECTS credits are 125 hours, first cycle is EQF level 6."""
    assert doubts_about_course(profile()) == ()
    assert doubts_about_institution(issuer()) == ()


@pytest.mark.parametrize(("hours", "doubted"), [(124, True), (125, False), (150, False), (151, True)])
def test_25_to_30_hours_make_a_credit(hours: int, doubted: bool) -> None:
    """ECTS Users' Guide; both bounds are plausible."""
    doubts = doubts_about_course(profile(workload=Workload(Decimal(5), Decimal(hours))))

    assert bool(doubts) is doubted


def test_a_doubt_says_where_and_why() -> None:
    """With the numbers on both sides."""
    stated = profile(workload=Workload(Decimal("2.5"), Decimal(40)))

    assert doubts_about_course(stated) == (
        Doubt(
            "workload",
            "2.5 ECTS credits are 62.5 to 75 hours at 25 to 30 hours for a credit; the profile says 40 hours.",
        ),
    )


@pytest.mark.parametrize("workload", [None, Workload(ects=Decimal(5)), Workload(hours=Decimal(3))])
def test_credits_or_hours_alone_are_not_compared(workload: Workload | None) -> None:
    """There is nothing to compare."""
    assert doubts_about_course(profile(workload=workload)) == ()


@pytest.mark.parametrize(
    ("level", "sentences"),
    [
        (None, []),
        (Level(7), []),
        (Level(5, Cycle.SHORT), []),
        (Level(8, Cycle.THIRD), []),
        (
            Level(6, Cycle.SECOND),
            ["The second cycle of the QF-EHEA corresponds to EQF level 7; the profile says level 6."],
        ),
    ],
)
def test_cycle_and_level_correspond(level: Level | None, sentences: list[str]) -> None:
    """Short, first, second, third: 5 to 8."""
    assert [each.sentence for each in doubts_about_course(profile(level=level))] == sentences


def test_an_end_before_the_start_is_doubted() -> None:
    """Nothing is stated of such a period."""
    stated = profile(starts_at=datetime(2026, 9, 1, tzinfo=UTC), ends_at=datetime(2026, 8, 1, tzinfo=UTC))

    assert doubts_about_course(stated) == (Doubt("ends_at", "The course ends on 2026-08-01, before it starts."),)


def test_a_pass_mark_of_zero_is_doubted() -> None:
    """It passes everybody."""
    free = specification(QUIZ, "Quiz", "b1b68f6735", pass_mark=Decimal(0))
    stated = profile(assessments=(free, *profile().assessments[1:]))

    assert [each.path for each in doubts_about_course(stated)] == ["assessments[0].pass_mark"]


@pytest.mark.parametrize(
    ("identifier", "country", "doubted"),
    [
        ("VATEL-1", "GRC", False),
        ("LEIXG-1", "BEL", False),
        ("VATBE-1", None, False),
        ("", "BEL", False),
        ("VATNL-1", "BEL", True),
    ],
)
def test_the_identifier_is_one_of_the_country(identifier: str, country: str | None, doubted: bool) -> None:
    """ETSI EN 319 412-1: the country stands inside; EL is Greece, XG is for legal entity identifiers."""
    stated = issuer(eidas_identifier=identifier, country=term("country", country) if country else None)

    assert bool(doubts_about_institution(stated)) is doubted
