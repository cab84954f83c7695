"""The seal step: what is accepted as a seal, what is refused, and what is said to have been changed."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import seal_key
from plugin.sealing.timestamps import TimestampAuthority
from plugin.verification import CheckContext, Outcome, Report, StepName, check
from tests.conftest import require_data
from tests.simulators.certificate_authority import NOW, CertificateAuthority
from tests.simulators.credentials import credential, document
from tests.simulators.foreign_seals import ABSENT, base64url, etsi, foreign_seal, header_of, sealed_under
from tests.simulators.timestamp_authority import TimestampAuthoritySimulator, serving

CA = CertificateAuthority()
ISSUED = CA.seal()
RSA = CA.seal(key=rsa.generate_private_key(65537, 2048))
DER = ISSUED.certificate.public_bytes(Encoding.DER)
OURS = JadesSealer(seal_key(ISSUED.key, [ISSUED.certificate])).seal(document(), NOW).body


def checked(seal: object) -> Report:
    """Check a seal given as JSON."""
    return check(json.dumps(seal).encode(), CheckContext(NOW, (CA.certificate,)))


def found(seal: object) -> tuple[Outcome, str]:
    """Return outcome and code of the seal step."""
    step = checked(seal).step(StepName.SEAL)
    return step.outcome, step.code


def digest_of(algorithm: str) -> str:
    """Return the digest of the certificate, base64url."""
    return base64url(hashlib.new(algorithm, DER).digest())


def stamped(data: bytes, *, damages: bool = False) -> dict[str, object]:
    """Return a container with one timestamp over ``data``; ``damages`` breaks its signature."""
    simulator = TimestampAuthoritySimulator(CA)
    simulator.damages = damages
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(data).digest()}
    token = simulator.token(tsp.TimeStampReq({"version": "v1", "message_imprint": imprint}))
    return {"tstTokens": [{"val": base64.b64encode(token.dump()).decode()}]}


def altered(text: str, position: int) -> str:
    """Replace one sign of base64url by another."""
    position %= len(text)
    return text[:position] + ("B" if text[position] == "A" else "A") + text[position + 1 :]


def flattened(seal: dict[str, Any]) -> dict[str, Any]:
    """Turn the general into the flattened serialisation."""
    return {"payload": seal["payload"], **seal["signatures"][0]}


ACCEPTED = {
    "ours": json.loads(OURS),
    "sigT": foreign_seal(ISSUED),
    "RS256": foreign_seal(RSA),
    "PS256": foreign_seal(RSA, alg="PS256"),
    "flattened": flattened(foreign_seal(ISSUED)),
    "payload in base64url": foreign_seal(
        ISSUED, base64url(json.dumps(credential()).encode()), b64=ABSENT, crit=["sigT"]
    ),
    "b64 true": foreign_seal(ISSUED, base64url(json.dumps(credential()).encode()), b64=True),
    "another digest": foreign_seal(
        ISSUED, **{"x5t#S256": ABSENT, "x5t#o": {"digAlg": "S512", "digVal": digest_of("sha512")}}
    ),
    "no claimed time": foreign_seal(ISSUED, sigT=ABSENT, crit=["b64"]),
    "claimed time in seconds": foreign_seal(ISSUED, sigT=ABSENT, iat=NOW.timestamp(), crit=["b64"]),
}


@pytest.mark.parametrize("seal", ACCEPTED.values(), ids=ACCEPTED)
def test_a_good_seal_is_accepted(seal: dict[str, Any]) -> None:
    """RS256, PS256 and ES256, the serialisations and references in use, and both forms of the claimed time."""
    assert found(seal) == (Outcome.PASSED, "ok")
    assert checked(seal).ok


def refused_headers() -> dict[str, tuple[dict[str, object], str]]:
    """Return header changes and the code that each must meet."""
    other = base64url(hashlib.sha256(b"another").digest())
    return {
        "none": ({"alg": "none"}, "algorithm_refused"),
        "HMAC": ({"alg": "HS256"}, "algorithm_refused"),
        "no algorithm": ({"alg": ABSENT}, "algorithm_refused"),
        "another key type": ({"alg": "RS256"}, "algorithm_refused"),
        "unknown critical": ({"crit": ["b64", "exp"], "exp": 1}, "critical_unknown"),
        "detached content": ({"crit": ["b64", "sigD"], "sigD": {}}, "critical_unknown"),
        "critical but absent": ({"crit": ["b64", "adoTst"]}, "critical_unknown"),
        "critical twice removed": ({"crit": [["b64"]]}, "critical_unknown"),
        "critical empty": ({"crit": []}, "critical_unknown"),
        "critical no list": ({"crit": "b64"}, "critical_unknown"),
        "b64 not critical": ({"crit": ["sigT"]}, "b64_not_critical"),
        "b64 without crit": ({"crit": ABSENT}, "b64_not_critical"),
        "b64 no boolean": ({"b64": "false"}, "b64_not_critical"),
        "no certificate": ({"x5c": ABSENT}, "certificate_missing"),
        "empty path": ({"x5c": []}, "certificate_missing"),
        "endless path": ({"x5c": [base64.b64encode(DER).decode()] * 11}, "certificate_missing"),
        "damaged certificate": ({"x5c": ["MIIB"]}, "certificate_unreadable"),
        "certificate no text": ({"x5c": [7]}, "certificate_unreadable"),
        "no reference": ({"x5t#S256": ABSENT}, "reference_missing"),
        "reference to another": ({"x5t#S256": other}, "reference_wrong"),
        "reference garbled": ({"x5t#S256": "*"}, "reference_wrong"),
        "second reference to another": ({"x5t#o": {"digAlg": "S256", "digVal": other}}, "reference_wrong"),
        "reference in an unknown digest": ({"x5t#o": {"digAlg": "MD5", "digVal": other}}, "reference_wrong"),
        "claimed time garbled": ({"sigT": "yesterday"}, "time_unreadable"),
        "claimed time no time": ({"iat": True}, "time_unreadable"),
        "claimed time without end": ({"iat": 10**30}, "time_unreadable"),
    }


@pytest.mark.parametrize(("changed", "code"), refused_headers().values(), ids=refused_headers())
def test_a_seal_that_breaks_the_rules_is_refused(changed: dict[str, object], code: str) -> None:
    """Although its signature may hold: each rule of RFC 7515, RFC 7797 and TS 119 182-1 by its own code."""
    assert found(foreign_seal(ISSUED, **changed)) == (Outcome.FAILED, code)


@pytest.mark.parametrize("header", [b"[]", b"{", b"\xff", b'{"alg":"ES256","alg":"none"}', b'{"a":' * 99])
def test_a_header_that_can_be_read_in_two_ways_is_refused(header: bytes) -> None:
    """Neither lists nor repeated names nor depths."""
    assert found(sealed_under(header, ISSUED)) == (Outcome.FAILED, "header_unreadable")


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP384R1())])
def test_a_weak_or_unusual_key_is_refused(key: Any) -> None:
    """RSA below 2048 bits; curves other than P-256."""
    issued = CA.seal(key=key)
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"

    assert found(foreign_seal(issued, alg=algorithm)) == (Outcome.FAILED, "algorithm_refused")


def test_a_certificate_of_an_unusual_key_is_refused() -> None:
    """EdDSA is no algorithm of these seals."""
    issued = CA.seal(key=ed25519.Ed25519PrivateKey.generate())
    seal = foreign_seal(ISSUED, **(header_of(issued) | {"alg": "EdDSA"}))

    assert found(seal) == (Outcome.FAILED, "algorithm_refused")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"signatures": []}, "not_one_seal"),
        ({"signatures": [{}, {}]}, "not_one_seal"),
        ({"signatures": {}}, "not_one_seal"),
        ({"signatures": ["x"]}, "not_one_seal"),
        ({"signatures": [{}]}, "seal_incomplete"),
        ({"payload": {}}, "seal_incomplete"),
        ({"payload": "{}"}, "not_edc"),
        ({"payload": "[]"}, "not_edc"),
        ({"payload": "{"}, "not_json"),
        ({"payload": '{"a":1,"a":2}'}, "repeated_key"),
    ],
)
def test_what_is_no_sealed_credential_fails_by_its_format(change: dict[str, object], code: str) -> None:
    """Exactly one seal around exactly one credential."""
    step = checked(foreign_seal(ISSUED) | change).step(StepName.FORMAT)

    assert (step.outcome, step.code) == (Outcome.FAILED, code)


def test_an_unprotected_header_must_be_one() -> None:
    """It is where the timestamps are."""
    seal = foreign_seal(ISSUED)
    seal["signatures"][0]["header"] = []

    assert checked(seal).step(StepName.FORMAT).code == "header_unreadable"


def test_a_name_in_both_headers_is_refused() -> None:
    """RFC 7515 clause 7.2.1: the names must be disjoint."""
    seal = foreign_seal(ISSUED)
    seal["signatures"][0]["header"] = {"alg": "none"}

    assert found(seal) == (Outcome.FAILED, "header_ambiguous")


def test_an_encoded_payload_must_decode() -> None:
    """Without b64 the payload is base64url; this one is not, and is not read as plain text either."""
    seal = foreign_seal(ISSUED, json.dumps(credential()), b64=ABSENT, crit=["sigT"])

    assert checked(seal).step(StepName.FORMAT).code == "payload_unreadable"


@pytest.mark.parametrize(
    "container", [stamped(b"other"), {"tstTokens": [{"val": "AAAA"}]}, {"tstTokens": [{}]}, {}, []]
)
def test_a_content_timestamp_must_be_one(container: object) -> None:
    """The timestamp adoTst is in the protected header: it must be readable and cover the content."""
    outcome, code = found(foreign_seal(ISSUED, adoTst=container, crit=["b64", "adoTst"]))

    assert outcome is Outcome.FAILED
    assert code in {"timestamp_wrong", "timestamp_unreadable"}


@pytest.mark.parametrize(
    "items",
    ["x", [7], ["*"], [etsi([])], [etsi({"sigTst": {}})], [{"sigTst": 1}], [base64url(b"\xff")], ["e30"] * 21],
    ids=str,
)
def test_an_unprotected_header_that_cannot_be_read_is_refused(items: object) -> None:
    """Whatever stands where the timestamps should be."""
    seal = foreign_seal(ISSUED)
    seal["signatures"][0]["header"] = {"etsiU": items}

    assert found(seal) == (Outcome.FAILED, "timestamp_unreadable")


def test_a_timestamp_of_another_seal_is_found() -> None:
    """It may be intact, but it does not cover this signature."""
    seal = foreign_seal(ISSUED)
    seal["signatures"][0]["header"] = {"etsiU": [etsi({"sigTst": stamped(b"another signature")})]}

    assert found(seal) == (Outcome.FAILED, "timestamp_wrong")


def test_a_timestamp_that_nobody_signed_is_found() -> None:
    """It covers this signature, but it is not as an authority made it."""
    seal = foreign_seal(ISSUED)
    container = stamped(seal["signatures"][0]["signature"].encode(), damages=True)
    seal["signatures"][0]["header"] = {"etsiU": [etsi({"sigTst": container})]}

    assert found(seal) == (Outcome.FAILED, "timestamp_changed")


@pytest.mark.parametrize("container", [stamped(b"other", damages=True), {"tstTokens": [{"val": "AAAA"}]}])
def test_a_damaged_content_timestamp_in_a_broken_seal_names_the_header(container: dict[str, object]) -> None:
    """It stands in the protected header, so that is where something was changed."""
    seal = foreign_seal(ISSUED, adoTst=container, crit=["b64", "adoTst"])
    seal["signatures"][0]["signature"] = altered(seal["signatures"][0]["signature"], 0)

    assert found(seal) == (Outcome.FAILED, "header_changed")


def test_an_unreadable_timestamp_in_a_broken_seal_names_nothing() -> None:
    """Neither the content nor the signature has a witness left."""
    seal = foreign_seal(ISSUED)
    seal["signatures"][0]["header"] = {"etsiU": ["*"]}
    seal["signatures"][0]["signature"] = altered(seal["signatures"][0]["signature"], 0)

    assert found(seal) == (Outcome.FAILED, "changed")


def test_items_in_plain_json_are_read() -> None:
    """TS 119 182-1 clause 5.3.1 allows both; an archive timestamp over plain ones depends on how they were written."""
    seal = foreign_seal(ISSUED)
    signature = seal["signatures"][0]["signature"].encode()
    seal["signatures"][0]["header"] = {"etsiU": [{"sigTst": stamped(signature)}, {"arcTst": stamped(b"not known")}]}

    report = checked(seal)

    assert report.step(StepName.SEAL).outcome is Outcome.PASSED
    assert report.seal is not None
    assert report.seal.proven_at == NOW


def with_timestamp() -> dict[str, Any]:
    """Return a seal of baseline T by an RSA key."""
    with serving(TimestampAuthoritySimulator(CA)) as authority:
        key = seal_key(RSA.key, [RSA.certificate])
        seal: dict[str, Any] = json.loads(
            JadesSealer(key, TimestampAuthority(authority.url)).seal(document(), NOW).body
        )
    return seal


@pytest.mark.parametrize(
    ("seal", "expected"),
    [
        (foreign_seal(ISSUED), "changed"),
        (foreign_seal(RSA), "content_or_header_changed"),
        (foreign_seal(RSA, alg="PS256"), "changed"),
        (with_timestamp(), "content_or_header_changed"),
        (
            foreign_seal(ISSUED, adoTst=stamped(json.dumps(credential()).encode()), crit=["b64", "adoTst"]),
            "content_changed",
        ),
    ],
    ids=["ES256", "RS256", "PS256", "baseline T", "content timestamp"],
)
def test_changed_content_is_found_and_named_as_far_as_the_seal_can_tell(seal: dict[str, Any], expected: str) -> None:
    """A content timestamp names it exactly, an RSA signature or a timestamp over it excludes the signature."""
    changed = seal | {"payload": seal["payload"].replace("Kowalska", "Kowalski", 1)}

    report = checked(changed)

    assert report.step(StepName.SEAL).code == expected
    assert "content" in report.verdict


@pytest.mark.parametrize("seal", [foreign_seal(ISSUED), foreign_seal(RSA), with_timestamp()])
def test_a_changed_signature_is_found(seal: dict[str, Any]) -> None:
    """Every sign of it counts, the last ones with their unused bits too."""
    for position in (0, 20, -1):
        changed = copy.deepcopy(seal)
        changed["signatures"][0]["signature"] = altered(seal["signatures"][0]["signature"], position)

        assert found(changed)[1] in {"signature_changed", "changed"}


@pytest.mark.parametrize("last", ["*", "é", "", "unused bits"])
def test_a_signature_has_one_spelling(last: str) -> None:
    """Bits of the last sign that carry nothing, and signs outside the alphabet, are changes too."""
    changed = foreign_seal(ISSUED)
    signature = changed["signatures"][0]["signature"]
    last = chr(ord(signature[-1]) + 1) if last == "unused bits" else last
    changed["signatures"][0]["signature"] = signature[:-1] + last

    assert found(changed) == (Outcome.FAILED, "signature_changed")


def test_a_signature_of_another_length_is_found() -> None:
    """ES256 has 64 bytes."""
    changed = foreign_seal(ISSUED)
    changed["signatures"][0]["signature"] = changed["signatures"][0]["signature"][:40]

    assert found(changed) == (Outcome.FAILED, "changed")


def test_a_timestamp_knows_the_signature_as_it_was() -> None:
    """With sigTst a changed signature is named exactly."""
    changed = with_timestamp()
    member = changed["signatures"][0]
    member["signature"] = altered(member["signature"], 5)

    assert found(changed) == (Outcome.FAILED, "signature_changed")


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    """Return the European Commission's signed micro-credential of 2023: adoTst, sigTst and arcTst."""
    read: dict[str, Any] = json.loads(require_data("elm/samples/Sample-MC-Annex1-signed.jsonld").read_bytes())
    return read


