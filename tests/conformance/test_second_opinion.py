"""A second opinion in Python: openvc-core, another author's verifier, on our eddsa-rdfc-2022 proofs.

Stricter than others: it refuses documents that are not in compacted form under their own contexts.
"""

from __future__ import annotations

import copy

import pytest
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.errors import ProofError

from plugin.sealing.contexts import context
from plugin.sealing.credential_keys import CredentialKey, new_key
from plugin.sealing.multikey import Algorithm
from tests.conformance.issuer import CONTEXTS, NOW, TestIssuer

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
