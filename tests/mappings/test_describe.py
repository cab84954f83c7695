"""The completeness gate."""

from __future__ import annotations

from mappings.awarding import Award, decide
from mappings.describe import describe
from mappings.elements import MicroCredential
from mappings.snapshot import dump, load
from tests.factories import ISSUED, issuer, profile, record


def test_complete_input_gives_a_micro_credential_that_survives_storage() -> None:
    """What is stored loads as the same value."""
    award = decide(record(), profile())
    assert isinstance(award, Award)

    credential = describe(award, profile(), issuer(), ISSUED)

    assert isinstance(credential, MicroCredential)
    assert load(MicroCredential, dump(credential)) == credential
