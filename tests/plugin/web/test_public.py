"""Shared credentials: what a link shows, to people and to programs, and what it tells when it shows nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from mappings import snapshot
from mappings.documents.envelope import Format
from plugin import sharing
from plugin.sharing import SharingTools
from plugin.storage.credentials import Reserved
from plugin.storage.sharing import Holder, Shares
from plugin.storage.tables import credentials
from plugin.web.scanning import code_of
from tests.factories import ISSUED
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.web.site import Site
from tests.plugin.web.stock import COURSE, PLATFORM, an_offer, sealed_credential


@pytest.fixture
def issued(site: Site) -> Reserved:
    """Anna's credential."""
    return sealed_credential(site.storage, an_offer(site.storage))


def link_of(site: Site, issued: Reserved, days: int | None = None) -> str:
    """Anna shares it."""
    holder = Holder(PLATFORM, issued.credential.holder.value.learner)
    return sharing.share(SharingTools(site.storage, lambda: site.now), holder, issued.envelope.id, days)


def test_a_share_link_shows_verdict_issuer_and_content(site: Site, issued: Reserved) -> None:
    """One verdict, then who, then what."""
    page = site.browser().get(f"/c/{link_of(site, issued)}").text

    assert page.index('class="verdict') < page.index("Test Academy") < page.index("What was learned")
    assert "Anna Kowalska" in page
    assert "Practice only" in page


def test_a_program_gets_the_sealed_bytes_at_the_same_address(site: Site, issued: Reserved) -> None:
    """Content negotiation hands out exactly what was sealed."""
    with site.storage.reading() as work:
        sealed = work.credentials.document(issued.envelope.id, Format.ELM)

    answer = site.browser().get(f"/c/{link_of(site, issued)}", headers={"Accept": "application/ld+json"})

    assert sealed is not None
    assert answer.data == sealed.body
    assert "payload" in json.loads(answer.data)
    assert "Accept" in answer.headers["Vary"]


def test_a_format_that_there_is_not_is_refused(site: Site, issued: Reserved) -> None:
    """Nobody gets another format than asked for."""
    answer = site.browser().get(f"/c/{link_of(site, issued)}", headers={"Accept": "application/dc+sd-jwt"})

    assert answer.status_code == 406


def test_the_credential_s_own_id_tells_how_it_stands_and_nothing_else(site: Site, issued: Reserved) -> None:
    """The id stands in the file; whoever has the file may ask about its status, not read about the person."""
    answer = site.browser().get(f"/c/{issued.envelope.id}")

    assert answer.status_code == 200
    assert "has not revoked" in answer.text
    assert "Anna" not in answer.text


def test_an_ended_link_shows_nothing_any_more(site: Site, issued: Reserved) -> None:
    """The page is gone for good, with the reason."""
    link = link_of(site, issued, days=7)
    site.now = ISSUED + timedelta(days=7)

    answer = site.browser().get(f"/c/{link}")

    assert answer.status_code == 410
    assert "Anna" not in answer.text
    assert "does no more" in answer.text


def test_a_revoked_credential_says_so_with_its_date(site: Site, issued: Reserved) -> None:
    """It stays found, and its standing is the verdict."""
    link = link_of(site, issued)
    with site.storage.begin() as work:
        work.credentials.end(issued.envelope.id, "revoked", "issued in error", ISSUED)

    shared, by_id = site.browser().get(f"/c/{link}"), site.browser().get(f"/c/{issued.envelope.id}")

    for page in (shared, by_id):
        assert "the issuer revoked it on 24 November 2026" in page.text


def test_the_accreditation_is_a_link_beside_the_issuer(site: Site, issued: Reserved) -> None:
    """How the issuer is known, before all details; an address of another scheme is no link."""
    stated = issued.credential.quality_assurance
    for address, shown in (("https://agency.example/42", True), ("javascript:alert(1)", False)):
        (accreditation,) = stated.value.accreditations
        told = replace(stated.value, accreditations=(replace(accreditation, report_url=address),))
        changed = replace(issued.credential, quality_assurance=replace(stated, value=told))
        with site.storage.begin() as work:
            row = update(credentials).where(credentials.c.id == issued.envelope.id)
            work.connection.execute(row.values(snapshot=snapshot.dump(changed)))

        page = site.browser().get(f"/c/{link_of(site, issued)}").text
        who = page[page.index('id="who"') : page.index('class="portrait"')]

        assert (f'href="{address}"' in who) == (f'href="{address}"' in page) == shown


