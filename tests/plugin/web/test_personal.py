"""Personal data: what an administrator answers, what a learner takes along, and what everybody may read about it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from markupsafe import escape
from werkzeug.test import TestResponse

from lti.roles import Role
from mappings.assessment import LearnerId
from plugin.storage.credentials import Reserved
from plugin.storage.retention import EVIDENCE, LAUNCHES
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.web.personal import KEPT
from tests.plugin.web.site import Browser, Site, a_launch
from tests.plugin.web.stock import PLATFORM, an_offer, sealed_credential, waiting_award

ANNA = {"platform": PLATFORM, "learner": "4"}
NOBODY = {"platform": PLATFORM, "learner": "404"}
LAUNCH, OTHER = a_launch(Role.LEARNER, "4"), a_launch(Role.LEARNER, "7")
PERSON = "/admin/person"
ANNAS = f"{PERSON}?platform={PLATFORM}&learner=4"


@pytest.fixture
def issued(site: Site) -> Reserved:
    """Anna's credential, and Dieter's award on the way."""
    offer = an_offer(site.storage)
    waiting_award(site.storage, offer, "7")
    return sealed_credential(site.storage, offer)


@pytest.fixture
def admin(site: Site, issued: Reserved) -> Browser:
    """An administrator, signed in."""
    return site.administrator()


def kept(page: str) -> dict[str, int]:
    """What the page says is kept, rows by table."""
    tables = {escape(word): table for table, word in KEPT.items()}
    return {tables[word]: int(rows) for word, rows in re.findall(r"<li>([^<]+): (\d+)</li>", page) if word in tables}


def archive(answer: TestResponse) -> zipfile.ZipFile:
    """The archive that was handed out."""
    assert answer.mimetype == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.data))


def told(answer: TestResponse) -> dict[str, list[dict[str, Any]]]:
    """The rows in an archive, by table."""
    found: dict[str, list[dict[str, Any]]] = json.loads(archive(answer).read("kept.json"))["kept"]
    return found


def erasures(storage: Storage) -> list[tuple[str, str]]:
    """Who erased how much, as the trail has it."""
    with storage.reading() as work:
        return [(each.entry.actor, each.entry.detail) for each in work.audit.entries("person")]


def publish(site: Site, **said: str) -> None:
    """Let the public pages name contacts."""
    site.app.extensions["microcred.personal"] = replace(site.personal_tools(), **said)  # type: ignore[arg-type]


def recovered(site: Site, owner: Browser, home: str) -> Browser:
    """A browser without a launch, in which the owner's recovery link was opened."""
    link = re.search(r'value="https://credentials.example.org(/recover/[^"]+)"', owner.post(f"{home}/recovery").text)
    assert link
    browser = site.browser()
    browser.post(link[1])
    return browser


def test_what_is_kept_is_shown_as_numbers(admin: Browser) -> None:
    """Enough to know what an export or an erasure is about, without reading along."""
    page = admin.get(ANNAS).text

    assert kept(page).items() >= {"awards": 1, "credentials": 1, "documents": 1}.items()
    assert "Kowalska" not in page
    assert "To confirm, type ERASE" in page


def test_an_export_by_another_is_in_the_trail(site: Site, admin: Browser, issued: Reserved) -> None:
    """Who looked at somebody's data can be asked why; the person's number is not in it."""
    admin.post(f"{PERSON}/export", ANNA, page=ANNAS)

    with site.storage.reading() as work:
        told = [each.entry for each in work.audit.entries("person")]
    assert [(each.actor, each.act) for each in told] == [("Ada Admin", "export")]
    assert issued.envelope.id not in str(told)


def test_nothing_kept_is_said(admin: Browser) -> None:
    """And neither exported nor erased."""
    page = admin.get(PERSON, query_string=NOBODY).text

    assert "Nothing is kept about this person." in page
    assert "ERASE" not in page
    assert admin.post(f"{PERSON}/export", NOBODY, page=PERSON).status_code == 404


def test_a_person_is_looked_for_by_both_keys(admin: Browser) -> None:
    """The same number means somebody else at another platform."""
    page = admin.get(PERSON, query_string={"learner": "4"}).text

    assert kept(page) == {}
    assert "Nothing is kept" not in page


def test_an_export_is_everything_about_one_person(admin: Browser, issued: Reserved) -> None:
    """Rows and the sealed file, to keep and not in a cache; nobody else's."""
    answer = admin.post(f"{PERSON}/export", ANNA, page=ANNAS)

    rows = told(answer)
    assert {"awards", "credentials", "documents"} <= rows.keys()
    assert {row["learner_id"] for row in rows["awards"]} == {"4"}
    assert f"credentials/{issued.envelope.id}.jsonld" in archive(answer).namelist()
    assert answer.headers["Content-Disposition"] == "attachment; filename=kept-about-me.zip"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_export_of_half_a_key_is_refused(admin: Browser) -> None:
    """Rather than guessed."""
    assert admin.post(f"{PERSON}/export", {"learner": "4"}, page=PERSON).status_code == 400


@pytest.mark.parametrize(
    "form",
    [
        {"reason": "asked in writing"},
        {"reason": "asked in writing", "typed": "erase"},
        {"typed": "ERASE"},
        {"reason": "   ", "typed": "ERASE"},
    ],
)
def test_an_erasure_takes_the_word_and_a_reason(site: Site, admin: Browser, form: dict[str, str]) -> None:
    """Without both nothing is erased, and the person is still on the page."""
    page = admin.post(f"{PERSON}/erase", ANNA | form, page=ANNAS, follow_redirects=True).text

    assert "Nothing was erased: a reason and the word are needed." in page
    assert kept(page)["credentials"] == 1
    assert erasures(site.storage) == []


