"""Shared credentials: what a link shows, to people and to programs, and what it tells when it shows nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from mappings.documents.envelope import Format
from plugin import sharing
from plugin.sharing import SharingTools
from plugin.storage.credentials import Reserved
from plugin.storage.sharing import Holder
from tests.factories import ISSUED
from tests.plugin.web.site import Site
from tests.plugin.web.stock import PLATFORM, an_offer, sealed_credential


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
        assert "the issuer revoked it on November 24, 2026" in page.text


def test_looks_are_counted_and_nothing_else(site: Site, issued: Reserved) -> None:
    """Two strangers looked."""
    link = link_of(site, issued)

    site.browser().get(f"/c/{link}")
    site.browser().get(f"/c/{link}")

    with site.storage.reading() as work:
        share = work.shares.find(link)
    assert share is not None
    assert share.views == 2


def test_what_was_never_there_is_not_found(site: Site) -> None:
    """An invented reference."""
    assert site.browser().get("/c/nothing").status_code == 404
