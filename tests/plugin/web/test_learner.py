"""The learner's pages: what is earned, why not yet, sharing, objecting, keeping access."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import event

from lti.roles import Role
from mappings.assessment import CourseId
from mappings.documents.baking import unbake
from plugin.sealing.vc_jwt import read_vc_jwt
from plugin.storage.credentials import Reserved
from plugin.storage.sharing import Holder
from plugin.web.scanning import code_of
from tests import factories
from tests.factories import READ
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.web.site import Browser, Site, a_launch
from tests.plugin.web.stock import PLATFORM, an_offer, sealed_badge, sealed_credential, waiting_award

LAUNCH = a_launch(Role.LEARNER, "4")
HOME = f"/mine/{LAUNCH.id}"


@pytest.fixture
def issued(site: Site) -> Reserved:
    """Anna's credential."""
    return sealed_credential(site.storage, an_offer(site.storage))


@pytest.fixture
def anna(site: Site) -> Browser:
    """Anna, who launched the tool."""
    return site.browser(LAUNCH)


def test_an_earned_credential_is_there_without_a_click(anna: Browser, issued: Reserved) -> None:
    """Nothing to claim."""
    page = anna.get(HOME).text

    assert "Applied Data Analysis" in page
    assert "has not revoked" in page
    assert "Sealed on 24 November 2026 by Test Academy" in page


def test_the_file_is_handed_out_as_it_was_sealed(site: Site, anna: Browser, issued: Reserved) -> None:
    """The bytes are the credential."""
    answer = anna.get(f"{HOME}/credential/{issued.envelope.id}/file/elm")

    with site.storage.reading() as work:
        (sealed,) = work.credentials.documents(issued.envelope.id)
    assert answer.data == sealed.body
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_badge_is_there_with_a_proof_and_as_a_token(site: Site, anna: Browser, issued: Reserved) -> None:
    """Badge hosts take the one or the other; both say the same."""
    sealed_badge(site.storage, issued)
    own = f"{HOME}/credential/{issued.envelope.id}"

    page = anna.get(own).text
    proof, token = (anna.get(f"{own}/file/{form}") for form in ("open_badges", "open_badges_jwt"))

    assert f'{own}/file/open_badges"' in page
    assert f'{own}/file/open_badges_jwt"' in page
    assert json.loads(proof.data)["id"] == read_vc_jwt(token.text).payload["id"] == f"urn:uuid:{issued.envelope.id}"
    assert token.headers["Content-Type"] == "application/jwt"


@pytest.mark.parametrize(("kind", "media_type"), [("png", "image/png"), ("svg", "image/svg+xml")])
def test_a_badge_is_there_as_a_picture(site: Site, anna: Browser, issued: Reserved, kind: str, media_type: str) -> None:
    """What is baked into it is the sealed badge."""
    sealed_badge(site.storage, issued)
    own = f"{HOME}/credential/{issued.envelope.id}"

    answer = anna.get(f"{own}/picture/{kind}")

    assert f'{own}/picture/{kind}"' in anna.get(own).text
    assert answer.mimetype == media_type
    assert unbake(answer.data) == anna.get(f"{own}/file/open_badges").data


@pytest.mark.parametrize("kind", ["png", "gif"])
def test_without_a_badge_there_is_no_picture(anna: Browser, issued: Reserved, kind: str) -> None:
    """Nor one of another kind; the page offers none."""
    own = f"{HOME}/credential/{issued.envelope.id}"

    assert "/picture/" not in anna.get(own).text
    assert anna.get(f"{own}/picture/{kind}").status_code == 404


def test_sharing_takes_one_form_and_can_be_stopped(anna: Browser, issued: Reserved) -> None:
    """The link works at once, and no more after it was stopped."""
    own = f"{HOME}/credential/{issued.envelope.id}"
    anna.post(f"{own}/share", {"days": "30"}, page=own)
    found = re.search(r'value="https://credentials.example.org(/c/[^"]+)"', anna.get(own).text)
    assert found

    before = anna.get(found[1]).status_code
    anna.post(f"{own}/unshare", page=own)

    assert (before, anna.get(found[1]).status_code) == (200, 410)


def test_a_new_link_ends_the_old_one(anna: Browser, issued: Reserved) -> None:
    """One credential has one open link."""
    own = f"{HOME}/credential/{issued.envelope.id}"
    links = []
    for _ in range(2):
        anna.post(f"{own}/share", {"days": "0"}, page=HOME)
        links += re.findall(r'value="https://credentials.example.org(/c/[^"]+)"', anna.get(own).text)

    assert [anna.get(link).status_code for link in links] == [410, 200]


def test_any_number_of_days_is_not_accepted(anna: Browser, issued: Reserved) -> None:
    """Only what the form offers."""
    own = f"{HOME}/credential/{issued.envelope.id}"

    assert anna.post(f"{own}/share", {"days": "100000"}, page=own).status_code == 400


def test_what_is_on_the_way_says_why_not_yet(site: Site) -> None:
    """Dieter's project is not graded."""
    waiting_award(site.storage, an_offer(site.storage))
    launch = a_launch(Role.LEARNER, "7")

    page = site.browser(launch).get(f"/mine/{launch.id}").text

    assert "“Data project” is not graded yet." in page
    assert "Nothing yet." in page


