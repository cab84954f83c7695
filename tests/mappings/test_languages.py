"""Language tags as terms of the EU table."""

from __future__ import annotations

import pytest

from mappings.errors import UnknownTerm
from mappings.vocabularies.languages import language_term
from tests.strategies import LANGUAGES


@pytest.mark.parametrize(
    ("tag", "code"), [("nl", "NLD"), ("pt-BR", "POR"), ("zh-Hant-TW", "ZHO"), ("hsb", "HSB"), ("ar", "ARA")]
)
def test_a_tag_is_told_by_its_language(tag: str, code: str) -> None:
    """Two letters or three, whatever the region or script."""
    assert language_term(tag).code == code


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_official_language_is_known(tag: str) -> None:
    """A missing one would refuse every profile in it."""
    assert language_term(tag).notation == "language"


@pytest.mark.parametrize("tag", ["", "xx", "NL", "english", "-nl"])
def test_what_is_no_language_is_refused(tag: str) -> None:
    """Better no document than a concept that does not exist."""
    with pytest.raises(UnknownTerm):
        language_term(tag)
