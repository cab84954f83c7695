"""The bridge's own keys: published before they sign, published a while after, then gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from lti.tool_keys import OVERLAP, SETTLING, ensure_key, key_set, new_key, public_pem, published, rotate, signing_key
from tests.simulators.memory_stores import MemoryToolKeys

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_first_key_signs_at_once() -> None:
    """There is nobody who could have cached another set."""
    keys = ensure_key(MemoryToolKeys(), NOW)

    assert signing_key(keys, NOW) == keys[0]


def test_a_new_key_is_published_before_it_signs() -> None:
    """Platforms that keep the set for an hour have it by then."""
    store = MemoryToolKeys(new_key(NOW - timedelta(days=90)))
    new = rotate(store, NOW)

    assert new in published(store.keys(), NOW)
    assert signing_key(store.keys(), NOW + SETTLING - MINUTE) != new
    assert signing_key(store.keys(), NOW + SETTLING) == new


def test_the_key_before_stays_published_for_a_week() -> None:
    """Nothing that was signed a moment ago becomes unreadable."""
    old = new_key(NOW - timedelta(days=90))
    store = MemoryToolKeys(old)
    rotate(store, NOW)

    assert old in published(store.keys(), NOW + SETTLING + OVERLAP - MINUTE)
    assert old not in published(store.keys(), NOW + SETTLING + OVERLAP)


def test_a_rotation_deletes_what_nobody_needs() -> None:
    """Private keys do not pile up."""
    first = new_key(NOW - timedelta(days=180))
    second = new_key(NOW - timedelta(days=90))
    store = MemoryToolKeys(first, second)

    third = rotate(store, NOW)

    assert store.keys() == (second, third)


def test_rotating_twice_in_a_hurry_leaves_a_key_that_signs() -> None:
    """Three keys are published, the settled one signs."""
    store = MemoryToolKeys(new_key(NOW - timedelta(days=90)))
    old = store.keys()[0]
    rotate(store, NOW)
    rotate(store, NOW + MINUTE)

    assert signing_key(store.keys(), NOW + MINUTE) == old
    assert len(published(store.keys(), NOW + MINUTE)) == 3


def test_the_key_set_verifies_what_the_key_signed() -> None:
    """As another library reads it, with the key id that is its RFC 7638 thumbprint."""
    key = new_key(NOW)
    token = jwt.encode({"sub": "x"}, key.private_pem, "RS256", headers={"kid": key.key_id})

    found = jwt.PyJWKSet.from_dict(key_set((key,)))[key.key_id]

    assert jwt.decode(token, found.key, ["RS256"]) == {"sub": "x"}


def test_only_public_members_are_published() -> None:
    """And the private half does not show in a traceback."""
    key = new_key(NOW)
    [public] = key_set((key,))["keys"]  # type: ignore[misc]

    assert set(public) == {"kid", "alg", "use", "kty", "e", "n"}
    assert b"PUBLIC KEY" in public_pem(key)
    assert "PRIVATE" not in repr(key)


def test_without_any_key_nothing_is_signed() -> None:
    """And nothing is published."""
    with pytest.raises(ValueError, match="make one first"):
        signing_key((), NOW)

    assert published((), NOW) == ()
