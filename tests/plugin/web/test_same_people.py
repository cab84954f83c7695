"""The administrator's page about accounts that were merged at the platform."""

from __future__ import annotations

import pytest

from mappings.assessment import LearnerId
from plugin.storage.awards import State
from plugin.storage.people import Decision, Evidence
from plugin.storage.sharing import Holder
from tests.plugin.web.site import Browser, Site
from tests.plugin.web.stock import PLATFORM, an_offer, records, sealed_credential, waiting_award

OLD, NEW = LearnerId("7"), LearnerId("4")
PAIR = {"platform": PLATFORM, "old": OLD, "new": NEW}
LIST = "/admin/people/"
LOOK = f"{LIST}?platform={PLATFORM}&old={OLD}&new={NEW}"
WHY = {"reason": "The registry merged the two accounts."}


@pytest.fixture
def admin(site: Site) -> Browser:
    """An administrator, in whose course Anna has her credential and an old account of hers waits for one."""
    offer = an_offer(site.storage)
    waiting_award(site.storage, offer, OLD)
    sealed_credential(site.storage, offer)
    with site.storage.begin() as work:
        work.assessments.record(records()["anna"])
        work.people.notice(Holder(PLATFORM, NEW), OLD, {Evidence.STUDENT_NUMBER}, site.now)
    return site.administrator()


def decided(site: Site) -> Decision | None:
    """What was found out about the two."""
    with site.storage.reading() as work:
        case = work.people.case(PLATFORM, OLD, NEW)
    assert case is not None
    return case.decision


def test_what_seems_to_be_one_person_is_listed_with_what_speaks_for_it(admin: Browser) -> None:
    """By ids: names are shown of the two that somebody looks at."""
    page = admin.get(LIST).text

    assert "the same student number" in page
    assert "Anna Kowalska" not in page


def test_looking_says_what_becomes_of_each_award_and_changes_nothing(site: Site, admin: Browser) -> None:
    """The credential stays, what waits under the other account is closed."""
    page = admin.get(LOOK).text

    assert "stays as it is" in page
    assert "is closed: the person has the credential by the other account" in page
    assert "Anna Kowalska" in page
    assert decided(site) is None


def test_they_are_joined_once_the_word_is_typed(site: Site, admin: Browser) -> None:
    """Under the administrator's name, with the reason, in the trail."""
    admin.post(f"{LIST}join", {**PAIR, **WHY, "typed": "JOIN"}, page=LIST)

    with site.storage.reading() as work:
        assert work.people.ids(Holder(PLATFORM, OLD)) == (NEW, OLD)
        (waits,) = work.kinships.of_people(PLATFORM, (OLD,))
        (entry,) = [each.entry for each in work.audit.entries("person") if each.entry.act == "person:same"]
    assert waits.state is State.SUPERSEDED
    assert (entry.actor, entry.detail) == ("Ada Admin", WHY["reason"])


@pytest.mark.parametrize("form", [{**WHY, "typed": "join"}, {"reason": " ", "typed": "JOIN"}, WHY])
def test_without_reason_and_word_nothing_is_joined(site: Site, admin: Browser, form: dict[str, str]) -> None:
    """It comes back to the two accounts and says so."""
    answer = admin.post(f"{LIST}join", {**PAIR, **form}, page=LIST)

    assert answer.location.startswith(LIST)
    assert "Nothing was joined" in admin.get(LOOK).text
    assert decided(site) is None


def test_two_people_are_kept_apart(site: Site, admin: Browser) -> None:
    """Nobody is listed any more."""
    admin.post(f"{LIST}apart", {**PAIR, **WHY}, page=LIST)

    assert decided(site) is Decision.APART
    assert "No two accounts seem to be" in admin.get(LIST).text


def test_what_is_one_person_cannot_be_decided_again(site: Site, admin: Browser) -> None:
    """Neither joined nor taken apart; the page says why."""
    admin.post(f"{LIST}join", {**PAIR, **WHY, "typed": "JOIN"}, page=LIST)

    admin.post(f"{LIST}apart", {**PAIR, **WHY}, page=LIST)

    assert "They were joined already." in (page := admin.get(LOOK).text)
    assert "These two cannot be joined" in page
    assert decided(site) is Decision.SAME


def test_a_form_without_accounts_is_refused(admin: Browser) -> None:
    """There is nothing to go back to."""
    assert admin.post(f"{LIST}apart", WHY, page=LIST).status_code == 400