def test_an_erasure_leaves_nothing_of_the_person(site: Site, admin: Browser) -> None:
    """It is noted under the administrator's name; the others stay."""
    form = ANNA | {"reason": "asked in writing", "typed": "ERASE"}

    page = admin.post(f"{PERSON}/erase", form, page=ANNAS, follow_redirects=True).text

    assert "Erased. 1 credential(s) stay valid in their hands." in page
    assert "Nothing is kept about this person." in admin.get(ANNAS).text
    assert kept(admin.get(f"{PERSON}?platform={PLATFORM}&learner=7").text)["awards"] == 1
    assert erasures(site.storage) == [("Ada Admin", "1 credentials")]


def test_nobody_is_erased_twice(site: Site, admin: Browser) -> None:
    """A second press does not claim to have done it, nor does a mistyped key."""
    form = NOBODY | {"reason": "asked in writing", "typed": "ERASE"}

    page = admin.post(f"{PERSON}/erase", form, page=ANNAS, follow_redirects=True).text

    assert "Nothing is kept about this person." in page
    assert "Erased." not in page
    assert erasures(site.storage) == []


@pytest.mark.parametrize("act", ["export", "erase"])
def test_a_stranger_answers_nobody(site: Site, issued: Reserved, act: str) -> None:
    """Nor does a teacher."""
    teacher = site.browser(a_launch(Role.TEACHER))
    form = ANNA | {"reason": "asked in writing", "typed": "ERASE"}

    for visitor in (site.browser(), teacher):
        assert visitor.post(f"{PERSON}/{act}", form, page="/accessibility").status_code == 401
    assert erasures(site.storage) == []


def test_a_learner_takes_along_what_is_kept_about_them(site: Site, issued: Reserved) -> None:
    """From their own page, the sealed file with it."""
    anna = site.browser(LAUNCH)

    answer = anna.get(f"/mine/{LAUNCH.id}/kept")

    assert f'href="/mine/{LAUNCH.id}/kept"' in anna.get(f"/mine/{LAUNCH.id}").text
    assert f"credentials/{issued.envelope.id}.jsonld" in archive(answer).namelist()
    assert {row["learner_id"] for row in told(answer)["awards"]} == {"4"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_recovery_link_is_enough_to_take_it_along(site: Site, issued: Reserved) -> None:
    """Whoever left the institution has the same right."""
    visitor = recovered(site, site.browser(LAUNCH), f"/mine/{LAUNCH.id}")

    assert told(visitor.get("/mine/kept/kept")).keys() >= {"awards", "credentials"}
    assert site.browser().get("/mine/kept/kept").status_code == 403


def test_a_learner_never_gets_what_is_kept_about_another(site: Site, issued: Reserved) -> None:
    """Neither by their own launch nor by the address of the other's."""
    dieter = site.browser(OTHER)
    site.browser(LAUNCH)

    own = dieter.get(f"/mine/{OTHER.id}/kept")

    assert {row["learner_id"] for row in told(own)["awards"]} == {"7"}
    assert "Kowalska" not in archive(own).read("kept.json").decode()
    assert archive(own).namelist() == ["kept.json"]
    assert dieter.get(f"/mine/{LAUNCH.id}/kept").status_code == 403


def test_a_teacher_takes_along_nothing(site: Site, issued: Reserved) -> None:
    """A teacher's number is not that of a learner."""
    launch = a_launch(Role.TEACHER, "4")

    assert site.browser(launch).get(f"/mine/{launch.id}/kept").status_code == 403


def test_a_learner_of_whom_nothing_is_kept_gets_nothing(site: Site) -> None:
    """Rather than an empty archive."""
    assert site.browser(LAUNCH).get(f"/mine/{LAUNCH.id}/kept").status_code == 404


def test_everybody_reads_what_is_kept_and_for_how_long(site: Site) -> None:
    """The days of this installation, and whose data it is."""
    page = site.browser().get("/privacy").text

    assert "for Example University, which is responsible" in page
    assert "for 30 days" in page
    assert "730 days after your course was read last" in page


def test_evidence_that_is_kept_for_ever_is_said_to_be(site: Site) -> None:
    """0 days in the setting keeps it until somebody asks."""
    known = site.personal_tools()
    days = {LAUNCHES: known.privacy.retention[LAUNCHES], EVIDENCE: known.privacy.retention[EVIDENCE] * 0}
    site.app.extensions["microcred.personal"] = replace(known, privacy=replace(known.privacy, retention=days))

    assert "kept until you ask to be erased" in site.browser().get("/privacy").text


def test_whatever_is_kept_about_a_person_has_a_word(site: Site) -> None:
    """An administrator reads words, not the names of tables."""
    with site.storage.begin() as work:
        deleted = {table.name for table, _ in work.erasures._deleted(Holder(PLATFORM, LearnerId("1")))}

    assert deleted | {"awards", "credentials", "launches"} == set(KEPT)


def test_an_institution_without_a_name_is_no_gap(site: Site) -> None:
    """Before anybody has stated one."""
    known = site.personal_tools()
    site.app.extensions["microcred.personal"] = replace(known, institution=lambda: "")

    assert "for an institution, which is responsible" in site.browser().get("/privacy").text


@pytest.mark.parametrize(
    ("path", "setting", "missing"),
    [
        ("/privacy", "privacy_contact", "has not named a contact here yet"),
        ("/accessibility", "accessibility_contact", "has not named a contact for barriers here yet"),
    ],
)
def test_a_contact_is_named_or_said_to_be_missing(site: Site, path: str, setting: str, missing: str) -> None:
    """Each page has its own."""
    before = site.browser().get(path).text
    publish(site, **{setting: "desk@example.org"})

    after = site.browser().get(path).text

    assert missing in before
    assert missing not in after
    assert "desk@example.org" in after
