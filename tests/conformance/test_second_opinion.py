"""A second opinion in Python: openvc-core, another author's verifier, on proofs, wallet credentials and status lists.

Stricter than others: it refuses documents that are not in compacted form under their own contexts. openbadgeslib, of
a third author, takes our badges out of their pictures.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from openbadgeslib.ob3.verifier import OB3Verifier
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.errors import ProofError
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status import check_credential_status, check_token_status, verify_status_list_token
from PIL import Image

from mappings.documents.baking import bake
from mappings.documents.sd_jwt_vc import LearningType, render_sd_jwt_vc
from plugin.sealing.contexts import context
from plugin.sealing.credential_keys import CredentialKey, new_key
from plugin.sealing.multikey import Algorithm
from tests.conformance.issuer import CONTEXTS, NOW, STATUS, TestIssuer
from tests.mappings.documents.samples import credential, envelope

pytestmark = pytest.mark.conformance
ISSUER = TestIssuer()


def judge(badge: dict, key: CredentialKey = ISSUER.eddsa) -> None:
    """Ask openvc-core with a public key and the contexts that it does not have itself."""
    one_proof = badge | {"proof": badge["proof"][0]}
    extra = {url: context(url) for url in CONTEXTS if "w3" not in url}
    DataIntegrityProofSuite().verify(one_proof, public_key_jwk=key.public.jwk, now=NOW, extra_contexts=extra)


def test_openvc_accepts_our_proof() -> None:
    """And finds every term where its context says."""
    judge(ISSUER.badge())


def test_openvc_refuses_a_changed_grade() -> None:
    """The same verifier can say no."""
    changed = copy.deepcopy(ISSUER.badge())
    changed["credentialSubject"]["result"][0]["value"] = "100"

    with pytest.raises(ProofError):
        judge(changed)


def test_openvc_refuses_another_key() -> None:
    """A proof is one key's."""
    with pytest.raises(ProofError):
        judge(ISSUER.badge(), new_key(Algorithm.EDDSA))


@pytest.fixture
def today() -> Iterator[None]:
    """The day of the samples: openvc-core asks the clock."""
    with time_machine.travel(NOW):
        yield


def judge_sd_jwt(token: str, key: CredentialKey = ISSUER.es256) -> dict[str, Any]:
    """Ask openvc-core about an SD-JWT VC; returns what it says."""
    return dict(SdJwtVcProofSuite().verify(token, public_key_jwk=key.public.jwk).claims)


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("kind", list(LearningType))
def test_openvc_reads_our_wallet_credential(kind: LearningType) -> None:
    """Both types, claim by claim."""
    assert judge_sd_jwt(ISSUER.sd_jwt(kind)) == json.loads(render_sd_jwt_vc(credential(), envelope(), kind).body)


@pytest.mark.usefixtures("today")
def test_openvc_refuses_a_changed_wallet_credential() -> None:
    """Another key, a disclosure of nothing, a cut signature."""
    token = ISSUER.sd_jwt()

    for changed, key in (
        (token, new_key(Algorithm.ES256)),
        (f"{token}WyJzIiwiZmFtaWx5X25hbWUiLCJFdmUiXQ~", ISSUER.es256),
        (token.replace("~", "A~", 1), ISSUER.es256),
    ):
        with pytest.raises(ProofError):
            judge_sd_jwt(changed, key)


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("revoked", [(), (94_567,)], ids=["good", "revoked"])
def test_openvc_reads_our_status_lists(revoked: tuple[int, ...]) -> None:
    """Of a badge and of a wallet credential, the same bit; the token is verified first."""
    documents: dict[str, Any] = ISSUER.documents(revoked=revoked)
    badge, claims = ISSUER.badge(), judge_sd_jwt(ISSUER.sd_jwt())

    def token(uri: str) -> dict[str, Any]:
        return verify_status_list_token(documents[uri], public_key_jwk=ISSUER.es256.public.jwk, expected_uri=uri)

    assert claims["status"]["status_list"]["uri"] == f"{STATUS}.jwt"
    assert check_credential_status(badge, resolve_status_list=documents.__getitem__).revoked is bool(revoked)
    assert check_token_status(claims, resolve_status_list_token=token).status == len(revoked)


def test_openbadgeslib_takes_our_badges_out_of_their_pictures() -> None:
    """A JWT and JSON, out of PNG and SVG."""
    with io.BytesIO() as file:
        Image.new("RGB", (2, 2), "red").save(file, "PNG")
        png = file.getvalue()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><title>x</title></svg>'

    for sealed in (ISSUER.token(), json.dumps(ISSUER.badge())):
        assert OB3Verifier.extract_token_from_png(bake(png, sealed.encode())) == sealed
        assert OB3Verifier.extract_token_from_svg(bake(svg, sealed.encode())) == sealed
