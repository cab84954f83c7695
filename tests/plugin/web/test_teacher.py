"""After enabling: the list, what only a person decides, and that the dry run told the truth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lti.claims import LaunchId
from lti.roles import Role
from mappings.assessment import LearnerId
from plugin.storage.awards import AwardRow, Move, State, StoredReason
from plugin.storage.cases import Kind
from plugin.storage.drafts import Draft
from plugin.storage.outbox import Topic
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import Storage
from plugin.web.reasons import sentence
from tests import factories
from tests.factories import ISSUED, READ
from tests.plugin.web.site import Browser, RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import (
    an_offer,
    held_award,
    records,
    sealed_credential,
    settle,
    waiting_award,
)

LAUNCH = a_launch(Role.TEACHER, "2")
HOME = f"/teach/{LAUNCH.id}"


@pytest.fixture
def course(rows: Storage) -> Site:
    """The recorded course."""
    return Site(rows, RecordedPlatform(records()))


@pytest.fixture
def offer(course: Site) -> Offer:
    """Its credential, enabled."""
    return an_offer(course.storage)


@pytest.fixture
def teacher(course: Site) -> Browser:
    """The course's teacher."""
    return course.browser(LAUNCH)


def award_of(course: Site, award_id: str) -> AwardRow:
    """The award as it is now."""
    with course.storage.reading() as work:
        return work.awards.get(award_id)


def test_the_forecast_agrees_with_what_is_then_issued(course: Site, offer: Offer, teacher: Browser) -> None:
    """Learner by learner: who was told to get it has it sealed, who was not has the same reasons."""
    teacher.get(f"{HOME}/setup")
    with course.storage.begin() as work:
        work.drafts.save(offer.platform, offer.course, _draft())
    page = teacher.get(f"{HOME}/preview").text

    settle(course, offer)

    with course.storage.reading() as work:
        sealed = {award.learner: award for award in work.awards.of_offer(offer.id)}
    for record in records().values():
        row = page.partition(f'<th scope="row">{record.learner.full_name}</th>')[2].partition("</tr>")[0]
        award = sealed[record.learner.id]
        assert ("gets it" in row) == (award.state is State.SEALED)
        with course.app.test_request_context("/"):
            assert all(sentence(reason, factories.profile()) in row for reason in award.reasons)
    assert "If it were enabled now: 2 get it, 4 do not, 0 wait for a person." in page


def _draft() -> Draft:
    return Draft(profile=factories.profile(), origins={}, saved_by="Tessa Teacher", saved_at=READ)


def test_the_list_says_everybody_s_state_and_reason(course: Site, offer: Offer, teacher: Browser) -> None:
    """Two sealed, four not earned, each with a sentence."""
    settle(course, offer)

    page = teacher.get(HOME).text

    assert "2 sealed" in page
    assert "“Data project” is not graded yet." in page
    assert page.count('<th scope="row">') == 6


def test_the_list_is_searched_by_name_and_state(course: Site, offer: Offer, teacher: Browser) -> None:
    """A part of a name is enough; a percent sign is a percent sign."""
    settle(course, offer)

    found = teacher.get(f"{HOME}?words=kowal").text
    sealed = teacher.get(f"{HOME}?only=sealed").text
    nobody = teacher.get(f"{HOME}?words=%25").text

    assert ("Anna Kowalska" in found, "Bruno Silva" in found) == (True, False)
    assert ("Anna Kowalska" in sealed, "Chiara Rossi" in sealed) == (True, False)
    assert "0 found." in nobody


def test_a_course_of_a_thousand_is_paged(course: Site, offer: Offer, teacher: Browser) -> None:
    """Fifty a page, by name."""
    with course.storage.begin() as work:
        for number in range(120):
            learner = replace(records()["anna"].learner, id=LearnerId(f"n{number}"), full_name=f"Learner {number:04}")
            work.assessments.record(replace(records()["anna"], learner=learner))
            work.awards.open(offer, learner.id, READ)

    first, last = teacher.get(HOME).text, teacher.get(f"{HOME}?page=3").text

    assert "Page 1 of 3" in first
    assert first.count('<th scope="row">') == 50
    assert "Learner 0119" in last
    assert last.count('<th scope="row">') == 20


def test_the_export_is_for_a_spreadsheet_and_starts_no_formula(course: Site, offer: Offer, teacher: Browser) -> None:
    """A name that begins with an equals sign stays a name."""
    evil = replace(records()["anna"].learner, full_name="=HYPERLINK(1)")
    with course.storage.begin() as work:
        work.assessments.record(replace(records()["anna"], learner=evil))
        work.awards.open(offer, evil.id, READ)

    answer = teacher.get(f"{HOME}/list.csv")

    assert answer.data.startswith("\ufefflearner,name,state".encode())
    assert ",'=HYPERLINK(1)," in answer.text


