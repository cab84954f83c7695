"""The certificate and issuer steps: whom to trust, since when, and what is said where nobody can be trusted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import seal_key
from plugin.sealing.timestamps import TimestampAuthority
from plugin.verification import CheckContext, Outcome, Report, StepName, check
from tests.simulators.certificate_authority import NOW, OWNER, CertificateAuthority, Issued, name, usage
from tests.simulators.credentials import credential, document, issuer
from tests.simulators.foreign_seals import ABSENT, foreign_seal
from tests.simulators.timestamp_authority import TimestampAuthoritySimulator, serving

CA = CertificateAuthority()
MIDDLE = CertificateAuthority("Middle CA", below=CA)
STRANGER = CertificateAuthority("Stranger")
LOUD = OWNER | {NameOID.COMMON_NAME: "DEVELOPMENT SEAL - NOT FOR REAL CREDENTIALS"}
LATER = NOW + timedelta(days=1000)


def certificate_step(report: Report) -> tuple[Outcome, str]:
    """Return outcome and code of the certificate step."""
    step = report.step(StepName.CERTIFICATE)
    return step.outcome, step.code


def sealed(issued: Issued, *path: x509.Certificate, stamps: TimestampAuthoritySimulator | None = None) -> bytes:
    """Seal a credential now, with a timestamp where there is an authority."""
    authority = TimestampAuthority(stamps.url) if stamps else None
    return JadesSealer(seal_key(issued.key, [issued.certificate, *path]), authority).seal(document(), NOW).body


def read(data: bytes, *anchors: CertificateAuthority, now: datetime = NOW, **options: Any) -> Report:
    """Check under some anchors."""
    return check(data, CheckContext(now, tuple(one.certificate for one in anchors), **options))


@pytest.fixture(scope="module")
def stamped() -> bytes:
    """Return a document sealed by CA's customer, with a timestamp of STRANGER's authority."""
    with serving(TimestampAuthoritySimulator(STRANGER)) as stamps:
        return sealed(CA.seal(), stamps=stamps)


COMPROMISED = NOW + timedelta(days=1)


def of_stolen_key(data: bytes, kept_at: datetime | None, *anchors: CertificateAuthority) -> tuple[Outcome, str]:
    """Check under anchors while the issuer says that the seal's key was in wrong hands since ``COMPROMISED``."""
    report = read(data, CA, *anchors, compromised_seals=lambda _: COMPROMISED, records=lambda *_: kept_at)
    return certificate_step(report)


def test_a_compromised_seal_voids_what_nobody_proves_to_be_older() -> None:
    """The time in the seal is the thief's to write; our record, or none at all, decides."""
    data = sealed(CA.seal())

    assert of_stolen_key(data, None) == (Outcome.FAILED, "time_unproven")
    assert of_stolen_key(data, COMPROMISED) == (Outcome.FAILED, "key_compromised")
    assert of_stolen_key(data, NOW) == (Outcome.PASSED, "sealed_before_compromise")


def test_a_trusted_timestamp_proves_a_seal_older_than_the_compromise(stamped: bytes) -> None:
    """Without our record too; one of an authority that nobody trusts does not."""
    assert of_stolen_key(stamped, None, STRANGER) == (Outcome.PASSED, "sealed_before_compromise")
    assert of_stolen_key(stamped, None) == (Outcome.FAILED, "time_unproven")


def test_a_wrong_certificate_stays_wrong(stamped: bytes) -> None:
    """A proof of time does not make up for a path that leads nowhere."""
    report = read(stamped, STRANGER, compromised_seals=lambda _: COMPROMISED, records=lambda *_: NOW)

    assert certificate_step(report) == (Outcome.FAILED, "untrusted")


def test_a_path_to_an_anchor_is_found() -> None:
    """The intermediate authority comes along in the seal."""
    report = read(sealed(MIDDLE.seal(), MIDDLE.certificate), CA)

    assert certificate_step(report) == (Outcome.PASSED, "ok")
    assert "revoked was not asked" in report.step(StepName.CERTIFICATE).sentence


def test_a_certificate_that_is_itself_an_anchor_is_trusted() -> None:
    """Some verifiers pin the seal of one institution."""
    issued = CA.seal()

    report = check(sealed(issued), CheckContext(NOW, (issued.certificate,)))

    assert certificate_step(report) == (Outcome.PASSED, "ok")


def test_a_stranger_is_not_trusted() -> None:
    """The seal is intact all the same, and the verdict says both."""
    report = read(sealed(STRANGER.seal()), CA)

    assert certificate_step(report) == (Outcome.FAILED, "untrusted")
    assert report.seal_checked
    assert not report.ok
    assert report.verdict.startswith("Not valid: the seal is intact")


NO_AUTHORITIES = {
    "a seal owner": (x509.BasicConstraints(ca=False, path_length=None), usage()),
    "no constraints": (usage(certifies=True),),
    "no authority": (x509.BasicConstraints(ca=False, path_length=None), usage(certifies=True)),
    "no certifying key": (x509.BasicConstraints(ca=True, path_length=None), usage()),
}


@pytest.mark.parametrize("extensions", NO_AUTHORITIES.values(), ids=NO_AUTHORITIES)
def test_who_is_no_authority_cannot_certify_others(extensions: tuple[x509.ExtensionType, ...]) -> None:
    """Although its own certificate is genuine (RFC 5280 clauses 4.2.1.3 and 4.2.1.9)."""
    owner = CA.issue(name(OWNER), ec.generate_private_key(ec.SECP256R1()), *extensions)
    forged = CertificateAuthority.of(owner).seal()

    report = read(sealed(forged, owner.certificate), CA)

    assert certificate_step(report) == (Outcome.FAILED, "untrusted")


