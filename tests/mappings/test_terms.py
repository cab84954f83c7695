"""The EU controlled lists as tables, and terms checked against them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mappings.errors import UnknownTerm
from mappings.vocabularies.terms import LISTS, list_of, require_term, search, term, terms, two_letters
from tests.conftest import require_data


@pytest.mark.parametrize("code", ["BEL", "BE", "http://publications.europa.eu/resource/authority/country/BEL"])
def test_a_country_is_found_by_code_by_iso_code_and_by_iri(code: str) -> None:
    """Authority tables use three letters, certificates two."""
    found = term("country", code)

    assert (found.label, found.code, found.notation) == ("Belgium", "BEL", "country")


@pytest.mark.parametrize(
    ("list_name", "concept"),
    [
        ("eqf", "http://data.europa.eu/snb/eqf/99"),
        ("supervision-verification", "http://data.europa.eu/snb/learning-assessment/920fbb3cbe"),
        ("assessment-types", "Quiz"),
        ("nothing", "x"),
    ],
)
def test_a_concept_that_the_list_does_not_contain_is_refused(list_name: str, concept: str) -> None:
    """SHACL lets these pass: a nonexistent concept of the right scheme, a concept of another scheme, a label."""
    with pytest.raises(UnknownTerm):
        term(list_name, concept)


def test_search_wants_every_word_in_any_case() -> None:
    """Words may stand in any order and in the code."""
    assert [each.label for each in search("learning-activity", "COURSEWORK e-learn")] == ["e-learning coursework"]
    assert search("country", "bel")[0].code == "BEL"
    assert search("country", "atlantis") == ()


def test_a_term_with_a_forged_label_is_refused() -> None:
    """A label says nothing; the IRI decides, and the label must be the list's own."""
    forged = replace(term("supervision-verification", "c598449d64"), label="Supervised with ID Verification")

    with pytest.raises(UnknownTerm):
        require_term(forged, "supervision-verification", "supervision")


def test_a_term_of_another_list_is_refused_and_none_passes() -> None:
    """Drafts may leave a term out; a wrong one is never accepted."""
    require_term(None, "eqf", "level")

    with pytest.raises(UnknownTerm, match="level is not a concept of the list eqf"):
        require_term(term("country", "BEL"), "eqf", "level")


def test_a_list_is_found_by_its_scheme() -> None:
    """Documents name schemes, code names lists."""
    assert list_of("http://data.europa.eu/snb/learning-assessment/25831c2") == "modes-learning-assessment"
    with pytest.raises(UnknownTerm):
        list_of("http://example.org/scheme")


def test_two_letters_are_those_of_iso() -> None:
    """Greece is GR, although the EU also writes EL; what has no code of two letters has none."""
    assert two_letters(term("country", "GRC")) == "GR"
    assert term("country", "EL") == term("country", "GRC")
    assert two_letters(term("language", "NLD")) == "nl"
    assert two_letters(term("eqf", "6")) == ""


def test_a_concept_without_label_is_shown_by_its_code() -> None:
    """188 entries of the source's table of regions have no label; none is left out for it."""
    unlabelled = [each for each in terms("atu") if each.label == each.code]

    assert len(unlabelled) == 188


@pytest.mark.conformance
@pytest.mark.parametrize("list_name", LISTS)
def test_a_table_holds_what_its_source_holds(list_name: str) -> None:
    """Every concept of the published list, none more, under its scheme."""
    source = json.loads(require_data(f"vocab/{list_name}.json").read_text())

    assert {each.iri for each in terms(list_name)} == {concept["iri"] for concept in source["concepts"]}
    assert {each.scheme for each in terms(list_name)} == {source["scheme"]}
