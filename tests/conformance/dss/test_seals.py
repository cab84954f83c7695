"""ETSI TS 119 182-1 as the EU's Digital Signature Service reads it: our seals are JAdES-BASELINE-B and -T."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from plugin.sealing.development import development_seal
from plugin.sealing.devices import device_seal
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import FileKey, SealKey, from_pem, seal_key
from plugin.sealing.timestamps import TimestampAuthority
from tests import factories
from tests.conformance.dss.judge import verdicts
from tests.services.softhsm import SoftHsm
from tests.simulators.certificate_authority import CertificateAuthority
from tests.simulators.credentials import ACADEMY, micro_credential
from tests.simulators.timestamp_authority import TimestampAuthoritySimulator, serving

pytestmark = [pytest.mark.java, pytest.mark.conformance]

NOW = datetime.now(UTC).replace(microsecond=0)  # DSS judges by the clock of the machine
DOCUMENT = micro_credential()
KEYS = {"ES256": ec.generate_private_key(ec.SECP256R1()), "RS256": rsa.generate_private_key(65537, 2048)}


def content_changed(seal: dict[str, Any]) -> None:
    """Change one letter of the credential."""
    seal["payload"] = seal["payload"].replace("Kowalska", "Kowalski", 1)


def header_changed(seal: dict[str, Any]) -> None:
    """Move the claimed time of sealing by a second."""
    member = seal["signatures"][0]
    header = base64.urlsafe_b64decode(member["protected"] + "==")
    iat = str(json.loads(header)["iat"])
    changed = header.replace(iat.encode(), str(int(iat) - 1).encode())
    member["protected"] = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()


def signature_changed(seal: dict[str, Any]) -> None:
    """Change one sign of the signature value."""
    member = seal["signatures"][0]
    member["signature"] = ("B" if member["signature"][0] == "A" else "A") + member["signature"][1:]


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "content": content_changed,
    "header": header_changed,
    "signature": signature_changed,
}


def without(member: str) -> Callable[[dict[str, Any]], None]:
    """Return a change that takes a member of the credential away."""

    def change(seal: dict[str, Any]) -> None:
        credential = json.loads(seal["payload"])
        del credential[member]
        seal["payload"] = json.dumps(credential, ensure_ascii=False, separators=(",", ":"))

    return change


def header_with(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return a change of one member of the protected header."""

    def change(seal: dict[str, Any]) -> None:
        member = seal["signatures"][0]
        header = json.loads(base64.urlsafe_b64decode(member["protected"] + "=="))
        header[name] = value
        encoded = json.dumps(header, separators=(",", ":")).encode()
        member["protected"] = base64.urlsafe_b64encode(encoded).rstrip(b"=").decode()

    return change


MORE_CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    **{f"without-{member}": without(member) for member in json.loads(DOCUMENT.body)},
    "header-alg": header_with("alg", "RS256"),
    "header-cty": header_with("cty", "json"),
    "header-kid": header_with("kid", "AAAA"),
    "header-reference": header_with("x5t#S256", "AAAA"),
    "header-typ": header_with("typ", "JWT"),
    "header-b64": header_with("b64", True),
    "header-crit": header_with("crit", ["b64", "exp"]),
    "signature-cut": lambda seal: seal["signatures"][0].update(signature=seal["signatures"][0]["signature"][:-4]),
    "signature-empty": lambda seal: seal["signatures"][0].update(signature=""),
}
WRONG_SEALS = ("stranger", "development", "expired", "not-yet-valid", "revoked", "other-key")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Seal fresh documents with a test authority, change some, and let DSS read them all in one run."""
    folder, authority = tmp_path_factory.mktemp("dss"), CertificateAuthority()
    anchor, revocations = folder / "anchor.pem", folder / "revocations.crl"
    anchor.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    revoked = authority.seal(ACADEMY, begins=NOW - timedelta(days=1))
    revocations.write_bytes(authority.revocations(NOW, revoked.certificate))
    simulator = TimestampAuthoritySimulator(authority)
    simulator.now = NOW
    with serving(simulator) as stamps:
        for algorithm in KEYS:
            write(folder, f"{algorithm}-B", own_key(authority, algorithm), None)
            write(folder, f"{algorithm}-T", own_key(authority, algorithm), TimestampAuthority(stamps.url))
    changed_copies(folder, "ES256-B", MORE_CHANGES)
    wrong_certificates(folder, authority)
    (folder / "trial.json").write_bytes(JadesSealer(own_key(authority, "ES256")).seal_trial(NOW))
    write(folder, "revoked", seal_key(revoked.key, [revoked.certificate]), None)
    write(folder, "stranger", own_key(CertificateAuthority("Stranger"), "ES256"), None)
    for algorithm, seal in in_device(folder, authority).items():
        write(folder, f"device-{algorithm}", seal, None)
    development = development_seal(factories.issuer(), NOW - timedelta(minutes=1))
    write(folder, "development", from_pem(development.key_pem, development.certificate_pem), None)
    return verdicts(sorted(folder.glob("*.json")), [anchor], [revocations])


def own_key(authority: CertificateAuthority, algorithm: str) -> SealKey:
    """Return a seal key of the algorithm, certified since yesterday."""
    issued = authority.seal(ACADEMY, KEYS[algorithm], begins=NOW - timedelta(days=1))
    return seal_key(issued.key, [issued.certificate])


def in_device(folder: Path, authority: CertificateAuthority) -> dict[str, SealKey]:
    """Return the same keys in a PKCS#11 device."""
    hsm = SoftHsm(folder)
    hsm.add_token("dss")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOFTHSM2_CONF", str(hsm.configuration))
        pkcs11.lib(str(hsm.module)).reinitialize()
        seals = {}
        for number, (algorithm, key) in enumerate(KEYS.items(), 1):
            hsm.add_key("dss", algorithm, key, f"0{number}")
            issued = authority.seal(ACADEMY, key, begins=NOW - timedelta(days=1))
            seals[algorithm] = device_seal(hsm.place("dss", algorithm), [issued.certificate])
    return seals


