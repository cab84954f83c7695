"""Which key signs, and which signatures count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plugin.sealing.credential_keys import new_key
from plugin.sealing.errors import KeyUnsuitable
from plugin.sealing.key_history import CACHED_FOR, KeyHistory, KeyState, PublishedKey
from plugin.sealing.multikey import Algorithm

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
OLD, NEW = new_key(Algorithm.EDDSA).public, new_key(Algorithm.EDDSA).public
HOUR = timedelta(hours=1)


def rotated() -> KeyHistory:
    """Return a history in which OLD signs since NOW and NEW was published an hour later."""
    return KeyHistory().rotated(OLD, NOW).rotated(NEW, NOW + HOUR)


def test_the_first_key_signs_at_once() -> None:
    """There is nothing to overlap with."""
    signing = KeyHistory().rotated(OLD, NOW).signing(Algorithm.EDDSA, NOW)

    assert signing is not None
    assert signing.public == OLD


def test_a_new_key_signs_after_the_longest_cache() -> None:
    """Until then the old one does, so nobody meets an unheard-of key."""
    history = rotated()
    changes = NOW + HOUR + CACHED_FOR

    assert history.signing(Algorithm.EDDSA, changes - timedelta(seconds=1)).public == OLD
    assert history.signing(Algorithm.EDDSA, changes).public == NEW


def test_each_kind_of_key_has_its_own_turn() -> None:
    """Without a key of a kind nobody signs."""
    assert rotated().signing(Algorithm.ES256, NOW) is None


def test_states_follow_the_times() -> None:
    """Planned, active, verify-only."""
    history = rotated()
    old, new = history.keys
    later = NOW + HOUR + CACHED_FOR

    assert (history.state(old, NOW + HOUR), history.state(new, NOW + HOUR)) == (KeyState.ACTIVE, KeyState.PLANNED)
    assert (history.state(old, later), history.state(new, later)) == (KeyState.VERIFY_ONLY, KeyState.ACTIVE)


def test_a_rotated_key_still_counts() -> None:
    """For what it signed, for ever."""
    assert rotated().keys[0].counts(NOW)
    assert rotated().keys[0].counts(None)


def test_a_compromised_key_counts_before_the_moment_only() -> None:
    """Exactly what was there before counts; what nobody proves a time for does not."""
    moment = NOW + HOUR
    marked = rotated().compromised(OLD.thumbprint, moment)
    key = marked.find(OLD.multibase)

    assert key is not None
    assert key.counts(moment - timedelta(seconds=1))
    assert not key.counts(moment)
    assert not key.counts(None)
    assert marked.keys[1].counts(moment)
    assert marked.state(key, NOW) is KeyState.COMPROMISED
    assert marked.signing(Algorithm.EDDSA, moment) is None


def test_the_earliest_moment_wins() -> None:
    """Learning more makes it earlier, never later."""
    history = rotated().compromised(OLD.thumbprint, NOW).compromised(OLD.thumbprint, NOW + HOUR)

    assert history.keys[0].compromised_at == NOW


def test_an_unknown_key_cannot_be_marked() -> None:
    """A typing error does not pass for a deed."""
    with pytest.raises(KeyUnsuitable):
        rotated().compromised("nobody", NOW)


def test_a_key_is_listed_once() -> None:
    """Publishing it again would give it a second life."""
    with pytest.raises(KeyUnsuitable):
        KeyHistory((PublishedKey(OLD, NOW), PublishedKey(OLD, NOW + HOUR)))
