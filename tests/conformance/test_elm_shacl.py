"""What we issue against the official SHACL shapes, EDC-generic-full of ELM 3.1 and 3.2.

CONFORMANCE_EXAMPLES says how many credentials are generated (default 50, .ci/run: 1000).
"""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from mappings.documents.elm import render_elm
from mappings.documents.elm_check import missing_elements, problems
from mappings.documents.envelope import Envelope
from mappings.elements import MicroCredential
from tests.conformance.shapes import VERSIONS, violations
from tests.conftest import require_data
from tests.strategies import envelopes, micro_credentials

pytestmark = pytest.mark.conformance
generated = settings(
    max_examples=int(os.environ.get("CONFORMANCE_EXAMPLES", "50")),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # an example takes seconds to shrink to nothing more telling
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.generated
@generated
@given(credential=micro_credentials(), envelope=envelopes())
def test_what_we_issue_conforms_to_both_versions(credential: MicroCredential, envelope: Envelope) -> None:
    """0 violations under 3.1 and 3.2, nothing that our own check finds, no element missing."""
    document = json.loads(render_elm(credential, envelope).body)

    assert {version: violations(version, document) for version in VERSIONS} == {"3.1": [], "3.2": []}
    assert problems(document) == ()
    assert missing_elements(document) == ()


@settings(generated, max_examples=20)
@given(credential=micro_credentials(), envelope=envelopes(status=True))
def test_what_we_issue_with_a_status_conforms_to_3_2(credential: MicroCredential, envelope: Envelope) -> None:
    """The form of credentialStatus that 3.2 takes; 3.1 takes none (see mappings/documents/elm.py)."""
    document = json.loads(render_elm(credential, envelope).body)

    assert violations("3.2", document) == []
    assert problems(document) == ()
    assert [found.partition(" ")[0] for found in violations("3.1", document)] == [
        "credentials#credentialStatus:Datatype"
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_model_credential_conforms(version: str) -> None:
    """The shapes run at all: a known good document passes, one without a title of the achievement does not."""
    good = json.loads(require_data("elm/samples/minimal_annex1_full.jsonld").read_text())
    bad = json.loads(json.dumps(good))
    del bad["credentialSubject"]["hasClaim"]["title"]

    assert violations(version, good) == []
    assert [found.partition(" ")[0] for found in violations(version, bad)] == ["title:MinCount"]
