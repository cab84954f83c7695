"""Muting: one click of a mail program, or of a person."""

from __future__ import annotations

import pytest

from plugin.storage.contacts import Contact
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from tests.factories import READ
from tests.plugin.rows import MOODLE
from tests.plugin.web.site import Site

ANNA = Holder(MOODLE, "4")  # type: ignore[arg-type]


@pytest.fixture
def contact(sqlite_storage: Storage) -> Contact:
    """Anna is reached by mail."""
    with sqlite_storage.begin() as work:
        return work.contacts.confirm(ANNA, "anna@u.example", "en", READ)


def muted(storage: Storage) -> bool:
    """Whether Anna is told no more."""
    with storage.reading() as work:
        found = work.contacts.get(ANNA)
    assert found is not None
    return found.muted


def test_one_click_mutes_without_cookie_token_or_redirect(sqlite_storage: Storage, contact: Contact) -> None:
    """RFC 8058, section 3.2: the program posts the one field, and no person is there to do more."""
    client = Site(sqlite_storage).app.test_client(use_cookies=False)

    answer = client.post(f"/notices/{contact.mute_token}", data={"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, muted(sqlite_storage)) == (200, True)


def test_one_click_may_come_as_multipart(sqlite_storage: Storage, contact: Contact) -> None:
    """The RFC allows both encodings."""
    client = Site(sqlite_storage).app.test_client(use_cookies=False)

    client.post(
        f"/notices/{contact.mute_token}",
        data={"List-Unsubscribe": "One-Click"},
        content_type="multipart/form-data",
    )

    assert muted(sqlite_storage)


def test_following_the_link_changes_nothing(sqlite_storage: Storage, contact: Contact) -> None:
    """Scanners of mail follow every link."""
    page = Site(sqlite_storage).browser().get(f"/notices/{contact.mute_token}")

    assert "Stop these messages" in page.text
    assert not muted(sqlite_storage)


def test_a_person_can_have_it_back(sqlite_storage: Storage, contact: Contact) -> None:
    """With the button that stands where the other one was."""
    browser = Site(sqlite_storage).browser()
    first = browser.post(f"/notices/{contact.mute_token}")

    browser.post(f"/notices/{contact.mute_token}", {"again": "yes"})

    assert "Send me these messages again" in first.text
    assert not muted(sqlite_storage)


def test_a_token_that_nobody_has_is_not_found(sqlite_storage: Storage, contact: Contact) -> None:
    """And mutes nobody."""
    client = Site(sqlite_storage).app.test_client()

    assert client.post("/notices/guessed").status_code == 404
    assert not muted(sqlite_storage)
