"""Public pages may be asked only so often; a sentence says so."""

from __future__ import annotations

from plugin.storage.unit_of_work import Storage
from tests.plugin.web.site import Site


def test_a_stranger_who_checks_too_often_is_asked_to_wait(rows: Storage) -> None:
    """Twenty checks a minute from one address; reading the form is counted apart."""
    browser = Site(rows, limited=True).browser()

    statuses = [browser.post("/verify", {"text": "{}"}).status_code for _ in range(21)]
    refused = browser.client.post("/verify", data=b"{}", content_type="application/json")

    assert statuses == [200] * 20 + [429]
    assert "Please wait a minute" in refused.text


def test_guessing_recovery_links_is_slow(rows: Storage) -> None:
    """Ten an hour."""
    browser = Site(rows, limited=True).browser()

    statuses = [browser.get(f"/recover/guess-{number}").status_code for number in range(11)]

    assert statuses == [200] * 10 + [429]
