"""Credential keys as files."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mappings.documents.envelope import Format
from mappings.documents.open_badges import render_open_badge
from plugin.sealing.credential_keys import new_key
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.errors import KeyUnreadable, NoCredentialKey
from plugin.sealing.key_files import KeyFiles
from plugin.sealing.key_history import CACHED_FOR
from plugin.sealing.multikey import Algorithm
from plugin.sealing.rotating import RotatingSealer
from tests.mappings.documents.samples import credential, envelope

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LATER = NOW + CACHED_FOR + timedelta(hours=1)


@pytest.fixture(params=[None, b"secret"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> KeyFiles:
    """Return an empty folder, with and without password."""
    return KeyFiles(tmp_path / "keys", request.param)


def test_an_empty_folder_has_no_keys(keys: KeyFiles) -> None:
    """Nothing was made, nothing signs."""
    assert keys.history().keys == ()
    assert keys.signing(Algorithm.EDDSA, NOW) is None


def test_a_rotation_makes_a_key_that_signs(keys: KeyFiles) -> None:
    """And one that is only planned, until its time has come."""
    first = keys.rotate(Algorithm.EDDSA, NOW).keys[0]
    second = keys.rotate(Algorithm.EDDSA, NOW + timedelta(hours=1)).keys[1]

    assert keys.signing(Algorithm.EDDSA, NOW).public == first.public
    assert keys.signing(Algorithm.EDDSA, LATER).public == second.public
    assert keys.history().keys == (first, second)


def test_private_keys_are_for_their_owner_only(keys: KeyFiles) -> None:
    """Neither group nor others may read a file of the folder."""
    keys.rotate(Algorithm.ES256, NOW)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in keys.folder.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_a_compromised_key_is_remembered(keys: KeyFiles) -> None:
    """It signs no more, and the moment is kept."""
    key = keys.rotate(Algorithm.EDDSA, NOW).keys[0]
    keys.mark_compromised(key.public.thumbprint, NOW)

    assert keys.history().keys[0].compromised_at == NOW
    assert keys.signing(Algorithm.EDDSA, LATER) is None


def test_a_missing_private_key_is_told(keys: KeyFiles) -> None:
    """A restored history without its keys does not pass for a working folder."""
    key = keys.rotate(Algorithm.EDDSA, NOW).keys[0]
    (keys.folder / f"{key.public.thumbprint}.pem").unlink()

    with pytest.raises(KeyUnreadable, match="not in the key folder"):
        keys.signing(Algorithm.EDDSA, NOW)


def test_a_swapped_private_key_is_told(keys: KeyFiles) -> None:
    """A file must hold the key that its name says."""
    key = keys.rotate(Algorithm.EDDSA, NOW).keys[0]
    (keys.folder / f"{key.public.thumbprint}.pem").write_bytes(new_key(Algorithm.EDDSA).pem(keys.password))

    with pytest.raises(KeyUnreadable, match="another key"):
        keys.signing(Algorithm.EDDSA, NOW)


@pytest.mark.parametrize("text", ["", "{}", "[{}]", '[{"key": "z6Mk", "signs_from": "x"}]', "[1]"])
def test_a_damaged_history_is_told(keys: KeyFiles, text: str) -> None:
    """It is never taken for an empty one: that would make a new first key."""
    keys.folder.mkdir()
    (keys.folder / "history.json").write_text(text)

    with pytest.raises(KeyUnreadable, match="history"):
        keys.history()


def test_a_sealer_follows_the_history(keys: KeyFiles) -> None:
    """The key that signs changes with the time, without a restart."""
    sealer = RotatingSealer(
        Format.OPEN_BADGES, keys, Algorithm.EDDSA, lambda key: DataIntegritySealer(key, "did:web:mc.example.edu")
    )
    badge = render_open_badge(credential(), envelope())
    with pytest.raises(NoCredentialKey):
        sealer.seal(badge, NOW)
    first, second = keys.rotate(Algorithm.EDDSA, NOW), keys.rotate(Algorithm.EDDSA, NOW)

    used = [sealer.seal(badge, moment).key_id for moment in (NOW, NOW, LATER)]

    assert used == [
        first.keys[0].public.thumbprint,
        first.keys[0].public.thumbprint,
        second.keys[1].public.thumbprint,
    ]