def test_the_export_gives_reasons_in_the_teacher_s_language(course: Site, offer: Offer) -> None:
    """States stay codes, which a spreadsheet counts by."""
    settle(course, offer)
    nederlands = replace(LAUNCH, id=LaunchId("c" * 32), person=replace(LAUNCH.person, locale="nl"))

    (line,) = [
        each
        for each in course.browser(nederlands).get(f"/teach/{nederlands.id}/list.csv").text.splitlines()
        if "Farid" in each
    ]

    assert ",withheld," in line
    assert "De cursus is nooit begonnen." in line


def test_a_correction_names_the_learner_on_the_list(course: Site, offer: Offer, teacher: Browser) -> None:
    """Who it is about, what changed, and since when."""
    issued = sealed_credential(course.storage, offer, "bruno")
    with course.storage.begin() as work:
        work.assessments.record(records()["bruno"])
        work.cases.open(issued.award_id, Kind.ACHIEVEMENT, "f", reasons=(), now=ISSUED)

    page = teacher.get(HOME).text

    assert ">Bruno Silva</a>: Something changed after it was sealed." in page


def test_a_held_award_is_approved_with_a_reason(course: Site, offer: Offer, teacher: Browser) -> None:
    """What would be sealed is shown first; the reason is kept with the name, and the award goes on at once."""
    held = held_award(course.storage, offer)
    own = f"{HOME}/award/{held.id}"
    form = {"reason": "The record was checked."}

    without = teacher.post(f"{own}/approve", {"reason": ""}, page=own)
    shown = teacher.post(f"{own}/approve", form, page=own).text
    before = award_of(course, held.id)
    teacher.post(f"{own}/approve", {**form, "confirmed": "yes"}, page=own)

    now = award_of(course, held.id)
    with course.storage.reading() as work:
        assert work.outbox.waiting(Topic.ISSUE) == 1
    assert without.status_code == 422
    assert "This would be sealed, as the course was read last:" in shown
    assert "Prepare and clean a data set" in shown
    assert before.ruled_by == ""
    assert (now.ruled_by, now.ruling_reason) == ("Tessa Teacher", "The record was checked.")


def test_what_would_not_be_sealed_even_if_approved_is_said_before(course: Site, offer: Offer, teacher: Browser) -> None:
    """Held when it was read first, and failed since: the teacher reads why an approval would come to nothing now."""
    held = held_award(course.storage, offer, "6")
    with course.storage.begin() as work:
        work.assessments.record(records()["chiara"])
    own = f"{HOME}/award/{held.id}"

    shown = teacher.post(f"{own}/approve", {"reason": "I looked at the work."}, page=own).text

    assert "As the course was read last, it would not be sealed yet:" in shown
    assert "“Final exam” was not passed" in shown


def held_class(course: Site, offer: Offer) -> dict[str, str]:
    """Three awards that wait, by name: two for approval alone, one because of a finding."""
    finding = (StoredReason("open_flag", "A finding waits.", "7"),)
    with course.storage.begin() as work:
        for name in ("bruno", "chiara"):
            work.assessments.record(records()[name])
    ids = {"Anna": held_award(course.storage, offer).id, "Bruno": held_award(course.storage, offer, "5").id}
    with course.storage.begin() as work:
        row = work.awards.open(offer, LearnerId("6"), READ)
        ids["Chiara"] = work.awards.move(row, Move(to=State.HELD, now=READ, actor="sync", reasons=finding)).id
    return ids


def test_those_who_wait_for_approval_alone_are_approved_together(course: Site, offer: Offer, teacher: Browser) -> None:
    """They are named before anything is sealed; a finding of proctoring is no matter for a tick."""
    ids = held_class(course, offer)
    form = {"award": list(ids.values()), "reason": "The board agreed."}

    listed = teacher.get(f"{HOME}?only=held").text
    shown = teacher.post(f"{HOME}/approve", form, page=HOME).text
    before = {award_of(course, each).ruled_by for each in ids.values()}
    teacher.post(f"{HOME}/approve", {**form, "confirmed": "yes"}, page=HOME)

    ruled = {name: award_of(course, each).ruled_by for name, each in ids.items()}
    assert "3 learners wait for your decision" in listed
    assert listed.count('name="award"') == 2
    assert "Anna Kowalska, Bruno Silva" in shown
    assert before == {""}
    assert ruled == {"Anna": "Tessa Teacher", "Bruno": "Tessa Teacher", "Chiara": ""}


@pytest.mark.parametrize(
    "form", [{"reason": "The board agreed."}, {"award": ["x"], "reason": "Because."}, {"award": []}]
)
def test_nobody_is_approved_by_an_empty_form(
    course: Site, offer: Offer, teacher: Browser, form: dict[str, object]
) -> None:
    """Without a tick or a reason, or with an id from elsewhere."""
    held_class(course, offer)

    answer = teacher.post(f"{HOME}/approve", form, page=HOME)

    assert answer.status_code == 422
    assert "Tick at least one learner, and write a reason." in answer.text


def test_a_page_of_those_who_wait_is_ticked_by_a_link(course: Site, offer: Offer, teacher: Browser) -> None:
    """No script is needed for that."""
    held_class(course, offer)

    page = teacher.get(f"{HOME}?only=held&all=1").text

    assert page.count(" checked>") == 2


