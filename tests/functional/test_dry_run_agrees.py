"""The dry run against what is then issued, learner by learner, on what a Moodle and a Canvas answer over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lti.platforms import Platform
from lti.platforms.moodle import Moodle
from mappings.assessment import CourseId
from mappings.profile import AwardRule, CourseProfile, Level, Workload
from mappings.vocabularies.terms import term
from plugin import class_reading, enabling, offering
from plugin.enabling import EnablingTools, Forecast, Place
from plugin.offering import OfferingTools
from plugin.storage.awards import ISSUED, AwardRow, State
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.lti.conftest import LOCAL
from tests.lti.platforms.test_canvas import connect as connect_canvas
from tests.plugin.web.site import Site
from tests.plugin.web.stock import PLATFORM, a_platform, settle
from tests.simulators.canvas import CanvasSimulator
from tests.simulators.moodle import MoodleSimulator

ADA101, DATA_ETHICS = CourseId("3"), CourseId("565")
ONLINE = term("modes-learning-assessment", "920fbb3cbe")


@pytest.fixture(params=["moodle", "canvas"])
def reading(request: pytest.FixtureRequest) -> Iterator[tuple[Platform, CourseId]]:
    """A platform with its course."""
    if request.param == "moodle":
        with MoodleSimulator() as moodle:
            yield Moodle.connect(PLATFORM, moodle.url, moodle.token, LOCAL), ADA101
    else:
        with CanvasSimulator() as canvas:
            yield connect_canvas(canvas, platform=PLATFORM), DATA_ETHICS


def stated(suggested: CourseProfile, *, approval: bool) -> CourseProfile:
    """What a teacher adds to the suggestion: level, workload, and how learners take part."""
    assessments = tuple(replace(each, mode=each.mode or ONLINE) for each in suggested.assessments)
    return replace(
        suggested,
        workload=Workload(ects=factories.profile().workload.ects),  # type: ignore[union-attr]
        level=Level(eqf=6),
        participation=suggested.participation or ONLINE,
        assessments=assessments,
        rule=AwardRule(suggested.rule.completed_by, suggested.rule.required, approval=approval),
    )


def promised(each: Forecast) -> tuple[object, ...]:
    """What the dry run says of a learner."""
    return (State.SEALED, ()) if each.state is State.ELIGIBLE else (each.state, each.reasons)


def happened(award: AwardRow) -> tuple[object, ...]:
    """What became of them."""
    return (State.SEALED, ()) if award.state in ISSUED else (award.state, award.reasons)


@pytest.mark.parametrize("approval", [False, True], ids=["by itself", "with approval"])
def test_whoever_was_told_to_get_it_gets_it(rows: Storage, reading: tuple[Platform, CourseId], approval: bool) -> None:
    """Everybody else waits with the very same reasons; nobody is left out and nobody is added."""
    platform, course = reading
    a_platform(rows)
    site, place = Site(rows, platform), Place(PLATFORM, course)
    tools = EnablingTools(rows, site.connect, lambda: site.now)
    draft = enabling.draft_of(tools, place, by="Tessa Teacher", language="en")
    assert draft is not None
    profile, issuer = stated(draft.profile, approval=approval), factories.issuer()
    with rows.reading() as work:
        records = class_reading.everybody(work, PLATFORM, course)
    told = {each.record.learner.id: promised(each) for each in enabling.forecast(records, profile, issuer, site.now)}

    acting = OfferingTools(rows, lambda: site.now)
    offer = offering.enable(acting, (PLATFORM, course), profile, issuer, by="Tessa Teacher")
    settle(site, offer)

    with rows.reading() as work:
        became = {award.learner: happened(award) for award in work.awards.of_offer(offer.id)}
    assert became == told
    assert {state for state, _ in became.values()} >= ({State.HELD} if approval else {State.SEALED}) | {State.WITHHELD}
