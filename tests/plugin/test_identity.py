"""What we publish about ourselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from mappings.documents.open_badges import OWN_CONTEXT_PATH
from mappings.documents.sd_jwt_vc import OWN_TYPE_PATH
from mappings.profile import Issuer
from plugin.identity import did_document, jwk_set, jwt_vc_issuer, listing, published
from plugin.sealing.credential_keys import new_key
from plugin.sealing.development import development_seal
from plugin.sealing.key_history import KeyHistory
from plugin.sealing.keys import from_pem
from plugin.sealing.multikey import Algorithm, PublicKey
from plugin.sealing.seal_history import KnownSeal
from tests.mappings.documents.samples import ISSUER_URL, credential
from tests.simulators.certificate_authority import CertificateAuthority

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
EDDSA, ES256 = new_key(Algorithm.EDDSA).public, new_key(Algorithm.ES256).public
HISTORY = KeyHistory().rotated(EDDSA, NOW).rotated(ES256, NOW)


def test_the_did_document_names_every_key_twice() -> None:
    """As Multikey for proofs and as JWK for tokens, both for assertions."""
    document = did_document(ISSUER_URL, HISTORY)
    methods = {method["id"]: method for method in document["verificationMethod"]}

    assert document["id"] == "did:web:mc.example.edu"
    assert document["assertionMethod"] == list(methods)
    assert len(methods) == 4
    assert methods[f"did:web:mc.example.edu#{EDDSA.multibase}"]["publicKeyMultibase"] == EDDSA.multibase
    assert PublicKey.from_jwk(methods[f"did:web:mc.example.edu#{ES256.thumbprint}"]["publicKeyJwk"]) == ES256
    assert {method["controller"] for method in methods.values()} == {"did:web:mc.example.edu"}


def test_a_compromised_key_says_since_when() -> None:
    """Controlled Identifiers 1.0: revoked. It stays listed, for what it signed before."""
    document = did_document(ISSUER_URL, HISTORY.compromised(EDDSA.thumbprint, NOW))

    assert [method.get("revoked") for method in document["verificationMethod"]] == [
        "2026-11-20T10:00:00Z",
        "2026-11-20T10:00:00Z",
        None,
        None,
    ]


def test_a_compromised_key_asserts_nothing_any_more() -> None:
    """Most verifiers do not read «revoked»; every one looks which keys may assert."""
    document = did_document(ISSUER_URL, HISTORY.compromised(EDDSA.thumbprint, NOW))

    assert document["assertionMethod"] == [each["id"] for each in document["verificationMethod"][2:]]


def test_the_jwk_set_leaves_a_compromised_key_out() -> None:
    """A JWK has no way to say from when it does not count."""
    keys = jwk_set(HISTORY.compromised(EDDSA.thumbprint, NOW))["keys"]

    assert [key["kid"] for key in keys] == [ES256.thumbprint]


def test_the_issuer_metadata_names_the_issuer_itself() -> None:
    """SD-JWT VC: «issuer» equals the iss of the credentials."""
    metadata = jwt_vc_issuer(ISSUER_URL, HISTORY)

    assert metadata["issuer"] == ISSUER_URL
    assert [key["kid"] for key in metadata["jwks"]["keys"]] == [EDDSA.thumbprint, ES256.thumbprint]


@pytest.mark.parametrize(
    ("url", "paths"),
    [
        (
            ISSUER_URL,
            [
                "/.well-known/did.json",
                "/.well-known/jwks.json",
                "/.well-known/jwt-vc-issuer",
                OWN_CONTEXT_PATH,
                OWN_TYPE_PATH,
            ],
        ),
        (
            f"{ISSUER_URL}/tenant",
            [
                "/tenant/did.json",
                "/tenant/.well-known/jwks.json",
                "/.well-known/jwt-vc-issuer/tenant",
                f"/tenant{OWN_CONTEXT_PATH}",
                f"/tenant{OWN_TYPE_PATH}",
            ],
        ),
    ],
)
def test_documents_are_where_the_standards_look(url: str, paths: list[str]) -> None:
    """did:web 2.5.2, SD-JWT VC, and the addresses that our credentials name."""
    documents = published(url, HISTORY)

    assert list(documents) == paths
    assert all(json.loads(document.body) for document in documents.values())


def test_one_list_shows_seal_and_credential_keys() -> None:
    """Each with what it is for and what has become of it."""
    body = credential().awarding_bodies.value[0]
    issuer = Issuer(
        "i", 1, body.legal_name, eidas_identifier=body.eidas_identifier, country=body.place.country, stated_at=NOW
    )
    made = development_seal(issuer, NOW)
    seal = from_pem(made.key_pem, made.certificate_pem)
    assert isinstance(seal.certificate, x509.Certificate)

    seals = (KnownSeal(seal.certificate, NOW),)
    lines = listing(HISTORY, seals, seal.key_id, NOW + timedelta(minutes=1))
    after = listing(HISTORY, seals, seal.key_id, NOW + timedelta(days=4000))

    assert [(line.purpose, line.algorithm, line.state) for line in lines] == [
        ("seal", "ES256", "active"),
        ("credentials", "EdDSA", "active"),
        ("credentials", "ES256", "active"),
    ]
    assert [line.until for line in lines] == [seal.certificate.not_valid_after_utc, None, None]
    assert after[0].state == "verify-only"
    assert len(listing(HISTORY, (), "", NOW)) == 2


def test_a_seal_of_rsa_is_listed_as_such() -> None:
    """RS256 and ES256 are what seals sign with."""
    certificate = CertificateAuthority().seal(key=rsa.generate_private_key(65537, 2048)).certificate

    assert listing(KeyHistory(), (KnownSeal(certificate, NOW),), "", NOW)[0].algorithm == "RS256"