def write(folder: Path, name: str, key: SealKey, stamps: TimestampAuthority | None) -> None:
    """Write the sealed document and one copy for each change."""
    (folder / f"{name}.json").write_bytes(JadesSealer(key, stamps).seal(DOCUMENT, NOW).body)
    changed_copies(folder, name, CHANGES)


def wrong_certificates(folder: Path, authority: CertificateAuthority) -> None:
    """Write seals under certificates that do not count now, and one under a certificate of another key."""
    for name, begins, at in (
        ("expired", NOW - timedelta(days=20), NOW - timedelta(days=15)),
        ("not-yet-valid", NOW + timedelta(days=5), NOW + timedelta(days=6)),
    ):
        issued = authority.seal(ACADEMY, begins=begins, days=10)
        body = JadesSealer(seal_key(issued.key, [issued.certificate])).seal(DOCUMENT, at).body
        (folder / f"{name}.json").write_bytes(body)
    borrowed = replace(own_key(authority, "ES256"), signing_key=FileKey(ec.generate_private_key(ec.SECP256R1())))
    (folder / "other-key.json").write_bytes(JadesSealer(borrowed).seal(DOCUMENT, NOW).body)


def changed_copies(folder: Path, name: str, changes: dict[str, Callable[[dict[str, Any]], None]]) -> None:
    """Write a copy of a sealed document for each change."""
    for change, apply in changes.items():
        seal = json.loads((folder / f"{name}.json").read_bytes())
        apply(seal)
        (folder / f"{name}-{change}.json").write_text(json.dumps(seal))


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize(("level", "timestamps"), [("B", 0), ("T", 1)])
def test_dss_reads_our_seal_as_baseline(
    judged: dict[str, dict[str, Any]], algorithm: str, level: str, timestamps: int
) -> None:
    """Intact, valid, of the baseline level, structure as in the ETSI schema, totally passed under our anchor."""
    verdict = judged[f"{algorithm}-{level}.json"]

    assert verdict["format"] == f"JAdES-BASELINE-{level}"
    assert (verdict["indication"], verdict["intact"], verdict["valid"]) == ("TOTAL_PASSED", True, True)
    assert (verdict["signatures"], verdict["timestamps"]) == (1, timestamps)
    assert verdict["structure"] == verdict["errors"] == []
    assert "O=Test Academy" in verdict["certificate"]


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("level", ["B", "T"])
@pytest.mark.parametrize("change", CHANGES)
def test_dss_finds_every_change(judged: dict[str, dict[str, Any]], algorithm: str, level: str, change: str) -> None:
    """One changed sign in content, header or signature and the seal is broken."""
    verdict = judged[f"{algorithm}-{level}-{change}.json"]

    assert (verdict["indication"], verdict["intact"]) == ("TOTAL_FAILED", False)


@pytest.mark.parametrize("algorithm", KEYS)
def test_dss_accepts_a_seal_of_a_device(judged: dict[str, dict[str, Any]], algorithm: str) -> None:
    """The key never left its token; the seal is like any other."""
    verdict = judged[f"device-{algorithm}.json"]

    assert (verdict["format"], verdict["indication"]) == ("JAdES-BASELINE-B", "TOTAL_PASSED")
    assert verdict["structure"] == verdict["errors"] == []


@pytest.mark.parametrize("name", [*(f"ES256-B-{change}" for change in MORE_CHANGES), *WRONG_SEALS])
def test_dss_passes_no_other_variant(judged: dict[str, dict[str, Any]], name: str) -> None:
    """Each member of the credential and of the header, the certificate's time, revocation, key and authority."""
    assert judged[f"{name}.json"].get("indication") != "TOTAL_PASSED"


def test_dss_accepts_a_trial_seal(judged: dict[str, dict[str, Any]]) -> None:
    """What a key ceremony lets others check."""
    verdict = judged["trial.json"]

    assert (verdict["format"], verdict["indication"]) == ("JAdES-BASELINE-B", "TOTAL_PASSED")


def test_at_least_25_variants_of_the_seal_are_refused() -> None:
    """Tampered, expired, revoked, with a wrong key, of a wrong issuer."""
    assert len(CHANGES) + len(MORE_CHANGES) + len(WRONG_SEALS) >= 25


@pytest.mark.parametrize("name", ["stranger", "development"])
def test_dss_trusts_nobody_outside_the_anchors(judged: dict[str, dict[str, Any]], name: str) -> None:
    """A well-made seal of another authority, and a development seal, are intact but not passed."""
    verdict = judged[f"{name}.json"]

    assert (verdict["format"], verdict["intact"]) == ("JAdES-BASELINE-B", True)
    assert verdict["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"
