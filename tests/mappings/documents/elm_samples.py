"""Anna's credential in Applied Data Analysis as a European Digital Credential, with whatever a test changes in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mappings.awarding import Award, decide
from mappings.describe import describe
from mappings.documents.elm import render_elm
from mappings.documents.envelope import Envelope
from mappings.elements import MicroCredential, Provenance, Stated, Supplier
from tests.factories import ISSUED, issuer, profile, record

SOURCE = (Provenance(Supplier.TEACHER, "profile", ISSUED),)
ID = "7d1c4c0e-0f5f-4c55-9c0e-2b7a8f8f0001"
ENVELOPE = Envelope(ID, ISSUED + timedelta(hours=1), f"https://bridge.example.org/c/{ID}")


def credential(**elements: Any) -> MicroCredential:
    """Anna's credential in Applied Data Analysis, with other elements as keywords: plain values are stated."""
    award = decide(record(), profile())
    assert isinstance(award, Award)
    described = describe(award, profile(), issuer(), ISSUED)
    assert isinstance(described, MicroCredential)
    plain = {"subjects", "course_languages", "languages", "activity_type", "learning_setting", "completed_at"}
    plain |= {"course_starts_at", "course_ends_at"}
    return replace(
        described,
        **{
            name: value if name in plain or value is None else Stated(value, SOURCE) for name, value in elements.items()
        },
    )


def rendered(envelope: Envelope = ENVELOPE, **elements: Any) -> dict[str, Any]:
    """The document as a reader gets it."""
    document: dict[str, Any] = json.loads(render_elm(credential(**elements), envelope).body)
    return document


def claim(**elements: Any) -> dict[str, Any]:
    """The learning achievement."""
    found: dict[str, Any] = rendered(**elements)["credentialSubject"]["hasClaim"][0]
    return found