def test_the_reason_is_told_in_the_learner_s_language(site: Site) -> None:
    """The launch of a Dutch learner brings the language; the title stays as the teacher wrote it."""
    waiting_award(site.storage, an_offer(site.storage))
    launch = a_launch(Role.LEARNER, "7")
    browser = site.browser(launch)

    page = browser.get(f"/mine/{launch.id}", headers={"Accept-Language": "nl"}).text
    browser.post("/language", {"language": "nl", "back": f"/mine/{launch.id}"}, page=f"/mine/{launch.id}")
    chosen = browser.get(f"/mine/{launch.id}").text

    assert 'lang="en"' in page  # the launch says English
    assert "“Data project” is nog niet beoordeeld." in chosen


def test_an_objection_is_kept_and_shown(anna: Browser, issued: Reserved) -> None:
    """The learner sees what they wrote and that nobody answered yet."""
    form = f"{HOME}/objection/{issued.award_id}"
    empty = anna.post(form, {"reason": " "})
    anna.post(form, {"reason": "My name is spelled Kowálska."})

    page = anna.get(HOME).text

    assert empty.status_code == 422
    assert "My name is spelled Kowálska." in page
    assert "Not answered yet." in page


def test_a_recovery_link_opens_the_page_without_the_platform(site: Site, anna: Browser, issued: Reserved) -> None:
    """Following it shows a button only; pressing that opens everything the person holds."""
    made = anna.post(f"{HOME}/recovery", page=HOME).text
    found = re.search(r'value="https://credentials.example.org(/recover/[^"]+)"', made)
    assert found
    stranger = site.browser()

    before = stranger.get("/mine/kept").status_code
    opened = stranger.post(found[1], follow_redirects=True)

    assert before == 403
    assert "Applied Data Analysis" in opened.text
    assert stranger.get(f"/mine/kept/credential/{issued.envelope.id}/file/elm").status_code == 200


def test_a_new_recovery_link_ends_the_old_one(site: Site, anna: Browser, issued: Reserved) -> None:
    """A lost printout can be made worthless."""
    made = [anna.post(f"{HOME}/recovery", page=HOME).text for _ in range(2)]
    links = [re.findall(r'value="https://credentials.example.org(/recover/[^"]+)"', page)[0] for page in made]

    assert [site.browser().post(link).status_code for link in links] == [404, 303]


def test_the_page_asks_the_database_as_often_for_many_credentials_as_for_one(
    site: Site, anna: Browser, issued: Reserved
) -> None:
    """Whoever studies for years opens it as fast as on the first day."""
    asked: list[str] = []
    event.listen(site.storage.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    anna.get(HOME)
    with_one = len(asked)
    with site.storage.begin() as work:
        other = work.offers.enable(
            PLATFORM, CourseId("4"), profile=factories.profile(), issuer=factories.issuer(), now=READ
        )
    sealed_credential(site.storage, other)
    asked.clear()

    page = anna.get(HOME).text

    assert page.count("<h3>") == 2
    assert len(asked) == with_one


def test_what_a_page_looks_up_in_a_full_house_is_found_by_an_index(site: Site, issued: Reserved) -> None:
    """Awards of one person and the successor of a credential: no page reads through all that was ever issued."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(site.storage.engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    holder = Holder(PLATFORM, issued.credential.holder.value.learner)
    with site.storage.reading() as work:
        work.holdings.of(holder)
        work.holdings.standing(issued.envelope.id)

    with site.storage.engine.connect() as connection:
        selects = [each for each in asked if each[0].startswith("SELECT")]
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values).all() for said, values in selects]

    scanned = [step[3] for plan in plans for step in plan if re.match(r"SCAN (awards|credentials)", step[3])]
    assert "ix_awards_learner" in str(plans)
    assert "ix_credentials_supersedes" in str(plans)
    assert scanned == []


def test_a_print_says_where_it_can_be_checked(anna: Browser, issued: Reserved) -> None:
    """By the share link while there is one; without it a print proves nothing, and says so."""
    own = f"{HOME}/credential/{issued.envelope.id}"
    before = anna.get(own).text
    anna.post(f"{own}/share", {"days": "30"}, page=own)

    page = anna.get(own).text
    found = re.search(
        r"check the credential at https://credentials.example.org(/c/\S+)\s+\(until 24 December 2026", page
    )

    assert "A print proves nothing by itself" in before
    assert found
    assert anna.get(found[1]).status_code == 200
    assert 'class="code"' not in before
    assert page.count(code_of(f"{PUBLIC_URL}{found[1]}")) == 2  # on the print, and on the screen to show to somebody


def test_a_credential_is_told_in_plain_words_with_how_often_it_was_looked_at(
    site: Site, anna: Browser, issued: Reserved
) -> None:
    """Level, workload and supervision are explained; looks are a number, also after the link was closed."""
    own = f"{HOME}/credential/{issued.envelope.id}"
    anna.post(f"{own}/share", {"days": "30"}, page=own)
    found = re.search(r'value="https://credentials.example.org(/c/[^"]+)"', anna.get(own).text)
    assert found
    for _ in range(2):
        site.browser().get(found[1])
    anna.get(found[1])
    anna.post(f"{own}/unshare", page=own)

    page = " ".join(anna.get(own).text.split())

    assert 'EQF level 6 (first cycle) <span class="origin">like learning in a bachelor programme</span>' in page
    assert "5 ECTS credits, 125 hours of work of a typical learner" in page
    assert "Not supervised; identity not verified." in page
    assert "Looked at 2 times by link. Who looked is not recorded." in page
