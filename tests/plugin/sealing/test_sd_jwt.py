"""SD-JWT VC: what is signed, what can be withheld, and to whom it is bound."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count

import pytest
from cryptography import x509

from mappings.documents.envelope import Document, Format
from mappings.documents.sd_jwt_vc import LearningType, claims, render_sd_jwt_vc
from mappings.profile import Issuer
from plugin.sealing.compact import read
from plugin.sealing.credential_keys import new_key
from plugin.sealing.development import development_seal
from plugin.sealing.disclosures import read_sd_jwt
from plugin.sealing.errors import DocumentUnsuitable, IssuerDisagrees
from plugin.sealing.multikey import Algorithm
from plugin.sealing.sd_jwt import NEVER_DISCLOSABLE, SdJwtSealer, new_salt
from tests.mappings.documents.samples import ISSUER_URL, credential, envelope

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
KEY = new_key(Algorithm.ES256)
HOLDER = new_key(Algorithm.ES256)


def sealed(kind: LearningType = LearningType.EXTENDED, holder: dict[str, str] | None = None) -> str:
    """Return Anna's credential with all disclosures."""
    return SdJwtSealer(KEY, ISSUER_URL).seal_for(render_sd_jwt_vc(credential(), envelope(), kind), holder).body.decode()


@pytest.mark.parametrize("kind", list(LearningType))
def test_all_disclosures_give_all_claims_back(kind: LearningType) -> None:
    """Nothing is lost between rendering and reading."""
    rendered = json.loads(render_sd_jwt_vc(credential(), envelope(), kind).body)

    result = read_sd_jwt(sealed(kind))

    assert result.claims == rendered
    assert result.token.verified_by(KEY.public)


@pytest.mark.parametrize("kind", list(LearningType))
def test_what_may_be_withheld_is_behind_a_digest(kind: LearningType) -> None:
    """The token alone tells who issued what and when, not to whom."""
    shown = read_sd_jwt(sealed(kind).split("~")[0] + "~").claims
    withheld = {claim.name for claim in claims(kind) if claim.disclosable}

    assert shown["achievement_title"] == "Introduction to Data Ethics"
    assert not withheld & set(shown)
    assert "Nov" not in str(shown)


def test_the_registered_claims_are_never_behind_a_digest() -> None:
    """SD-JWT VC, «Registered JWT Claims»."""
    payload = read(sealed(holder=HOLDER.public.jwk).split("~")[0]).payload

    assert {"iss", "nbf", "exp", "cnf", "vct", "status"} <= set(payload)
    assert set(payload) >= NEVER_DISCLOSABLE - {"vct#integrity"}


def test_the_header_says_dc_sd_jwt_and_names_the_key() -> None:
    """draft-ietf-oauth-sd-jwt-vc: typ; the key by its thumbprint in the issuer's metadata."""
    assert read(sealed().split("~")[0]).header == {"alg": "ES256", "typ": "dc+sd-jwt", "kid": KEY.key_id}


def test_a_certificate_chain_stands_in_the_header(issuer_certificate: x509.Certificate) -> None:
    """HAIP: x5c instead of a key name."""
    sealer = SdJwtSealer(KEY, ISSUER_URL, (issuer_certificate,))
    token = sealer.seal(render_sd_jwt_vc(credential(), envelope()), NOW).body.decode().split("~")[0]

    assert list(read(token).header) == ["alg", "typ", "x5c"]


@pytest.fixture
def issuer_certificate() -> x509.Certificate:
    """Return a certificate."""
    made = credential().awarding_bodies.value[0]
    issuer = Issuer(
        "i", 1, made.legal_name, eidas_identifier=made.eidas_identifier, country=made.place.country, stated_at=NOW
    )
    return x509.load_pem_x509_certificate(development_seal(issuer, NOW).certificate_pem)


def test_it_is_bound_to_the_holder_s_key() -> None:
    """RFC 7800: cnf.jwk."""
    assert read_sd_jwt(sealed(holder=HOLDER.public.jwk)).claims["cnf"] == {"jwk": HOLDER.public.jwk}


@pytest.mark.parametrize("kind", list(LearningType))
def test_a_document_that_forgot_its_parts_is_sealed_alike(kind: LearningType) -> None:
    """By its JSON alone: the same disclosures and the same signed bytes, the salts being equal."""
    document = render_sd_jwt_vc(credential(), envelope(), kind)
    bare = Document(document.format, document.body)

    def signed(each: Document) -> list[str]:
        numbers = count()
        sealer = SdJwtSealer(KEY, ISSUER_URL, salt=lambda: f"salt{next(numbers)}")
        token, *disclosures = sealer.seal_for(each, HOLDER.public.jwk).body.decode().split("~")
        return [token.rpartition(".")[0], *disclosures]

    assert signed(document) == signed(bare)


def test_salts_are_new_every_time() -> None:
    """Two copies share no digest: nobody can link them by it."""
    one, other = (set(read(sealed().split("~")[0]).payload["_sd"]) for _ in range(2))

    assert not one & other


def test_a_salt_has_128_bits() -> None:
    """RFC 9901, clause 9.3."""
    assert len(new_salt()) == 22


def test_digests_are_sorted() -> None:
    """Their order must not tell the order of the claims (RFC 9901, 4.2.4.1)."""
    digests = read(sealed().split("~")[0]).payload["_sd"]

    assert digests == sorted(digests)


def test_a_credential_of_another_issuer_is_not_sealed() -> None:
    """A key signs for its own issuer."""
    with pytest.raises(IssuerDisagrees):
        SdJwtSealer(KEY, "https://other.example").seal(render_sd_jwt_vc(credential(), envelope()), NOW)


def test_an_unknown_type_is_not_sealed() -> None:
    """Nobody has said what of it may be withheld."""
    document = Document(Format.SD_JWT_VC, json.dumps({"iss": ISSUER_URL, "vct": "urn:x:y"}).encode())

    with pytest.raises(DocumentUnsuitable, match="no type"):
        SdJwtSealer(KEY, ISSUER_URL).seal(document, NOW)
