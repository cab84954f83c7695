"""Supervision and identity verification (Annex I, O2): never more than the evidence carries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.assessment import EvidenceSource, LearnerId, Presence, SupervisionEvidence
from mappings.elements import Supervision, SupervisionCategory
from mappings.supervision import evidence_for, mode, of_assessment, weakest
from mappings.vocabularies.terms import Term, term
from tests import strategies
from tests.factories import EXAM, EXAM_SPECIFICATION, QUIZ, evidence, profile, record, specification

ONLINE = term("modes-learning-assessment", "920fbb3cbe")
PRESENTIAL = term("modes-learning-assessment", "9191af2ed9")
BLENDED = term("modes-learning-assessment", "e92d221e4d")
PROJECT_BASED = term("modes-learning-assessment", "7813801c77")
ON_SITE_EXAM = specification(EXAM, "Final exam", "6e6cb2cc78", mode=PRESENTIAL)
STRENGTH = [Presence.NONE, Presence.ONLINE, Presence.ON_SITE]


def stated(*statements: SupervisionEvidence) -> Supervision:
    """State the supervision of an exam that the teacher declares as presential."""
    return of_assessment(ON_SITE_EXAM, statements)


def session(**more: Any) -> SupervisionEvidence:
    """Return a vendor's record of this learner's sitting."""
    return evidence(
        **{"source": EvidenceSource.SESSION_RECORD, "learner": LearnerId("4"), "stated_by": "Vendor", **more}
    )


def test_unknown_is_unsupervised_without_identity_verification() -> None:
    """Nobody has said anything: the lowest, with its reason."""
    statement = stated()

    assert (statement.presence, statement.identity_verified) == (Presence.NONE, False)
    assert statement.reasons == (
        "“Final exam” counts as unsupervised, without identity verification: "
        "no session record that counts and no declaration says more.",
    )


def test_a_platform_setting_alone_never_raises() -> None:
    """Safe Exam Browser is a lock, not a pair of eyes."""
    setting = evidence(source=EvidenceSource.PLATFORM_SETTING, stated_by="browsersecurity")

    statement = stated(setting)

    assert statement.category is SupervisionCategory.UNSUPERVISED
    assert not statement.identity_verified
    assert "setting “browsersecurity” may suggest supervision, but proves none" in statement.reasons[0]


@pytest.mark.parametrize("source", [evidence(), session()])
def test_a_declaration_or_the_record_of_this_sitting_raises(source: SupervisionEvidence) -> None:
    """On site with identity verified is the highest, and nothing limits it."""
    statement = stated(source)

    assert statement == Supervision(Presence.ON_SITE, True)
    assert statement.category is SupervisionCategory.ON_SITE


def test_a_session_record_that_names_nobody_does_not_count() -> None:
    """It may be anybody's sitting."""
    statement = stated(session(learner=None))

    assert statement.category is SupervisionCategory.UNSUPERVISED
    assert "the record of Vendor does not name this learner" in statement.reasons[0]


def test_a_record_under_question_does_not_count() -> None:
    """While a finding is open, the record proves nothing."""
    statement = stated(session(open_flag=True))

    assert statement.category is SupervisionCategory.UNSUPERVISED
    assert "a finding of Vendor is still open" in statement.reasons[0]


@pytest.mark.parametrize(
    ("presence", "identity_verified", "category", "reasons"),
    [
        (Presence.ONLINE, True, "O2.3", ["“Final exam” was supervised online, not on site."]),
        (
            Presence.ONLINE,
            False,
            "O2.2",
            [
                "“Final exam” was supervised, but no session record that counts and no declaration "
                "says that the identity was verified.",
                "“Final exam” was supervised online, not on site.",
            ],
        ),
        (
            Presence.ON_SITE,
            None,
            "O2.2",
            [
                "“Final exam” was supervised, but no session record that counts and no declaration "
                "says that the identity was verified.",
            ],
        ),
        (
            Presence.UNKNOWN,
            True,
            "O2.1",
            [
                "“Final exam” counts as unsupervised: no session record that counts and no declaration "
                "says that it was supervised.",
            ],
        ),
    ],
)
def test_every_limit_has_its_sentence(
    presence: Presence, identity_verified: bool | None, category: str, reasons: list[str]
) -> None:
    """The four categories of Annex I, and why it is not more."""
    statement = stated(evidence(supervision=presence, identity_verified=identity_verified))

    assert statement.category == category
    assert list(statement.reasons) == reasons