def test_a_held_award_is_refused_and_the_learner_reads_why(course: Site, offer: Offer, teacher: Browser) -> None:
    """By whom and why."""
    held = held_award(course.storage, offer)
    own = f"{HOME}/award/{held.id}"
    anna = a_launch(Role.LEARNER, "4")

    teacher.post(f"{own}/refuse", {"reason": "Somebody else sat the exam."}, page=own)

    assert award_of(course, held.id).state is State.WITHHELD
    assert "Somebody else sat the exam." in course.browser(anna).get(f"/mine/{anna.id}").text


def test_revoking_is_previewed_and_confirmed(course: Site, offer: Offer, teacher: Browser) -> None:
    """The first form changes nothing and tells the consequences; the second revokes."""
    issued = sealed_credential(course.storage, offer)
    own = f"{HOME}/award/{issued.award_id}"

    shown = teacher.post(f"{own}/revoke", {"reason": "Issued in error."}, page=own)
    before = award_of(course, issued.award_id).state
    teacher.post(f"{own}/revoke", {"reason": "Issued in error.", "confirmed": "yes"}, page=own)

    with course.storage.reading() as work:
        standing = work.holdings.standing(issued.envelope.id)
    assert "This cannot be taken back." in shown.text
    assert before is State.SEALED
    assert award_of(course, issued.award_id).state is State.REVOKED
    assert standing is not None
    assert standing.status == "revoked"


@pytest.mark.parametrize(("remedy", "state"), [("supersede", State.SEALED), ("revoke", State.REVOKED)])
def test_a_correction_is_decided_after_confirmation(
    course: Site, offer: Offer, teacher: Browser, remedy: str, state: State
) -> None:
    """A replaced credential stays in force until the new one is sealed."""
    issued = sealed_credential(course.storage, offer)
    better = replace(records()["anna"].learner, given_name="Anne", full_name="Anne Kowalska")
    with course.storage.begin() as work:
        work.assessments.record(replace(records()["anna"], learner=better))
        case = work.cases.open(issued.award_id, Kind.ACHIEVEMENT, "f", reasons=(), now=ISSUED)
    assert case is not None
    page, action = f"{HOME}/award/{issued.award_id}", f"{HOME}/case/{case.id}"
    form = {"remedy": remedy, "reason": "The grade was corrected."}

    asked = teacher.get(page).text
    shown = teacher.post(action, form, page=page)
    with course.storage.reading() as work:
        waiting = work.cases.undecided(offer.id)
    teacher.post(action, {**form, "confirmed": "yes"}, page=page)

    with course.storage.reading() as work:
        assert work.cases.undecided(offer.id) == ()
    assert shown.status_code == 200
    assert len(waiting) == 1
    assert "What would change" in asked
    assert ("What would change" in shown.text) == (remedy == "supersede")
    assert award_of(course, issued.award_id).state is state


def test_pausing_stops_and_resuming_starts_again(course: Site, offer: Offer, teacher: Browser) -> None:
    """What was issued stays either way; what resuming seals is said before."""
    teacher.post(f"{HOME}/pause", page=HOME)
    paused = teacher.get(HOME).text
    asked = teacher.post(f"{HOME}/resume", page=HOME).text
    still = teacher.get(HOME).text
    teacher.post(f"{HOME}/resume", {"confirmed": "yes"}, page=HOME)

    assert "0 learners have earned it already." in asked
    assert "Paused: nobody receives it for now" in still
    assert "Paused: nobody receives it for now" in paused
    assert "Enabled: learners receive it by themselves." in teacher.get(HOME).text


def test_an_objection_is_answered_and_the_learner_reads_it(course: Site, offer: Offer, teacher: Browser) -> None:
    """A person answers, in their name."""
    award = waiting_award(course.storage, offer)
    with course.storage.begin() as work:
        work.holdings.object(award.id, "My project was graded on paper.", READ)
        (objection,) = work.holdings.unanswered(offer.id)
    dieter = a_launch(Role.LEARNER, "7")

    listed = teacher.get(HOME).text
    page = f"{HOME}/award/{award.id}"
    teacher.post(f"{HOME}/objection/{objection.id}", {"reason": "It is graded now."}, page=page)

    assert "My project was graded on paper." in listed
    assert "Answer of Tessa Teacher:" in course.browser(dieter).get(f"/mine/{dieter.id}").text
    assert "Nothing waits for you." in teacher.get(HOME).text


def test_what_was_decided_meanwhile_is_not_decided_twice(course: Site, offer: Offer, teacher: Browser) -> None:
    """Two teachers press at the same time: the second reads that nothing was done."""
    held = held_award(course.storage, offer)
    own = f"{HOME}/award/{held.id}"
    issued = sealed_credential(course.storage, offer, "bruno")
    teacher.post(f"{own}/refuse", {"reason": "Not hers."}, page=own)

    second = teacher.post(f"{own.replace(held.id, issued.award_id)}/refuse", {"reason": "Too late."}, page=own)

    assert second.status_code == 409
    assert "Nothing was done" in second.text
