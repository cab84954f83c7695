"""Where learners are reached: found by their address, which the database does not show."""

from __future__ import annotations

from cryptography.fernet import Fernet
from sqlalchemy import select

from mappings.assessment import LearnerId
from plugin.rekeying import rekey
from plugin.storage.notice_tables import contacts
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from tests.factories import READ
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.rows import MOODLE

ANNA, BRUNO = Holder(MOODLE, LearnerId("4")), Holder(MOODLE, LearnerId("5"))
NEW_KEY = Fernet.generate_key().decode()


def at(storage: Storage, address: str) -> list[Holder]:
    """Who is reached at an address."""
    with storage.reading() as work:
        return [contact.holder for contact in work.contacts.marked(work.contacts.mark_of(address))]


def test_an_address_is_found_however_it_is_written(storage: Storage) -> None:
    """People write it as they like; two who share one are both found."""
    with storage.begin() as work:
        work.contacts.confirm(ANNA, "Anna@U.Example", "en", READ)
        work.contacts.confirm(BRUNO, "anna@u.example", "nl", READ)

    assert at(storage, " ANNA@u.example ") == [ANNA, BRUNO]
    assert at(storage, "eve@u.example") == []


def test_the_newest_word_of_the_platform_counts(storage: Storage) -> None:
    """The way to mute stays the same, and so does that it is muted."""
    with storage.begin() as work:
        first = work.contacts.confirm(ANNA, "old@u.example", "en", READ)
        work.contacts.mute(first.mute_token, READ)
        second = work.contacts.confirm(ANNA, "new@u.example", "nl", READ)

    assert (second.address, second.locale, second.muted) == ("new@u.example", "nl", True)
    assert second.mute_token == first.mute_token
    assert (at(storage, "old@u.example"), at(storage, "new@u.example")) == ([], [ANNA])


def test_the_database_shows_no_address(storage: Storage) -> None:
    """Neither the address nor a mark that could be made without the key."""
    with storage.begin() as work:
        work.contacts.confirm(ANNA, "anna@u.example", "en", READ)
    with storage.read() as connection:
        row = connection.execute(select(contacts)).one()

    assert "anna" not in f"{row.address!r} {row.address_mark}"
    assert Vault((NEW_KEY,)).mark("anna@u.example") != row.address_mark


def test_an_address_is_found_after_the_key_was_changed(storage: Storage) -> None:
    """Before and after everything is locked anew, and with the new key alone."""
    with storage.begin() as work:
        work.contacts.confirm(ANNA, "anna@u.example", "en", READ)
    both = Storage(storage.engine, Vault((NEW_KEY, SECRET_KEY)), PUBLIC_URL)
    before = at(both, "anna@u.example")

    rekey(both)

    assert before == at(Storage(storage.engine, Vault((NEW_KEY,)), PUBLIC_URL), "anna@u.example") == [ANNA]