def test_a_print_says_when_it_was_checked_and_where_again(site: Site, issued: Reserved) -> None:
    """The very link that was opened."""
    link = link_of(site, issued)

    page = site.browser().get(f"/c/{link}").text

    assert f"Checked on 24 November 2026. It can be checked again at {PUBLIC_URL}/c/{link}" in page
    assert code_of(f"{PUBLIC_URL}/c/{link}") in page


QUESTIONS = (
    "1. Quality assurance",
    "2. Verification",
    "3. Level",
    "4. What was learned",
    "5. Workload",
    "6. How it was assessed",
    "7. Supervision, and identification",
)


def test_an_evaluator_finds_the_seven_questions_in_order_with_sources(site: Site, issued: Reserved) -> None:
    """After the verdict and the issuer, as evaluators of ENIC-NARIC centres ask them; recognition is theirs."""
    page = site.browser().get(f"/c/{link_of(site, issued)}").text
    places = [page.index(question) for question in ('class="verdict', 'id="who"', *QUESTIONS)]

    assert places == sorted(places)
    assert page.count("Source: ") == 6
    assert "Source: stated by the institution" in page
    assert "read from the learning platform" in page
    assert "is recognised, you decide" in page


def test_the_names_of_who_supplied_something_stay_with_the_issuer(site: Site, issued: Reserved) -> None:
    """A source is a kind of person and a day: who the teacher is concerns no employer."""
    page = site.browser().get(f"/c/{link_of(site, issued)}").text

    assert {each.by for each in issued.credential.level.provenance} == {"Tessa Teacher"}
    assert "Source: stated by the teacher" in page
    assert "Tessa" not in page


def test_a_replaced_credential_leads_to_the_newer_one(site: Site, issued: Reserved) -> None:
    """By the link and by its id: the date, and how the newer one stands."""
    link = link_of(site, issued)
    newer = sealed_credential(site.storage, an_offer(site.storage), "bruno")
    with site.storage.begin() as work:
        work.credentials.end(issued.envelope.id, "superseded", "a wrong grade", ISSUED)
        supersedes = update(credentials).where(credentials.c.id == newer.envelope.id)
        work.connection.execute(supersedes.values(supersedes=issued.envelope.id))

    for reference in (link, issued.envelope.id):
        page = site.browser().get(f"/c/{reference}").text

        assert "replaced by a newer one on 24 November 2026" in page
        assert f'href="/c/{newer.envelope.id}"' in page


def test_a_course_that_ended_takes_no_credential_away(site: Site, issued: Reserved) -> None:
    """The course awards nothing any more; page, standing and document stay found, revoked or not."""
    link = link_of(site, issued)
    with site.storage.begin() as work:
        for offer in work.offers.of_course(PLATFORM, COURSE):
            work.offers.disable(offer.id)
        work.credentials.end(issued.envelope.id, "revoked", "issued in error", ISSUED)
    document = site.browser().get(f"/c/{link}", headers={"Accept": "application/ld+json"})

    assert site.browser().get(f"/c/{link}").status_code == 200
    assert site.browser().get(f"/c/{issued.envelope.id}").status_code == 200
    assert document.status_code == 200


def test_looks_are_counted_and_nothing_else(site: Site, issued: Reserved) -> None:
    """Two strangers looked."""
    link = link_of(site, issued)

    site.browser().get(f"/c/{link}")
    site.browser().get(f"/c/{link}")

    with site.storage.reading() as work:
        share = work.shares.find(link)
    assert share is not None
    assert share.views == 2


def test_a_look_that_cannot_be_counted_is_answered(
    site: Site, issued: Reserved, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of the database is full: nothing can be written, and the employer sees the credential all the same."""
    link = link_of(site, issued)

    def full(*_: object) -> None:
        raise OperationalError("UPDATE", {}, OSError("full"))

    monkeypatch.setattr(Shares, "count_view", full)

    assert "Anna Kowalska" in site.browser().get(f"/c/{link}").text


def test_what_was_never_there_is_not_found(site: Site) -> None:
    """An invented reference."""
    assert site.browser().get("/c/nothing").status_code == 404
