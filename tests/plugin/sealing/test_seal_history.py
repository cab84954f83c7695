"""The list of the institution's seals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.x509 import Certificate

from plugin.sealing.errors import KeyUnreadable, KeyUnsuitable, SealCompromised
from plugin.sealing.jades import JadesSealer
from plugin.sealing.key_history import KeyState
from plugin.sealing.keys import certificate_key_id, seal_key
from plugin.sealing.rotating import WatchedSealer
from plugin.sealing.seal_history import KnownSeal, SealFiles
from tests.simulators.certificate_authority import NOW, CertificateAuthority
from tests.simulators.credentials import document

CA = CertificateAuthority()
ISSUED = CA.seal()
OTHER = CA.seal()
KEY = seal_key(ISSUED.key, [ISSUED.certificate])


@pytest.fixture
def seals(tmp_path: Path) -> SealFiles:
    """A list with one seal."""
    made = SealFiles(tmp_path / "keys")
    made.note(ISSUED.certificate, NOW)
    return made


def test_a_seal_is_noted_once(seals: SealFiles) -> None:
    """With the moment at which it became known; others come after it."""
    seals.note(ISSUED.certificate, NOW + timedelta(days=1))
    seals.note(OTHER.certificate, NOW + timedelta(days=2))

    assert seals.known() == (
        KnownSeal(ISSUED.certificate, NOW),
        KnownSeal(OTHER.certificate, NOW + timedelta(days=2)),
    )
    assert seals.known()[0].key_id == KEY.key_id


def test_whoever_starts_at_the_same_moment_loses_nothing(tmp_path: Path) -> None:
    """Web, worker and beat of a new installation note the seal at once, and meanwhile somebody marks it."""
    certificates = [CA.seal().certificate for _ in range(8)]
    together = Barrier(len(certificates))

    def note(certificate: Certificate) -> None:
        files = SealFiles(tmp_path / "keys")
        together.wait()
        files.note(certificate, NOW)
        files.mark_compromised(certificate_key_id(certificate), NOW)

    with ThreadPoolExecutor(len(certificates)) as pool:
        list(pool.map(note, certificates))

    assert {(each.key_id, each.compromised_at) for each in SealFiles(tmp_path / "keys").known()} == {
        (certificate_key_id(each), NOW) for each in certificates
    }


def test_a_seal_that_many_note_at_once_is_noted_once(tmp_path: Path) -> None:
    """Each of them saw an empty list before."""
    together = Barrier(8)

    def note(_: int) -> None:
        together.wait()
        SealFiles(tmp_path / "keys").note(ISSUED.certificate, NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(8)))

    assert [each.certificate for each in SealFiles(tmp_path / "keys").known()] == [ISSUED.certificate]


def test_nothing_is_known_before(tmp_path: Path) -> None:
    """An installation without a seal has no list."""
    assert SealFiles(tmp_path).known() == ()
    assert SealFiles(tmp_path).compromised_since(KEY.key_id) is None


def test_a_compromised_seal_is_remembered(seals: SealFiles) -> None:
    """The earlier moment wins, other seals are as they were."""
    seals.note(OTHER.certificate, NOW)
    seals.mark_compromised(KEY.key_id, NOW + timedelta(hours=2))
    seals.mark_compromised(KEY.key_id, NOW + timedelta(hours=5))

    first, second = seals.known()
    assert seals.compromised_since(KEY.key_id) == first.compromised_at == NOW + timedelta(hours=2)
    assert seals.compromised_since(second.key_id) is None


def test_an_unknown_seal_cannot_be_marked(seals: SealFiles) -> None:
    """A typing error does not pass for a deed."""
    with pytest.raises(KeyUnsuitable):
        seals.mark_compromised("nobody", NOW)


@pytest.mark.parametrize("text", ["{", '[{"certificate": "AAAA"}]', "[1]"])
def test_a_damaged_list_is_told(seals: SealFiles, text: str) -> None:
    """It is not taken for an empty one: a compromised seal would be good again."""
    (seals.folder / "seals.json").write_text(text)

    with pytest.raises(KeyUnreadable):
        seals.known()


@pytest.mark.parametrize(
    ("active", "days", "state"),
    [
        (True, 0, KeyState.ACTIVE),
        (True, 1000, KeyState.VERIFY_ONLY),
        (True, -1000, KeyState.PLANNED),
        (False, 0, KeyState.PLANNED),
        (False, 1000, KeyState.VERIFY_ONLY),
    ],
)
def test_states(active: bool, days: int, state: KeyState) -> None:
    """What seals is active within its validity; another one is to come, or has ended."""
    seal = KnownSeal(ISSUED.certificate, NOW)

    assert seal.state(seal if active else None, NOW + timedelta(days=days)) is state


def test_a_seal_before_the_one_in_use_verifies_only_and_one_after_it_waits() -> None:
    """What was replaced signs no more, what was announced not yet."""
    old, used, next_ = (KnownSeal(ISSUED.certificate, NOW + timedelta(days=days)) for days in (0, 1, 2))
    used = KnownSeal(OTHER.certificate, used.known_since)

    assert old.state(used, NOW + timedelta(days=3)) is KeyState.VERIFY_ONLY
    assert next_.state(used, NOW + timedelta(days=3)) is KeyState.PLANNED


def test_the_end_is_told_of_what_signs_and_of_what_will(seals: SealFiles) -> None:
    """The seal in use first, also after its end, which is when it matters most; one that was replaced not at all."""
    replaced, used = ISSUED.certificate, OTHER.certificate
    seals.note(used, NOW + timedelta(days=1))
    late, next_ = used.not_valid_after_utc + timedelta(days=1), CA.seal().certificate
    seals.note(next_, NOW + timedelta(days=2))

    assert list(seals.ends(used, NOW).values()) == [used.not_valid_after_utc, next_.not_valid_after_utc]
    assert list(seals.ends(used, late).values()) == [used.not_valid_after_utc]
    assert KnownSeal(replaced, NOW).key_id not in seals.ends(used, NOW)


def test_the_end_of_a_seal_is_told_before_it_was_noted(tmp_path: Path) -> None:
    """A new installation warns as well."""
    assert list(SealFiles(tmp_path).ends(ISSUED.certificate, NOW)) == [KEY.key_id]


def test_a_compromised_seal_is_nothing_else() -> None:
    """Whatever its certificate says."""
    seal = KnownSeal(ISSUED.certificate, NOW, compromised_at=NOW)

    assert seal.state(seal, NOW) is KeyState.COMPROMISED


def test_a_compromised_seal_seals_nothing_more(seals: SealFiles) -> None:
    """At once, in a process that began before."""
    sealer = WatchedSealer(JadesSealer(KEY), KEY.key_id, seals)
    before = sealer.seal(document(), NOW)
    seals.mark_compromised(KEY.key_id, NOW)

    with pytest.raises(SealCompromised, match="wrong hands"):
        sealer.seal(document(), NOW)
    assert (before.key_id, sealer.format) == (KEY.key_id, before.format)
