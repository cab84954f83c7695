"""The standard elements: complete by construction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from mappings.assessment import ActivityId, Presence
from mappings.awarding import Award, decide
from mappings.describe import describe
from mappings.elements import (
    LearningOutcome,
    MicroCredential,
    Provenance,
    QualityAssurance,
    Stated,
    Supervision,
    Supplier,
)
from mappings.errors import InvalidValue
from tests.factories import ISSUED, issuer, profile, record, text

OUTCOME = LearningOutcome("LO", text("Outcome"), assessed_by=())


def credential() -> MicroCredential:
    """Return a complete micro-credential."""
    award = decide(record(), profile())
    assert isinstance(award, Award)
    described = describe(award, profile(), issuer(), ISSUED)
    assert isinstance(described, MicroCredential)
    return described


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outcomes", ()),
        ("outcomes", (OUTCOME,)),
        ("outcomes", (replace(OUTCOME, assessed_by=(ActivityId("99"),)),)),
        ("places", ()),
        ("awarding_bodies", ()),
        ("date_of_issue", datetime(2026, 1, 1)),
    ],
)
def test_an_incomplete_micro_credential_cannot_be(name: str, value: object) -> None:
    """No outcome, one assessed by nothing or by nothing that is stated, no place, no body, no time zone."""
    whole = credential()
    stated: Stated[Any] = getattr(whole, name)
    changes: dict[str, Any] = {name: replace(stated, value=value)}

    with pytest.raises(InvalidValue):
        replace(whole, **changes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Stated("x", ()),
        lambda: Provenance(Supplier.TEACHER, "profile", datetime(2026, 1, 1)),
        lambda: QualityAssurance(()),
        lambda: Supervision(Presence.UNKNOWN, True),
    ],
)
def test_an_incomplete_part_cannot_be(make: Callable[[], object]) -> None:
    """No source, no zone, no accreditation, unknown supervision."""
    with pytest.raises(InvalidValue):
        make()


@pytest.mark.parametrize(
    ("presence", "identity_verified", "category"),
    [
        (Presence.NONE, False, "O2.1"),
        (Presence.NONE, True, "O2.1"),
        (Presence.ONLINE, False, "O2.2"),
        (Presence.ON_SITE, False, "O2.2"),
        (Presence.ONLINE, True, "O2.3"),
        (Presence.ON_SITE, True, "O2.4"),
    ],
)
def test_the_four_categories_of_annex_i(presence: Presence, identity_verified: bool, category: str) -> None:
    """O2.3 and O2.4 only with verified identity; supervised without it is O2.2, also online."""
    assert Supervision(presence, identity_verified).category == category
