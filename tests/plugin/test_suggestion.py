"""What is suggested to a teacher: right for an ordinary course, and nothing invented."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from mappings.assessment import CompetencyId, Delivery
from mappings.awarding import Award, decide
from mappings.describe import gaps
from mappings.elements import Element
from mappings.profile import CompletedBy, ProvenByCompetency
from plugin.suggestion import PLATFORM, SUGGESTED, suggest
from tests import factories
from tests.factories import READ

CLASS = tuple(factories.ada101().values())


def test_the_recorded_course_gets_its_competencies_and_assessments() -> None:
    """Three competencies, three graded activities, types told from kind and title."""
    suggestion = suggest(CLASS, language="en")
    profile = suggestion.profile

    assert [outcome.title.in_language("en") for outcome in profile.outcomes] == list(factories.OUTCOMES.values())
    assert all(isinstance(outcome.proof, ProvenByCompetency) for outcome in profile.outcomes)
    assert [each.type.label for each in profile.assessments if each.type] == [
        "quiz",
        "written examination",
        "project work",
    ]
    assert profile.rule.completed_by is CompletedBy.PLATFORM
    assert suggestion.origins["title"] == PLATFORM
    assert suggestion.origins["assessments"] == SUGGESTED


def test_only_what_people_alone_know_is_left_to_ask() -> None:
    """Workload, level, and how it is held with the mode of assessment: three fields."""
    profile = suggest(CLASS, language="en").profile

    missing = {each.element for each in gaps(profile, factories.issuer(), READ)}

    assert missing == {Element.WORKLOAD, Element.LEVEL, Element.PARTICIPATION, Element.ASSESSMENT_TYPE}


def test_the_suggested_rule_awards_those_who_finished() -> None:
    """Anna and Bruno, whose competencies are rated; Eva finished and was rated proficient in nothing."""
    profile = suggest(CLASS, language="en").profile

    awarded = [name for name, record in factories.ada101().items() if isinstance(decide(record, profile), Award)]

    assert awarded == ["anna", "bruno"]


def test_a_course_without_competencies_names_no_outcome() -> None:
    """Its title says nothing of what learners can do, so the outcome is asked for."""
    profile = suggest([replace(CLASS[0], competencies=())], language="en").profile

    assert profile.outcomes == ()
    assert Element.LEARNING_OUTCOMES in {each.element for each in gaps(profile, factories.issuer(), READ)}


def test_competencies_are_taken_before_anybody_is_rated() -> None:
    """At the beginning of a course the platform names them, and nobody has them."""
    unrated = replace(CLASS[0], competencies=())

    suggestion = suggest([unrated], language="en", named={CompetencyId("DA-1"): "Clean data"})

    (outcome,) = suggestion.profile.outcomes
    assert isinstance(outcome.proof, ProvenByCompetency)
    assert (outcome.id, outcome.title.in_language("en")) == ("DA-1", "Clean data")
    assert suggestion.origins["outcomes"] == PLATFORM


def test_a_competency_in_which_only_another_is_rated_counts() -> None:
    """The first of the class need not be the one who is rated."""
    first = replace(CLASS[0], competencies=())

    assert len(suggest([first, CLASS[0]], language="en").profile.outcomes) == len(factories.OUTCOMES)


def test_without_a_verdict_of_the_platform_half_of_the_maximum_passes() -> None:
    """A mark that the teacher sees and corrects."""
    results = tuple(replace(each, passed=None) for each in CLASS[0].results)

    profile = suggest([replace(CLASS[0], results=results)], language="en").profile

    assert {each.pass_mark for each in profile.assessments} == {Decimal(50)}


def test_a_platform_that_says_how_a_course_is_held_is_believed() -> None:
    """Canvas says online, on site or blended."""
    course = replace(CLASS[0].course, delivery=Delivery.BLENDED, language="nl-BE")

    profile = suggest([replace(CLASS[0], course=course)], language="en").profile

    assert profile.participation is not None
    assert profile.participation.label == "Blended"
    assert profile.languages == ("nl",)


def test_a_course_that_tracks_no_completion_is_completed_by_its_assessments() -> None:
    """Nobody would ever complete it otherwise."""
    untracked = replace(CLASS[0], completion=replace(CLASS[0].completion, completed=None))

    assert suggest([untracked], language="en").profile.rule.completed_by is CompletedBy.ASSESSMENTS


def test_markup_of_the_summary_is_dropped() -> None:
    """Platforms keep HTML there."""
    course = replace(CLASS[0].course, summary="<p>Real\x00 <b>data</b></p>")

    profile = suggest([replace(CLASS[0], course=course)], language="en").profile

    assert profile.description is not None
    assert profile.description.in_language("en") == "Real data"
