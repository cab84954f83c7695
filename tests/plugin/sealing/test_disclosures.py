"""Reading SD-JWTs: every rule of RFC 9901 clause 7.1 that can be broken."""

from __future__ import annotations

import json

import pytest

from mappings.documents.sd_jwt_vc import render_sd_jwt_vc
from plugin.sealing.compact import compact_json, sign
from plugin.sealing.credential_keys import CredentialKey, new_key
from plugin.sealing.disclosures import MAX_DISCLOSURES, binding_fault, read_sd_jwt
from plugin.sealing.errors import DocumentUnsuitable
from plugin.sealing.multikey import Algorithm, base64url
from plugin.sealing.sd_jwt import SdJwtSealer, digest
from tests.mappings.documents.samples import ISSUER_URL, credential, envelope

KEY = new_key(Algorithm.ES256)
HOLDER = new_key(Algorithm.ES256)


def disclosure(*parts: object) -> str:
    """Return an encoded disclosure."""
    return base64url(json.dumps(list(parts)).encode())


def issued(payload: dict, *disclosures: str) -> str:
    """Return an SD-JWT of any payload."""
    return "~".join([sign({"typ": "dc+sd-jwt"}, compact_json(payload), KEY), *disclosures, ""])


NAME = disclosure("salt", "name", "Anna")


def test_a_disclosure_stands_where_its_digest_stood() -> None:
    """In an object, in a list, inside another disclosure, inside a nested object."""
    inner = disclosure("s", "city", "Bratislava")
    outer = disclosure("s", "address", {"_sd": [digest(inner)], "country": "SK"})
    element = disclosure("s", {"role": "learner"})
    payload = {"_sd": [digest(outer)], "roles": [{"...": digest(element)}, {"...": digest("withheld")}, "x", {"y": 1}]}

    result = read_sd_jwt(issued(payload, inner, outer, element))

    assert result.claims == {
        "roles": [{"role": "learner"}, "x", {"y": 1}],
        "address": {"country": "SK", "city": "Bratislava"},
    }
    assert result.disclosed == {"address"}


@pytest.mark.parametrize(
    ("payload", "disclosures"),
    [
        ({}, [NAME]),
        ({"_sd": [digest(NAME)]}, [NAME, NAME]),
        ({"_sd": [digest(NAME), digest(NAME)]}, [NAME]),
        ({"_sd": [digest(NAME)], "a": {"_sd": [digest(NAME)]}}, [NAME]),
        ({"_sd": [digest(NAME)], "name": "Eve"}, [NAME]),
        ({"_sd": "x"}, []),
        ({"_sd": [1]}, []),
        ({"...": "x"}, []),
        ({"list": [{"...": digest(NAME)}]}, [NAME]),
        ({"list": [{"...": 7}]}, []),
        ({"_sd": [], "_sd_alg": "sha-1"}, []),
        *(
            ({"_sd": [digest(each)]}, [each])
            for each in (
                disclosure("s", "_sd", []),
                disclosure("s", "...", "x"),
                disclosure("s", "vct", "urn:x:y"),
                disclosure("s", "exp", 9_999_999_999),
                disclosure("s", "element"),
                disclosure("s"),
                disclosure(1, "name", "Anna"),
                disclosure("s", 2, "Anna"),
                base64url(b"{}"),
                base64url(b"["),
                "=",
            )
        ),
        ({}, [str(number) for number in range(MAX_DISCLOSURES + 1)]),
    ],
)
def test_a_broken_rule_breaks_the_credential(payload: dict, disclosures: list[str]) -> None:
    """Unreferenced, doubled, misplaced, reserved, unreadable, too many: refused, never dropped silently."""
    with pytest.raises(DocumentUnsuitable):
        read_sd_jwt(issued(payload, *disclosures))


def test_a_plain_jwt_is_no_sd_jwt() -> None:
    """There is at least one tilde."""
    with pytest.raises(DocumentUnsuitable):
        read_sd_jwt(issued({}).rstrip("~"))


def presented(audience: str = "https://verifier.example", key: CredentialKey = HOLDER, typ: str = "kb+jwt") -> str:
    """Return a presentation that withholds the grade."""
    full = SdJwtSealer(KEY, ISSUER_URL).seal_for(render_sd_jwt_vc(credential(), envelope()), HOLDER.public.jwk)
    parts = full.body.decode().split("~")
    shown = "~".join(parts[:3]) + "~"
    claims = {"aud": audience, "nonce": "n", "iat": 1, "sd_hash": digest(shown)}
    return shown + sign({"typ": typ}, compact_json(claims), key)


def fault(text: str) -> str:
    """Return what the verifier says of a presentation."""
    return binding_fault(read_sd_jwt(text), "https://verifier.example", "n")


def test_the_holder_s_signature_binds() -> None:
    """RFC 9901, 7.3."""
    assert fault(presented()) == ""


def test_a_binding_for_another_verifier_is_told() -> None:
    """A presentation cannot be passed on."""
    assert fault(presented(audience="https://other.example")) == "binding_for_another"


@pytest.mark.parametrize(("key", "typ"), [(KEY, "kb+jwt"), (HOLDER, "JWT")])
def test_a_binding_by_another_key_or_of_another_type_is_told(key: CredentialKey, typ: str) -> None:
    """Only the holder's key, only as a key binding."""
    assert fault(presented(key=key, typ=typ)) == "binding_not_signed"


def test_a_binding_of_other_disclosures_is_told() -> None:
    """Withholding one more claim breaks the hash."""
    head, _, tail = presented().rpartition("~")
    less = head.rpartition("~")[0]

    assert fault(f"{less}~{tail}") == "binding_of_another"


def test_a_missing_binding_is_told() -> None:
    """Nothing stands behind the last tilde."""
    assert fault(presented().rpartition("~")[0] + "~") == "document_unsuitable"


def test_a_credential_bound_to_nobody_is_told() -> None:
    """Without cnf there is no key to ask."""
    assert fault(issued({})) == "key_unsuitable"
