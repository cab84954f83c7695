"""Data Integrity proofs: made, checked, and refused for each thing that can be changed."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from mappings.documents.envelope import Document, Format
from mappings.documents.open_badges import render_open_badge
from mappings.text import Text
from plugin.sealing.credential_keys import CredentialKey, new_key
from plugin.sealing.data_integrity import DataIntegritySealer, issuer_of, read_object, verifies
from plugin.sealing.errors import DocumentUnsuitable, IssuerDisagrees
from plugin.sealing.multikey import Algorithm
from tests.mappings.documents.samples import assessed, credential, envelope

ISSUER = "did:web:mc.example.edu"
NOW = datetime(2026, 11, 20, 10, 0, 5, 999_999, tzinfo=UTC)


@pytest.fixture(params=list(Algorithm))
def key(request: pytest.FixtureRequest) -> CredentialKey:
    """Return a key of each kind."""
    return new_key(request.param)


def sealed(key: CredentialKey) -> dict:
    """Return Anna's badge with its proof."""
    return json.loads(DataIntegritySealer(key, ISSUER).seal(render_open_badge(credential(), envelope()), NOW).body)


def test_a_proof_verifies(key: CredentialKey) -> None:
    """What the sealer writes, the verifier accepts."""
    badge = sealed(key)

    assert verifies(badge, badge["proof"][0], key.public)


def test_the_proof_says_how_it_was_made(key: CredentialKey) -> None:
    """A list of one proof, in whole seconds, named by the key's Multikey."""
    (proof,) = sealed(key)["proof"]

    assert proof["type"] == "DataIntegrityProof"
    assert proof["cryptosuite"] == {"EdDSA": "eddsa-rdfc-2022", "ES256": "ecdsa-rdfc-2019"}[key.algorithm]
    assert proof["created"] == "2026-11-20T10:00:05Z"
    assert proof["verificationMethod"] == f"{ISSUER}#{key.public.multibase}"
    assert proof["proofPurpose"] == "assertionMethod"


def test_the_seal_names_its_key(key: CredentialKey) -> None:
    """Thumbprint, media type and format travel with the body."""
    result = DataIntegritySealer(key, ISSUER).seal(render_open_badge(credential(), envelope()), NOW)

    assert (result.key_id, result.media_type, result.format) == (key.key_id, "application/vc", Format.OPEN_BADGES)


def test_both_paths_make_the_same_proof() -> None:
    """Ed25519 is deterministic: the compiled and the general path give the same bytes."""
    sealer = DataIntegritySealer(new_key(Algorithm.EDDSA), ISSUER)
    badge = render_open_badge(credential(), envelope())

    compiled = sealer.seal(badge, NOW)
    general = sealer.seal(Document(badge.format, badge.body), NOW)

    assert compiled == general


def test_an_unusual_identifier_is_sealed_by_the_general_path() -> None:
    """What the compiled path leaves, the general path does."""
    key = new_key(Algorithm.EDDSA)
    badge = render_open_badge(credential(assessments=(assessed(url="ftp://lms.example.edu/7"),)), envelope())

    result = json.loads(DataIntegritySealer(key, ISSUER).seal(badge, NOW).body)

    assert verifies(result, result["proof"][0], key.public)


