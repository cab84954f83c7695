"""Walking a document of anybody's making."""

from __future__ import annotations

from mappings.documents.elm_graph import nodes

BELGIUM = {"id": "urn:be", "prefLabel": {"en": "Belgium"}}


def paths(document: dict[str, object]) -> list[str]:
    """Return the places that are visited."""
    return [found.path for found in nodes(document)]


def test_a_node_that_is_repeated_word_for_word_is_visited_once() -> None:
    """With all that it owns: most of a document are repetitions."""
    assert paths({"spatial": [BELGIUM, dict(BELGIUM)]}) == ["$", "$.spatial[0]", "$.spatial[0].prefLabel"]


def test_a_node_that_says_something_else_under_the_same_id_is_visited() -> None:
    """Readers merge the two, so both must be seen."""
    assert "$.spatial[1]" in paths({"spatial": [BELGIUM, BELGIUM | {"prefLabel": {"en": "Belgique"}}]})


def test_a_node_is_visited_on_every_key_and_under_every_type_of_owner() -> None:
    """What is right in one place can be wrong in another; without an id nothing is the same."""
    document = {"a": BELGIUM, "b": BELGIUM, "c": [{"x": 1}, {"x": 1}], "d": {"type": "Location", "a": BELGIUM}}

    visited = set(paths(document))

    assert {"$.a", "$.b", "$.c[0]", "$.c[1]", "$.d.a"} <= visited
