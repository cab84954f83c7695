"""Open Badges as JWT, in both dialects."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mappings.documents.envelope import Document, Format
from mappings.documents.open_badges import render_open_badge
from plugin.sealing.compact import read
from plugin.sealing.credential_keys import new_key
from plugin.sealing.errors import DocumentUnsuitable, IssuerDisagrees
from plugin.sealing.multikey import Algorithm, base64url
from plugin.sealing.vc_jwt import Dialect, VcJwtSealer, disagreements, read_vc_jwt
from tests.mappings.documents.samples import credential, envelope

ISSUER = "did:web:mc.example.edu"
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
KEY = new_key(Algorithm.ES256)


def token(dialect: Dialect = Dialect.OPEN_BADGES, **changes) -> str:
    """Return Anna's badge as a JWT."""
    return (
        VcJwtSealer(KEY, ISSUER, dialect).seal(render_open_badge(credential(), envelope(**changes)), NOW).body.decode()
    )


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_token_verifies(dialect: Dialect) -> None:
    """With the key that signed it, and with no other."""
    compact = read_vc_jwt(token(dialect))

    assert compact.verified_by(KEY.public)
    assert not compact.verified_by(new_key(Algorithm.ES256).public)


def test_the_dialect_of_badge_servers_has_no_typ() -> None:
    """Open Badges 3.0, 8.2: typ, if there, must be JWT."""
    assert read(token()).header == {"alg": "ES256", "kid": f"{ISSUER}#{KEY.key_id}"}


def test_the_dialect_of_wallets_says_vc_jwt() -> None:
    """VC-JOSE-COSE, 3.1.1."""
    assert read(token(Dialect.WALLET)).header["typ"] == "vc+jwt"


def test_the_payload_is_the_credential_and_its_registered_claims() -> None:
    """Open Badges 3.0, 8.2.1: iss, jti, nbf, sub, and exp where it ends; no claim vc."""
    payload = dict(read(token()).payload)
    claims = {name: payload.pop(name) for name in ("iss", "jti", "nbf", "sub", "exp")}

    assert payload == json.loads(render_open_badge(credential(), envelope()).body)
    assert claims["iss"] == ISSUER
    assert claims["jti"] == payload["id"]
    assert claims["sub"] == payload["credentialSubject"]["id"]
    assert claims["nbf"] == int(NOW.timestamp())
    assert claims["exp"] == int(datetime(2031, 11, 20, 10, tzinfo=UTC).timestamp())


def test_a_credential_without_end_has_no_exp() -> None:
    """Nothing is made up."""
    assert "exp" not in read(token(valid_until=None)).payload


def test_a_document_that_forgot_its_parts_gives_the_same_payload() -> None:
    """Claims are read from the JSON where nothing else is known."""
    badge = render_open_badge(credential(), envelope())
    sealer = VcJwtSealer(KEY, ISSUER)

    plain = sealer.seal(Document(badge.format, badge.body), NOW)

    assert read(plain.body.decode()).payload == read(token()).payload


def test_a_badge_of_another_issuer_is_not_sealed() -> None:
    """A key signs for its own issuer."""
    with pytest.raises(IssuerDisagrees):
        VcJwtSealer(KEY, "did:web:other.example").seal(render_open_badge(credential(), envelope()), NOW)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {
            "issuer": ISSUER,
            "id": "urn:x:y",
            "validFrom": "2026-11-20T10:00:00Z",
            "credentialSubject": [{"id": "urn:x:z"}],
        },
        {"id": "urn:x:y", "validFrom": "yesterday", "credentialSubject": {"id": "urn:x:z"}},
        {"id": "urn:x:y", "validFrom": "2026-11-20T10:00:00", "credentialSubject": {"id": "urn:x:z"}},
    ],
)
def test_a_document_without_the_required_parts_is_not_sealed(body: dict) -> None:
    """Open Badges needs all four claims; a time without zone is none."""
    with pytest.raises(DocumentUnsuitable):
        VcJwtSealer(KEY, ISSUER).seal(
            Document(Format.OPEN_BADGES, json.dumps({"issuer": ISSUER, **body}).encode()), NOW
        )


@pytest.mark.parametrize("name", ["iss", "jti", "sub", "nbf", "exp"])
def test_a_claim_that_contradicts_the_credential_is_found(name: str) -> None:
    """Open Badges 3.0, 8.2.4; the public validator does not compare them, we do."""
    payload = dict(read(token()).payload) | {name: "other"}

    assert disagreements(payload) == (name,)


def test_claims_that_agree_or_are_absent_are_no_contradiction() -> None:
    """W3C lets them be absent."""
    payload = dict(read(token()).payload)
    without = {name: value for name, value in payload.items() if name not in {"iss", "jti", "sub", "nbf", "exp"}}

    assert disagreements(payload) == disagreements(without) == ()


def test_what_is_no_credential_contradicts_itself() -> None:
    """A payload without subject cannot be compared."""
    assert disagreements({"iss": ISSUER}) == ("credential",)


def forged(header: dict, payload: dict | None = None) -> str:
    """Return a token signed by our key under a header of the attacker's choice."""
    body = payload if payload is not None else dict(read(token()).payload)
    signing_input = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(body).encode())}"
    return f"{signing_input}.{base64url(KEY.sign(signing_input.encode()))}"


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "EdDSA"}, {}, {"alg": "ES256", "crit": ["b64"], "b64": False}]
)
def test_the_header_does_not_choose_the_algorithm(header: dict) -> None:
    """RFC 8725: the key does; extensions that must be understood are not."""
    assert not read_vc_jwt(forged(header)).verified_by(KEY.public)


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "ä.b.c", "W10.e30.", "e30.W10.", "e30.e30.="])
def test_what_is_no_token_is_refused(text: str) -> None:
    """Three parts of base64url, two of them JSON objects."""
    with pytest.raises(DocumentUnsuitable):
        read(text)


@pytest.mark.parametrize("payload", [{}, {"@context": [], "vc": {}}])
def test_the_old_form_with_a_claim_vc_is_refused(payload: dict) -> None:
    """VC Data Model 1.1 put the credential into a claim."""
    with pytest.raises(DocumentUnsuitable):
        read_vc_jwt(forged({"alg": "ES256"}, payload))