def test_where_sources_disagree_the_weaker_holds() -> None:
    """A declaration for all does not outweigh what the record of this sitting denies."""
    statement = stated(evidence(), session(supervision=Presence.ONLINE, identity_verified=False))

    assert (statement.presence, statement.identity_verified) == (Presence.ONLINE, False)


def test_sources_that_do_not_know_do_not_weaken() -> None:
    """Not knowing is not denying; two sources may complete each other."""
    statement = stated(evidence(identity_verified=None), session(supervision=Presence.UNKNOWN, identity_verified=True))

    assert statement == Supervision(Presence.ON_SITE, True)


def test_an_assessment_declared_online_was_not_on_site() -> None:
    """The teacher's own mode and a stronger statement contradict: the weaker holds."""
    assert of_assessment(EXAM_SPECIFICATION, [evidence()]).presence is Presence.ONLINE


def test_evidence_of_other_learners_and_assessments_is_not_used() -> None:
    """Of the record and of the profile."""
    mine, everybody, other, quiz = session(), evidence(), session(learner=LearnerId("5")), session(activity=QUIZ)

    used = evidence_for(EXAM_SPECIFICATION, record(supervision=(mine, other, quiz)), profile(supervision=(everybody,)))

    assert used == (mine, everybody)


def test_the_weakest_of_several_assessments_holds_in_each_respect() -> None:
    """On site without identity and online with identity: online without identity, and all reasons."""
    on_site = Supervision(Presence.ON_SITE, False, ("a",))
    online = Supervision(Presence.ONLINE, True, ("b",))

    assert weakest([on_site, online]) == Supervision(Presence.ONLINE, False, ("a", "b"))
    assert weakest([]) == Supervision(Presence.NONE, False)


@pytest.mark.parametrize(
    ("planned", "presence", "expected"),
    [
        (BLENDED, Presence.NONE, BLENDED),
        (BLENDED, Presence.ONLINE, ONLINE),
        (BLENDED, Presence.ON_SITE, PRESENTIAL),
        (PRESENTIAL, Presence.ONLINE, ONLINE),
        (PROJECT_BASED, Presence.ON_SITE, PROJECT_BASED),
        (None, Presence.ON_SITE, PRESENTIAL),
        (None, Presence.NONE, None),
    ],
)
def test_online_or_on_site_goes_to_the_mode(planned: Term | None, presence: Presence, expected: Term | None) -> None:
    """O2.3 and O2.4 can only be told apart by the mode; a mode that says how, not where, is kept."""
    assessment = specification(EXAM, "Final exam", "6e6cb2cc78", mode=planned)

    assert mode(assessment, Supervision(presence, True)) == expected


any_evidence = strategies.evidence([EXAM])


@given(st.lists(any_evidence, max_size=4))
def test_never_more_than_some_counting_source_says(statements: list[SupervisionEvidence]) -> None:
    """Whatever is stated was said by a teacher, or recorded for this sitting and not under question."""
    counting = [
        each
        for each in statements
        if not each.open_flag
        and (
            each.source is EvidenceSource.TEACHER_DECLARATION
            or (each.source is EvidenceSource.SESSION_RECORD and each.learner is not None)
        )
    ]

    statement = stated(*statements)

    assert statement.presence is Presence.NONE or statement.presence in {each.supervision for each in counting}
    assert not statement.identity_verified or True in {each.identity_verified for each in counting}
    assert (statement.presence, statement.identity_verified) == (Presence.ON_SITE, True) or statement.reasons


@given(st.lists(any_evidence, max_size=4), any_evidence)
def test_evidence_that_says_no_less_never_lowers(
    statements: list[SupervisionEvidence], more: SupervisionEvidence
) -> None:
    """Monotonic: only a counting source that denies something can lower the statement."""
    before = stated(*statements)
    denies = more.identity_verified is False or (
        more.supervision is not Presence.UNKNOWN and STRENGTH.index(more.supervision) < STRENGTH.index(before.presence)
    )

    after = stated(*statements, more)

    if not denies:
        assert STRENGTH.index(after.presence) >= STRENGTH.index(before.presence)
        assert after.identity_verified >= before.identity_verified


@given(st.lists(st.builds(Supervision, st.sampled_from(STRENGTH), st.booleans())))
def test_the_weakest_exceeds_none_of_them(statements: list[Supervision]) -> None:
    """In presence and in identity."""
    statement = weakest(statements)

    for each in statements:
        assert STRENGTH.index(statement.presence) <= STRENGTH.index(each.presence)
        assert statement.identity_verified <= each.identity_verified
