"""Keys in a PKCS#11 device, which is SoftHSM here: the real library, real sessions, real losses."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from plugin.sealing import devices
from plugin.sealing.devices import DeviceKey, device_key, device_seal
from plugin.sealing.errors import KeyMismatch, KeyUnsuitable, SealDeviceRefused, SealDeviceUnavailable
from plugin.sealing.jades import JadesSealer
from plugin.sealing.trial import trial_signature, verifies
from plugin.verification import CheckContext, Outcome, StepName, check
from tests.services.softhsm import SoftHsm
from tests.simulators.certificate_authority import NOW, CertificateAuthority, Issued, Key
from tests.simulators.credentials import document

CA = CertificateAuthority()
KEYS: dict[str, Key] = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(65537, 2048),
}
ISSUED: dict[str, Issued] = {algorithm: CA.seal(key=key) for algorithm, key in KEYS.items()}
CERTIFICATES = [issued.certificate for issued in ISSUED.values()]


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A device with a token «seal» that holds a key of each kind, and two of one label."""
    made = SoftHsm(tmp_path_factory.mktemp("hsm"))
    made.add_token("seal")
    for number, (algorithm, key) in enumerate(KEYS.items(), 1):
        made.add_key("seal", algorithm, key, f"0{number}")
    for number in ("11", "12"):
        made.add_key("seal", "twice", ec.generate_private_key(ec.SECP256R1()), number)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOFTHSM2_CONF", str(made.configuration))
        pkcs11.lib(str(made.module)).reinitialize()
        device_key.cache_clear()
        yield made


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_a_device_s_seal_verifies_like_any_other(hsm: SoftHsm, algorithm: str) -> None:
    """The certificate is found by a real signature; the report has nothing to say against it."""
    seal = device_seal(hsm.place("seal", algorithm), CERTIFICATES)

    report = check(JadesSealer(seal).seal(document(), NOW).body, CheckContext(NOW, (CA.certificate,)))

    assert (seal.algorithm, seal.certificate) == (algorithm, ISSUED[algorithm].certificate)
    assert report.ok
    assert report.step(StepName.CERTIFICATE).outcome is Outcome.PASSED


def test_threads_share_a_session(hsm: SoftHsm) -> None:
    """Each signature is whole and its own."""
    key = device_key(hsm.place("seal", "ES256"))

    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda _: trial_signature(key), range(64)))

    assert len(set(signatures)) == 64
    assert all(verifies(each, ISSUED["ES256"].certificate) for each in signatures)


def _sign_in_child(key: DeviceKey, results: Any) -> None:
    results.put(trial_signature(key))


def test_a_fork_opens_a_session_of_its_own(hsm: SoftHsm) -> None:
    """The parent's goes on; both sign."""
    key = device_key(hsm.place("seal", "ES256"))
    trial_signature(key)
    forking = multiprocessing.get_context("fork")
    results = forking.Queue()
    child = forking.Process(target=_sign_in_child, args=(key, results))
    child.start()
    signature = results.get(timeout=60)
    child.join()

    assert verifies(signature, ISSUED["ES256"].certificate)
    assert verifies(trial_signature(key), ISSUED["ES256"].certificate)


def test_a_lost_session_is_renewed(hsm: SoftHsm) -> None:
    """The library was restarted under us, as by a driver that lost its card."""
    key = device_key(hsm.place("seal", "RS256"))
    trial_signature(key)
    pkcs11.lib(str(hsm.module)).reinitialize()

    assert verifies(trial_signature(key), ISSUED["RS256"].certificate)


def test_a_token_that_is_away_is_waited_for(hsm: SoftHsm) -> None:
    """Failing says that trying again may help; when the token is back it signs, without a restart."""
    key = device_key(hsm.place("seal", "ES256"))
    trial_signature(key)
    away = hsm.folder / "away"
    hsm.tokens.rename(away)
    hsm.tokens.mkdir()
    pkcs11.lib(str(hsm.module)).reinitialize()

    with pytest.raises(SealDeviceUnavailable) as failed:
        trial_signature(key)
    hsm.tokens.rmdir()
    away.rename(hsm.tokens)

    assert failed.value.retryable
    assert verifies(trial_signature(key), ISSUED["ES256"].certificate)


def test_a_refused_pin_is_not_tried_again(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three wrong ones lock a token: checks and jobs come back again and again."""
    pkcs11.lib(str(hsm.module)).reinitialize()
    key = device_key(hsm.place("seal", "ES256", pin="00000000"))
    with pytest.raises(SealDeviceRefused) as refused:
        trial_signature(key)
    monkeypatch.setattr(devices.pkcs11, "lib", lambda _: pytest.fail("the token was asked again"))

    with pytest.raises(SealDeviceRefused):
        trial_signature(device_key(hsm.place("seal", "ES256", pin="00000000")))
    assert not refused.value.retryable


def test_a_second_key_of_a_token_needs_no_second_login(hsm: SoftHsm) -> None:
    """A token knows one login per process."""
    pkcs11.lib(str(hsm.module)).reinitialize()
    first, second = (DeviceKey(hsm.place("seal", algorithm)) for algorithm in KEYS)

    assert (first.algorithm, second.algorithm) == ("ES256", "RS256")


@pytest.mark.parametrize("label", ["absent", "twice"])
def test_a_label_that_names_no_single_key_is_refused(hsm: SoftHsm, label: str) -> None:
    """None, or more than one: nothing is guessed."""
    with pytest.raises(KeyUnsuitable, match="label"):
        device_seal(hsm.place("seal", label), CERTIFICATES)


def test_a_weak_key_is_refused(hsm: SoftHsm) -> None:
    """A device does not make it stronger."""
    weak = rsa.generate_private_key(65537, 1024)
    hsm.add_key("seal", "weak", weak, "21")

    with pytest.raises(KeyUnsuitable, match="2048"):
        device_seal(hsm.place("seal", "weak"), [CA.seal(key=weak).certificate])


def test_a_certificate_of_another_key_is_refused(hsm: SoftHsm) -> None:
    """Whoever checks would find the seal broken."""
    with pytest.raises(KeyMismatch):
        device_seal(hsm.place("seal", "ES256"), [CA.seal().certificate, ISSUED["RS256"].certificate])


def test_an_unknown_token_and_an_unknown_library_are_told(hsm: SoftHsm) -> None:
    """Both may be there later: a card that is put in, a driver that is installed."""
    for place in (hsm.place("absent", "ES256"), replace(hsm.place("seal", "ES256"), module=hsm.folder / "none.so")):
        with pytest.raises(SealDeviceUnavailable):
            device_seal(place, CERTIFICATES)


def test_without_the_extra_the_command_is_told(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback about a module."""
    device_key.cache_clear()
    monkeypatch.setattr(devices, "pkcs11", None)

    with pytest.raises(KeyUnsuitable, match=r"\[pkcs11\]"):
        device_key(hsm.place("seal", "ES256"))


def test_a_pin_does_not_show(hsm: SoftHsm) -> None:
    """Not in a log, not in a traceback."""
    assert "31415926" not in repr(hsm.place("seal", "ES256"))
