"""Leaves of a template: which need a closer look before they are written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.documents.templates import plain_leaves, refuse_control
from mappings.errors import InvalidValue
from plugin.sealing.compiled import escape

TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)


@given(TEXTS)
def test_what_is_plain_is_written_as_it_is(text: str) -> None:
    """In JSON and in N-Quads alike, and it is nothing that is refused."""
    plain = plain_leaves({"leaf": text})

    if plain is not None:
        refuse_control({"leaf": text})
        assert plain["leaf"].decode() == text == escape(text)
        assert json.dumps(text, ensure_ascii=False) == f'"{text}"'


@pytest.mark.parametrize("text", ["", "Anna Kowalska", "Nováková", "Ελένη", "山田", "https://lms.example.edu/1?a=b&c"])
def test_ordinary_names_and_addresses_are_plain(text: str) -> None:
    """Most learners cost one look."""
    assert plain_leaves({"leaf": text}) == {"leaf": text.encode()}


@pytest.mark.parametrize("text", ['"', "\\", "\n", "\x7f", "\x85", "\ud800", "\ufffe"])
def test_the_rest_is_looked_at_closely(text: str) -> None:
    """What is escaped somewhere, what is refused, and some that only look like it."""
    assert plain_leaves({"one": "Anna", "leaf": text}) is None


@pytest.mark.parametrize("text", ["\x01", "\x7f", "\x85", "\ud800", "\ufffe"])
def test_control_characters_are_refused(text: str) -> None:
    """Canonicalisers differ on them."""
    with pytest.raises(InvalidValue, match="control character"):
        refuse_control({"leaf": text})