def test_the_commission_s_seal_holds(sample: dict[str, Any]) -> None:
    """RS256 with three timestamps of LTA level, all of which cover what they should."""
    assert found(sample) == (Outcome.PASSED, "ok")


@pytest.mark.parametrize(
    ("part", "code"),
    [("protected", {"header_changed", "header_unreadable", "reference_wrong"}), ("signature", {"signature_changed"})],
)
def test_every_changed_sign_of_the_commission_s_seal_is_named(
    sample: dict[str, Any], part: str, code: set[str]
) -> None:
    """A hundred places all over the protected header and the signature."""
    text = sample["signatures"][0][part]
    codes = set()
    for position in range(0, len(text), max(1, len(text) // 100)):
        changed = copy.deepcopy(sample)
        changed["signatures"][0][part] = altered(text, position)
        codes.add(found(changed)[1])

    assert codes <= code | {"certificate_unreadable", "critical_unknown", "b64_not_critical", "timestamp_changed"}


def test_a_changed_item_of_the_commission_s_archive_is_found(sample: dict[str, Any]) -> None:
    """The archive timestamp covers the certificates and revocation lists before it."""
    for item in (1, 2):
        changed = copy.deepcopy(sample)
        items = changed["signatures"][0]["header"]["etsiU"]
        items[item] = etsi({"xVals": []})

        assert found(changed) == (Outcome.FAILED, "timestamp_wrong")


@settings(max_examples=300, deadline=None)
@given(position=st.integers(0, len(OURS) - 1), bit=st.integers(0, 7))
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_no_changed_bit_of_our_file_goes_unnoticed(position: int, bit: int) -> None:
    """Wherever it is: payload, header, signature or the brackets around them."""
    changed = bytearray(OURS)
    changed[position] ^= 1 << bit

    report = check(bytes(changed), CheckContext(NOW, (CA.certificate,)))

    assert not report.ok
    assert report.failures
