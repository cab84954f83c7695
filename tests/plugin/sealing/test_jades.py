"""JAdES sealing: what the header says, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from mappings.documents.envelope import Document, Format
from plugin.sealing.errors import CertificateExpired, CertificateNotYetValid, DocumentUnsuitable, IssuerDisagrees
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import SealKey, seal_key
from plugin.sealing.timestamp_tokens import read_token
from plugin.sealing.timestamps import TimestampAuthority
from tests import factories
from tests.simulators.certificate_authority import NOW, CertificateAuthority
from tests.simulators.credentials import ACADEMY, document, issuer, micro_credential
from tests.simulators.timestamp_authority import TimestampAuthoritySimulator, serving

CA = CertificateAuthority()
MIDDLE = CertificateAuthority("Middle CA", below=CA)
RSA = rsa.generate_private_key(65537, 2048)


def key(**options: Any) -> SealKey:
    """Return a seal key of the test authority."""
    issued = CA.seal(**options)
    return seal_key(issued.key, [issued.certificate])


def decoded(text: str) -> Any:
    """Decode base64url JSON."""
    return json.loads(base64.urlsafe_b64decode(text + "=="))


@pytest.mark.parametrize("private_key", [None, RSA], ids=["ES256", "RS256"])
def test_another_jws_library_verifies_the_seal(private_key: rsa.RSAPrivateKey | None) -> None:
    """RFC 7797 unencoded payload, RFC 7518 signature: joserfc accepts what we wrote."""
    seal = key(key=private_key)
    body = json.loads(JadesSealer(seal).seal(document(), NOW).body)
    registry = jws.JWSRegistry(algorithms=["ES256", "RS256"], strict_check_header=False)
    registry.max_header_length, registry.max_payload_length = 100_000, 10_000_000
    public = seal.certificate.public_key()
    spki = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jwk = RSAKey.import_key(spki) if private_key else ECKey.import_key(spki)

    member = body["signatures"][0]
    verified = jws.deserialize_json({"payload": body["payload"], **member}, jwk, registry=registry)

    assert verified.payload == document().body


def test_the_protected_header_is_that_of_european_digital_credentials() -> None:
    """Names and values of TS 119 182-1 v1.2.1: iat instead of sigT, the certificate and two references to it."""
    seal = key()
    der = seal.certificate.public_bytes(Encoding.DER)
    body = json.loads(JadesSealer(seal).seal(document(), NOW).body)

    header = decoded(body["signatures"][0]["protected"])
    kid = header.pop("kid")

    assert list(body) == ["payload", "signatures"]
    assert header == {
        "alg": "ES256",
        "cty": "octet-stream",
        "x5t#S256": base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode(),
        "x5c": [base64.b64encode(der).decode()],
        "typ": "jose+json",
        "b64": False,
        "crit": ["b64"],
        "iat": int(NOW.timestamp()),
    }
    assert base64.b64decode(kid)[-20:].endswith(seal.certificate.serial_number.to_bytes(20, "big")[-8:])


def test_the_payload_is_the_very_document() -> None:
    """The credential travels as a plain string, signs of every script included."""
    body = json.loads(JadesSealer(key()).seal(document(), NOW).body)

    assert body["payload"].encode() == document().body


def test_a_rendered_document_seals_as_its_bytes_do() -> None:
    """The short way, which does not read the document again, gives the same file; RSA signs alike each time."""
    rendered = micro_credential()
    sealer = JadesSealer(key(owner=ACADEMY, key=RSA))

    assert sealer.seal(rendered, NOW) == sealer.seal(Document(Format.ELM, rendered.body), NOW)


def test_a_rendered_document_of_another_issuer_is_refused() -> None:
    """The short way asks for the issuer too, also after some that agreed."""
    sealer = JadesSealer(key(owner=ACADEMY))
    for _ in range(2):
        sealer.seal(micro_credential(), NOW)

    with pytest.raises(IssuerDisagrees, match="Another University"):
        sealer.seal(micro_credential(factories.issuer(legal_name=factories.text("Another University"))), NOW)


def test_the_path_travels_without_its_root() -> None:
    """A verifier finds the intermediate authority in x5c; the root it must have from elsewhere."""
    issued = MIDDLE.seal()
    seal = seal_key(issued.key, [CA.certificate, MIDDLE.certificate, issued.certificate])

    header = decoded(json.loads(JadesSealer(seal).seal(document(), NOW).body)["signatures"][0]["protected"])

    path = [issued.certificate, MIDDLE.certificate]
    assert header["x5c"] == [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in path]


def test_the_timestamp_covers_the_signature() -> None:
    """Baseline T: sigTst is over the ASCII of the base64url signature value."""
    with serving(TimestampAuthoritySimulator(CA)) as authority:
        sealed = JadesSealer(key(), TimestampAuthority(authority.url)).seal(document(), NOW)

    (member,) = json.loads(sealed.body)["signatures"]
    (item,) = member["header"]["etsiU"]
    (token,) = decoded(item)["sigTst"]["tstTokens"]
    timestamp = read_token(base64.b64decode(token["val"]))
    assert timestamp.covers(member["signature"].encode())
    assert timestamp.at == NOW


def test_what_was_sealed_names_format_type_and_key() -> None:
    """The stored row knows which key sealed it."""
    seal = key()

    sealed = JadesSealer(seal).seal(document(), NOW)

    assert (sealed.format, sealed.media_type, sealed.key_id) == (Format.ELM, "application/jose+json", seal.key_id)


@pytest.mark.parametrize(
    ("stated", "values"),
    [
        (issuer(name="Another University"), ("Another University", "Universiteit Voorbeeld")),
        (issuer(identifier="VATBE-9999999999"), ("VATBE-9999999999", "VATBE-0123456789")),
        (issuer(country="NLD"), ("«NL»", "«BE»")),
        ("urn:epass:org:1", ("nothing", "Universiteit Voorbeeld")),
    ],
    ids=["organisation", "identifier", "country", "no node"],
)
def test_another_issuer_is_refused_naming_both_values(stated: object, values: tuple[str, str]) -> None:
    """The seal is the issuer's own or there is none; the operator sees what disagrees."""
    with pytest.raises(IssuerDisagrees) as refused:
        JadesSealer(key()).seal(document(issuer=stated), NOW)

    assert all(value in str(refused.value) for value in values)


def test_an_expired_certificate_seals_nothing() -> None:
    """The certificate must be valid at the time of sealing."""
    with pytest.raises(CertificateExpired, match="2026-06-20"):
        JadesSealer(key(begins=NOW - timedelta(days=20), days=10)).seal(document(), NOW)


def test_a_certificate_of_the_future_seals_nothing() -> None:
    """Nor may it begin later."""
    with pytest.raises(CertificateNotYetValid, match="2026-07-01"):
        JadesSealer(key(begins=NOW + timedelta(days=1))).seal(document(), NOW)


@pytest.mark.parametrize(
    "unsuitable",
    [Document(Format.OPEN_BADGES, b"{}"), Document(Format.ELM, b"\xff"), Document(Format.ELM, b"{")],
    ids=["format", "not UTF-8", "not JSON"],
)
def test_another_document_is_refused(unsuitable: Document) -> None:
    """Only UTF-8 JSON of the sealer's format is sealed."""
    with pytest.raises(DocumentUnsuitable):
        JadesSealer(key()).seal(unsuitable, NOW)


def test_a_document_that_is_no_object_names_no_issuer() -> None:
    """A list has no issuer, so nobody may seal it."""
    with pytest.raises(IssuerDisagrees):
        JadesSealer(key()).seal(Document(Format.ELM, b"[]"), NOW)
