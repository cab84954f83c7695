"""Names of concepts in the reader's language."""

from __future__ import annotations

import pytest

from mappings.vocabularies.labels import LANGUAGES, _labels, label, search
from mappings.vocabularies.terms import term, terms

SHOWN = (
    "accreditation-types",
    "assessment-types",
    "eqf",
    "isced-f",
    "learning-activity",
    "learning-setting",
    "modes-learning-assessment",
)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("list_name", SHOWN)
def test_every_concept_that_a_page_shows_has_a_name(language: str, list_name: str) -> None:
    """And no name is of a concept that the list does not have."""
    assert set(_labels(language)[list_name]) == {each.code for each in terms(list_name)}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_countries_are_named_by_the_list_s_own_codes(language: str) -> None:
    """Also where the EU's code of two letters is not that of ISO 3166-1."""
    named = _labels(language)["country"]

    assert {"BEL", "NLD", "GRC", "DEU", "MLT", "EST"} <= set(named) <= {each.code for each in terms("country")}


@pytest.mark.parametrize(
    ("language", "name"), [("nl", "België"), ("nl-BE", "België"), ("en", "Belgium"), ("fi", "Belgium")]
)
def test_a_name_is_in_the_language_that_is_asked_for(language: str, name: str) -> None:
    """English where there is no other."""
    assert label(term("country", "BE"), language) == name


def test_a_concept_without_a_name_keeps_its_english_one() -> None:
    """Regions are named as their countries name them."""
    assert label(term("atu", "AUT_BLD_VIE"), "nl") == "Federal province of Vienna"


@pytest.mark.parametrize(("words", "language"), [("statistiek", "nl"), ("Statistics", "nl"), ("0542", "en")])
def test_a_word_of_the_reader_s_language_finds_the_concept(words: str, language: str) -> None:
    """Also the English word and the code."""
    assert "0542" in {each.code for each in search("isced-f", words, language)}