def test_without_anchors_nobody_is_confirmed() -> None:
    """The step is not checked, and the verdict says so; nothing failed."""
    report = read(sealed(CA.seal()))

    assert certificate_step(report) == (Outcome.NOT_CHECKED, "no_trust_anchor")
    assert "no trust anchor configured" in report.step(StepName.CERTIFICATE).sentence
    assert report.ok
    assert "certificate" in report.verdict


@pytest.mark.parametrize(("anchors", "outcome"), [((), Outcome.NOT_CHECKED), ((CA,), Outcome.PASSED)])
def test_a_development_seal_is_told_loudly(anchors: tuple[CertificateAuthority, ...], outcome: Outcome) -> None:
    """Even where somebody trusts its authority."""
    report = read(sealed(CA.seal(LOUD)), *anchors)

    assert certificate_step(report) == (outcome, "development_seal")
    assert "DEVELOPMENT SEAL - NOT FOR REAL CREDENTIALS" in report.step(StepName.CERTIFICATE).sentence
    assert report.verdict.startswith("DEVELOPMENT SEAL - NOT FOR REAL CREDENTIALS")


def test_an_expired_certificate_without_timestamp_fails() -> None:
    """The sealer's own word on the time proves nothing."""
    report = read(sealed(CA.seal()), CA, now=LATER)

    assert certificate_step(report) == (Outcome.FAILED, "expired")


def test_an_expired_certificate_passes_with_a_trusted_timestamp(stamped: bytes) -> None:
    """It proves that the seal was made while the certificate was valid."""
    report = read(stamped, CA, now=LATER, timestamp_anchors=(STRANGER.certificate,))

    assert certificate_step(report) == (Outcome.PASSED, "expired_after_sealing")
    assert "a timestamp of 2026-06-30 proves" in report.step(StepName.CERTIFICATE).sentence
    assert "its certificate expired on 2027-03-22" in report.verdict


def test_an_expired_certificate_with_a_stranger_s_timestamp_fails(stamped: bytes) -> None:
    """Whoever forges a seal can forge a timestamp too."""
    report = read(stamped, CA, now=LATER)

    assert certificate_step(report) == (Outcome.FAILED, "expired")


def test_without_anchors_a_timestamp_only_says(stamped: bytes) -> None:
    """Neither certificate nor timestamp is confirmed by anybody."""
    report = read(stamped, now=LATER)

    assert certificate_step(report) == (Outcome.NOT_CHECKED, "expired_no_trust_anchor")
    assert "a timestamp of 2026-06-30 says" in report.step(StepName.CERTIFICATE).sentence


def test_a_timestamp_after_the_end_proves_nothing() -> None:
    """Sealed when the certificate had expired already."""
    simulator = TimestampAuthoritySimulator(STRANGER)
    simulator.now = NOW + timedelta(days=500)
    with serving(simulator) as stamps:
        data = sealed(CA.seal(), stamps=stamps)

    report = read(data, CA, now=LATER, timestamp_anchors=(STRANGER.certificate,))

    assert certificate_step(report) == (Outcome.FAILED, "expired")


@pytest.mark.parametrize("claimed", [NOW - timedelta(days=200), NOW + timedelta(days=300)])
def test_a_seal_from_outside_the_certificate_s_time_fails(claimed: datetime) -> None:
    """By its own word it was made before the certificate began, or after it ended."""
    seal = foreign_seal(CA.seal(), sigT=ABSENT, iat=int(claimed.timestamp()), crit=["b64"])

    assert certificate_step(read(json.dumps(seal).encode(), CA)) == (Outcome.FAILED, "outside_validity")


def test_a_certificate_of_the_future_fails() -> None:
    """Whatever time the seal claims."""
    seal = foreign_seal(CA.seal(begins=NOW + timedelta(days=1)), sigT=ABSENT, crit=["b64"])

    assert certificate_step(read(json.dumps(seal).encode(), CA)) == (Outcome.FAILED, "outside_validity")


def test_a_certificate_that_is_not_for_signatures_fails() -> None:
    """Its key usage says what it is for."""
    seal = foreign_seal(CA.seal(signs=False))

    assert certificate_step(read(json.dumps(seal).encode(), CA)) == (Outcome.FAILED, "not_for_sealing")


def test_another_issuer_than_the_seal_s_owner_fails() -> None:
    """A genuine seal under somebody else's credential."""
    seal = foreign_seal(CA.seal(), json.dumps(credential(issuer=issuer(name="Another University"))))

    step = read(json.dumps(seal).encode(), CA).step(StepName.ISSUER)

    assert (step.outcome, step.code) == (Outcome.FAILED, "issuer_disagrees")
    assert "Another University" in step.sentence
    assert "Universiteit Voorbeeld" in step.sentence


def test_names_from_certificates_cannot_write_on_the_terminal() -> None:
    """Control characters of a hostile certificate do not reach the sentences."""
    hostile = OWNER | {NameOID.ORGANIZATION_NAME: "\x1b[2JEvil"}
    seal = foreign_seal(CA.seal(hostile), json.dumps(credential(issuer=issuer(name="\x1b[2JEvil"))))

    report = read(json.dumps(seal).encode(), CA)

    assert report.step(StepName.ISSUER).outcome is Outcome.PASSED
    assert all(step.sentence.isprintable() for step in report.steps)
