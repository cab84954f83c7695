from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.errors import InvalidSettings, ProfileInUse, UnknownRow
from plugin.storage.platforms import Connected
from plugin.storage.tables import platforms
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from tests import factories
from tests.factories import READ
from tests.plugin.rows import ADA101, MOODLE, an_offer


def test_profiles_come_back_as_they_went_in(storage: Storage) -> None:
    """A stored version loses nothing."""
    an_offer(storage)

    with storage.reading() as work:
        assert work.profiles.course_profile("ada101", 1) == factories.profile()
        assert work.profiles.issuer("test-academy", 1) == factories.issuer()


def test_a_version_is_immutable(storage: Storage) -> None:
    """The same content again is fine; other content under the same version is refused."""
    an_offer(storage)

    with storage.begin() as work:
        assert work.profiles.keep_course_profile(factories.profile(), READ) is False
    with pytest.raises(ProfileInUse, match="count it up"), storage.begin() as work:
        work.profiles.keep_course_profile(factories.profile(languages=("nl",)), READ)


def test_an_unknown_version_is_said_to_be_unknown(storage: Storage) -> None:
    """No other version stands in."""
    with pytest.raises(UnknownRow), storage.reading() as work:
        work.profiles.course_profile("ada101", 2)


def test_enabling_again_brings_the_new_version_into_force(storage: Storage) -> None:
    """A course has one offer per profile, at the version that was enabled last."""
    first = an_offer(storage)

    second = an_offer(storage, replace(factories.profile(), version=2))

    assert (second.id, second.profile_version) == (first.id, 2)
    with storage.reading() as work:
        assert work.offers.of_course(MOODLE, ADA101) == (second,)


def test_a_disabled_offer_awards_nothing_more(storage: Storage) -> None:
    """It is kept, but not among those that are synced."""
    offer = an_offer(storage)

    with storage.begin() as work:
        work.offers.disable(offer.id)

    with storage.reading() as work:
        assert work.offers.enabled() == ()
        assert work.offers.get(offer.id).enabled is False


def test_tokens_are_encrypted_at_rest(storage: Storage) -> None:
    """The database never shows a platform's token; with the key it comes back."""
    an_offer(storage)

    with storage.engine.connect() as connection:
        stored = connection.execute(platforms.select()).one()
    with storage.reading() as work:
        assert work.platforms.get(MOODLE) == Connected(
            MOODLE, "moodle", "https://moodle.example.org", token="secret-token"
        )
    assert b"secret-token" not in stored.credential


def test_without_a_key_no_secret_is_stored() -> None:
    """There is no default key."""
    with pytest.raises(InvalidSettings, match="SECRET_KEYS"):
        Vault(()).lock("secret")


def test_a_wrong_key_opens_nothing() -> None:
    """What another key encrypted stays closed, with a sentence that names the setting."""
    locked = Vault(("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",)).lock("secret")

    with pytest.raises(InvalidSettings, match="no key opens"):
        Vault(("ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",)).unlock(locked)


def test_keys_are_rotated_by_putting_a_new_one_in_front() -> None:
    """What is renewed opens without the old key."""
    old, new = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
    locked = Vault((old,)).lock("secret")

    renewed = Vault((new, old)).renew(locked)

    assert Vault((new,)).unlock(renewed) == "secret"
