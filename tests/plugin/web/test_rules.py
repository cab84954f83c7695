"""The page for what happens after sealing: the correction rule of a course and its own choice of notices."""

from __future__ import annotations

import pytest

from lti.roles import Role
from plugin.storage.cases import Kind
from plugin.storage.profiles import Offer, Rule
from plugin.storage.unit_of_work import Storage
from tests.factories import ISSUED
from tests.plugin.web.site import Browser, RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import an_offer, records, sealed_credential

LAUNCH = a_launch(Role.TEACHER, "2")
PAGE = f"/teach/{LAUNCH.id}/rules"
CHOICE = {"correction": "supersede", "notices": "page"}
CONFIRMED = {**CHOICE, "confirmed": "yes"}


@pytest.fixture
def offer(rows: Storage) -> Offer:
    """The recorded course with one credential in force."""
    offer = an_offer(rows)
    sealed_credential(rows, offer)
    return offer


@pytest.fixture
def teacher(rows: Storage, offer: Offer) -> Browser:
    """Who launched as a teacher of the course."""
    return Site(rows, RecordedPlatform(records())).browser(LAUNCH)


def now(rows: Storage, offer: Offer) -> Offer:
    """The offer as it is kept."""
    with rows.reading() as work:
        return work.offers.get(offer.id)


def test_the_page_shows_what_holds(teacher: Browser) -> None:
    """A course that chose nothing asks, and tells as the institution chose."""
    page = teacher.get(PAGE).text

    assert 'value="ask" checked' in page
    assert 'value="institution" checked' in page


def test_nothing_is_kept_before_it_is_confirmed(rows: Storage, offer: Offer, teacher: Browser) -> None:
    """First it says what it comes to, in numbers of this course."""
    page = teacher.post(PAGE, CHOICE).text

    assert "One credential of this course is in force and may be concerned." in page
    assert "One credential is sealed and not told of yet; it goes this way." in page
    assert now(rows, offer) == offer


def test_what_waits_already_is_said_to_stay(rows: Storage, offer: Offer, teacher: Browser) -> None:
    """A rule says what happens from now on; open questions stay with the teacher."""
    with rows.begin() as work:
        (award,) = work.awards.of_offer(offer.id)
        work.cases.open(award.id, Kind.PERSON, "one", reasons=(), now=ISSUED)

    page = teacher.post(PAGE, CHOICE).text
    teacher.post(PAGE, CONFIRMED)

    assert "One change waits already; it stays with you." in page
    with rows.reading() as work:
        assert len(work.cases.undecided(offer.id)) == 1


def test_once_confirmed_it_holds_and_says_by_whom(rows: Storage, offer: Offer, teacher: Browser) -> None:
    """Rule and notices, with the name of who set the rule and the time."""
    page = teacher.post(PAGE, CONFIRMED, follow_redirects=True).text

    kept = now(rows, offer)
    assert (kept.rule, kept.notices) == (Rule("supersede", "Tessa Teacher", ISSUED), "page")
    assert "Kept, with your name." in page
    assert "Set by Tessa Teacher" in page


def test_each_change_is_in_the_trail_once(rows: Storage, offer: Offer, teacher: Browser) -> None:
    """With before and after; what stays as it was is no act."""
    for _ in range(2):
        teacher.post(PAGE, CONFIRMED)

    with rows.reading() as work:
        acts = [each.entry for each in work.audit.entries(offer.id)]
    said = [(each.actor, each.act, each.before, each.after) for each in acts]
    assert said == [("Tessa Teacher", "correction", "ask", "supersede"), ("Tessa Teacher", "notices", "", "page")]


def test_the_institution_s_choice_can_be_taken_again(rows: Storage, offer: Offer, teacher: Browser) -> None:
    """The course's own choice ends by that."""
    teacher.post(PAGE, CONFIRMED)

    teacher.post(PAGE, CONFIRMED | {"notices": "institution"})

    assert now(rows, offer).notices == ""


def test_the_same_choice_changes_nothing_and_says_so(teacher: Browser) -> None:
    """There is nothing to confirm."""
    page = teacher.post(PAGE, {"correction": "ask", "notices": "institution"}).text

    assert "Nothing changes: this is what holds already." in page
    assert 'name="confirmed"' not in page


@pytest.mark.parametrize("wrong", [{"correction": "revoke"}, {"notices": "pigeon"}, {"correction": ""}])
def test_a_choice_that_does_not_exist_is_refused(
    rows: Storage, offer: Offer, teacher: Browser, wrong: dict[str, str]
) -> None:
    """No rule ever revokes, whatever a form sends."""
    answer = teacher.post(PAGE, CONFIRMED | wrong)

    assert answer.status_code == 422
    assert now(rows, offer) == offer
