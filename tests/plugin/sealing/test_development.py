"""The development seal: it works, and says what it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from mappings.profile import Issuer
from mappings.text import Text
from mappings.vocabularies.terms import Term
from plugin.sealing.development import development_seal
from plugin.sealing.errors import IssuerUnnamed, KeyUnreadable
from plugin.sealing.identity import DEVELOPMENT, is_development
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import from_pem
from plugin.verification import CheckContext, check
from tests.simulators.certificate_authority import NOW
from tests.simulators.credentials import document

SCHEME = "http://publications.europa.eu/resource/authority/country"
BELGIUM = Term(SCHEME, f"{SCHEME}/BEL", "Belgium", "country")
EUROPE = Term(SCHEME, f"{SCHEME}/EUR", "European Union", "country")
NAME = Text.of({"nl": "Universiteit Voorbeeld", "en": "Example University"})
VAT = "VATBE-0123456789"


def test_a_development_seal_seals_what_its_institution_issues() -> None:
    """Organisation, identifier and country come from the institution profile, so they agree."""
    files = development_seal(Issuer("1", 1, legal_name=NAME, eidas_identifier=VAT, country=BELGIUM), NOW)

    sealed = JadesSealer(from_pem(files.key_pem, files.certificate_pem)).seal(document(), NOW)

    report = check(sealed.body, CheckContext(NOW, x509.load_pem_x509_certificates(files.authority_pem)))
    assert report.ok
    assert DEVELOPMENT in report.verdict


def test_its_subject_says_loudly_what_it_is() -> None:
    """Whoever looks at the certificate sees it first; it ends after a year."""
    files = development_seal(Issuer("1", 1, legal_name=NAME, eidas_identifier=VAT, country=BELGIUM), NOW)
    certificate = x509.load_pem_x509_certificate(files.certificate_pem)

    assert is_development(certificate)
    assert "NOT FOR REAL CREDENTIALS" in certificate.subject.rfc4514_string()
    assert "NOT FOR REAL CREDENTIALS" in certificate.issuer.rfc4514_string()
    assert certificate.not_valid_after_utc == NOW + timedelta(days=365)


def test_its_key_can_have_a_password() -> None:
    """The file is worth as much care as any key file."""
    issuer = Issuer("1", 1, legal_name=NAME, eidas_identifier=VAT, country=BELGIUM)
    files = development_seal(issuer, NOW, b"open sesame")

    assert from_pem(files.key_pem, files.certificate_pem, b"open sesame").algorithm == "ES256"
    with pytest.raises(KeyUnreadable):
        from_pem(files.key_pem, files.certificate_pem)


@pytest.mark.parametrize(
    "issuer",
    [
        Issuer("1", 1, eidas_identifier=VAT, country=BELGIUM),
        Issuer("1", 1, legal_name=NAME, country=BELGIUM),
        Issuer("1", 1, legal_name=NAME, eidas_identifier=VAT),
        Issuer("1", 1, legal_name=NAME, eidas_identifier=VAT, country=EUROPE),
    ],
    ids=["name", "identifier", "country", "no country of ISO 3166"],
)
def test_an_institution_without_identity_gets_none(issuer: Issuer) -> None:
    """A certificate must name organisation, identifier and country."""
    with pytest.raises(IssuerUnnamed):
        development_seal(issuer, NOW)
