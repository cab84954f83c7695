"""One award, every format: all documents say the same, element by element, and what the snapshot says."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings

from mappings.documents.elm import render_elm
from mappings.documents.envelope import Envelope
from mappings.documents.open_badges import render_open_badge
from mappings.documents.sd_jwt_vc import LearningType, render_sd_jwt_vc
from mappings.elements import Holder, MicroCredential
from tests.conformance.truths import Truth, of_badge, of_credential, of_elm, of_sd_jwt
from tests.mappings.documents.samples import credential, envelope
from tests.strategies import envelopes, micro_credentials

EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", "100")) // 4
NO_PLACE = {
    "elm": {"category"},
    "badge": set(),
    "sd_jwt": {"verification", "homepage"},
    "eu_sd_jwt": {"verification", "homepage", "assessments", "participation", "category", "towards", "cycle"},
}
"""What a format has no place for: it may leave these out, and nothing else."""


def truths(made: MicroCredential, reserved: Envelope) -> dict[str, Truth]:
    """Read every document of one award."""
    language = made.languages[0]
    extended, eu = (
        json.loads(render_sd_jwt_vc(made, reserved, kind).body) for kind in (LearningType.EXTENDED, LearningType.EU)
    )
    return {
        "elm": of_elm(json.loads(render_elm(made, reserved).body), language),
        "badge": of_badge(json.loads(render_open_badge(made, reserved).body)),
        "sd_jwt": of_sd_jwt(extended),
        "eu_sd_jwt": of_sd_jwt(eu),
    }


def differences(made: MicroCredential, reserved: Envelope) -> dict[str, tuple[object, object]]:
    """Return what a document says differently from the snapshot: by format and element."""
    whole = of_credential(made, made.languages[0])
    in_parts = replace(whole, learner=in_two_claims(made.holder.value))
    return {
        f"{form}.{field.name}": (getattr(said, field.name), getattr(true, field.name))
        for form, said in truths(made, reserved).items()
        for true in [in_parts if "sd_jwt" in form else whole]
        for field in fields(Truth)
        if not (field.name in NO_PLACE[form] and not getattr(said, field.name))
        and getattr(said, field.name) != getattr(true, field.name)
    }


def in_two_claims(holder: Holder) -> str:
    """Return the name as the EU's type has it: given and family name, or the whole name as the family's."""
    return f"{holder.given_name} {holder.family_name}".strip() if holder.family_name else holder.full_name


def test_all_formats_tell_anna_s_award_alike() -> None:
    """With all sixteen elements."""
    assert differences(credential(), envelope()) == {}


@pytest.mark.generated
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(micro_credentials(), envelopes(status=True))
def test_all_formats_tell_generated_awards_alike(made: MicroCredential, reserved: Envelope) -> None:
    """Whatever the elements are, in any script, with any of the optional ones."""
    assert differences(made, reserved) == {}
