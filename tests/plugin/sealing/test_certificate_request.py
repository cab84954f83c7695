"""The request for a seal's certificate."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mappings.documents.envelope import Document, Format
from plugin.sealing.certificate_request import certificate_request
from plugin.sealing.errors import IssuerUnnamed
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import seal_key
from tests import factories
from tests.simulators.certificate_authority import NOW, CertificateAuthority
from tests.simulators.credentials import micro_credential


@pytest.mark.parametrize(("with_rsa", "kind"), [(False, ec.EllipticCurvePrivateKey), (True, rsa.RSAPrivateKey)])
@pytest.mark.parametrize("password", [None, b"two halves"])
def test_key_and_request_belong_together(with_rsa: bool, kind: type, password: bytes | None) -> None:
    """The request is signed by the key, which is encrypted where there is a password."""
    made = certificate_request(factories.issuer(), password, with_rsa=with_rsa)
    request, key = x509.load_pem_x509_csr(made.request_pem), load_pem_private_key(made.key_pem, password)

    assert isinstance(key, kind)
    assert request.is_signature_valid
    assert request.public_key() == key.public_key()
    assert (b"ENCRYPTED" in made.key_pem) == (password is not None)


def test_a_certificate_as_requested_seals_the_institution_s_credentials() -> None:
    """The subject names what the profile names, so no credential is refused later."""
    made = certificate_request(factories.issuer(), None)
    request, key = x509.load_pem_x509_csr(made.request_pem), load_pem_private_key(made.key_pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    certificate = CertificateAuthority().issue(request.subject, key).certificate
    rendered = micro_credential()

    sealed = JadesSealer(seal_key(key, [certificate])).seal(Document(Format.ELM, rendered.body), NOW)

    assert sealed.format is Format.ELM


@pytest.mark.parametrize("lacking", [{"legal_name": None}, {"eidas_identifier": ""}, {"country": None}])
def test_an_institution_that_is_not_named_gets_none(lacking: dict) -> None:
    """The authority would have to guess."""
    with pytest.raises(IssuerUnnamed):
        certificate_request(factories.issuer(**lacking), None)