TAMPERED = {
    "learner": lambda badge: badge["credentialSubject"]["identifier"][0].update(identityHash="Eve"),
    "grade": lambda badge: badge["credentialSubject"]["result"][0].update(value="100"),
    "credits": lambda badge: badge["credentialSubject"].update(creditsEarned=30),
    "supervision": lambda badge: badge["evidence"][0].update(supervisionType="O2.1"),
    "subject": lambda badge: badge["credentialSubject"].update(id="urn:uuid:00000000-0000-4000-8000-000000000000"),
    "status index": lambda badge: badge["credentialStatus"].update(statusListIndex="7"),
    "status": lambda badge: badge.pop("credentialStatus"),
    "valid until": lambda badge: badge.update(validUntil="2099-01-01T00:00:00Z"),
    "type": lambda badge: badge["type"].pop(),
    "created": lambda badge: badge["proof"][0].update(created="2020-01-01T00:00:00Z"),
    "purpose": lambda badge: badge["proof"][0].update(proofPurpose="authentication"),
    "method": lambda badge: badge["proof"][0].update(verificationMethod=f"{ISSUER}#other"),
    "suite": lambda badge: badge["proof"][0].update(cryptosuite="eddsa-jcs-2022"),
    "proof type": lambda badge: badge["proof"][0].update(type="Ed25519Signature2020"),
    "value": lambda badge: badge["proof"][0].update(proofValue="z" + "1" * 64),
    "value alphabet": lambda badge: badge["proof"][0].update(proofValue="z0OIl"),
    "value base": lambda badge: badge["proof"][0].update(proofValue="u" + badge["proof"][0]["proofValue"][1:]),
    "value missing": lambda badge: badge["proof"][0].pop("proofValue"),
    "proof context": lambda badge: badge["proof"][0].update({"@context": ["https://www.w3.org/ns/credentials/v2"]}),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_a_change_breaks_the_proof(change) -> None:
    """Whatever is changed, the proof no longer verifies."""
    key = new_key(Algorithm.EDDSA)
    badge = copy.deepcopy(sealed(key))
    change(badge)

    assert not verifies(badge, badge["proof"][0], key.public)


def test_another_key_does_not_verify(key: CredentialKey) -> None:
    """Neither one of the same kind nor one of the other."""
    badge = sealed(key)

    assert not any(verifies(badge, badge["proof"][0], new_key(each).public) for each in Algorithm)


def test_a_badge_of_another_issuer_is_not_sealed(key: CredentialKey) -> None:
    """Neither on the compiled nor on the general path."""
    badge = render_open_badge(credential(), envelope(issuer_url="https://other.example"))
    sealer = DataIntegritySealer(key, ISSUER)

    for document in (badge, Document(badge.format, badge.body)):
        with pytest.raises(IssuerDisagrees):
            sealer.seal(document, NOW)


def test_a_sealed_badge_is_not_sealed_again(key: CredentialKey) -> None:
    """A second proof would have to be added, not nested."""
    sealer = DataIntegritySealer(key, ISSUER)
    once = sealer.seal(render_open_badge(credential(), envelope()), NOW)

    with pytest.raises(DocumentUnsuitable, match="already"):
        sealer.seal(Document(Format.OPEN_BADGES, once.body), NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a":1,"a":2}', b"\xff", b"[" * 100_000])
def test_only_one_unambiguous_object_is_read(body: bytes) -> None:
    """No JSON, no object, a member given twice, no UTF-8, endless nesting."""
    with pytest.raises(DocumentUnsuitable):
        read_object(body)


@pytest.mark.parametrize(
    ("document", "issuer"),
    [({"issuer": "did:x"}, "did:x"), ({"issuer": {"id": "did:x"}}, "did:x"), ({}, ""), ({"issuer": 7}, "")],
)
def test_the_issuer_is_a_name_or_a_profile(document: dict, issuer: str) -> None:
    """VC Data Model 2.0, clause 4.7."""
    assert issuer_of(document) == issuer


def test_a_single_context_is_shared_with_the_proof() -> None:
    """A document may name one context without a list."""
    key = new_key(Algorithm.EDDSA)
    minimal = {"@context": "https://www.w3.org/ns/credentials/v2", "type": "VerifiableCredential", "issuer": ISSUER}

    result = json.loads(
        DataIntegritySealer(key, ISSUER).seal(Document(Format.OPEN_BADGES, json.dumps(minimal).encode()), NOW).body
    )

    assert verifies(result, result["proof"][0], key.public)


def test_threads_that_seal_different_classes_do_not_mix_them_up() -> None:
    """What is kept for speed is one sealer's, and many threads use it at once."""
    key = new_key(Algorithm.EDDSA)
    sealer = DataIntegritySealer(key, ISSUER)

    def seal(number: int) -> bool:
        made = credential(title=Text.of({"en": f"Course {number % 3}"}))
        badge = render_open_badge(made, envelope(id=f"00000000-0000-4000-8000-{number:012d}"))
        moment = NOW + timedelta(seconds=number % 5)
        sealed_badge = json.loads(sealer.seal(badge, moment).body)
        said = sealed_badge["credentialSubject"]["achievement"]["name"]
        return said == f"Course {number % 3}" and verifies(sealed_badge, sealed_badge["proof"][0], key.public)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(seal, range(120)))
