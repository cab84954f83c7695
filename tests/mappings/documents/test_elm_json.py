"""JSON that is written once reads like JSON that is written every time."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from mappings.documents.elm_json import Plain, by_content, write, written

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3)
)


@given(values)
def test_text_is_what_the_standard_library_writes(value: object) -> None:
    """Without blanks, keys in order, letters as they are."""
    assert write(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@given(st.dictionaries(st.text(max_size=5), values, max_size=3))
def test_a_written_node_is_its_text_wherever_it_stands(node: dict[str, object]) -> None:
    """Alone, repeated and nested."""
    once = written(node)

    assert once == node
    assert json.loads(write({"a": [once, once], "b": once})) == {"a": [node, node], "b": node}


@given(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8))
def test_ids_are_those_of_the_content(one: str, other: str) -> None:
    """Equal content has one id, different content has two, another type has its own."""
    first, second = by_content("Note", noteLiteral={"en": one}), by_content("Note", noteLiteral={"en": other})

    assert (first["id"] == second["id"]) == (one == other)
    assert by_content("Text", noteLiteral={"en": one})["id"] != first["id"]
    assert json.loads(write(first)) == first


@given(st.binary(max_size=20))
def test_plain_text_is_written_like_any_other(data: bytes) -> None:
    """Base64 has nothing that JSON would escape."""
    text = base64.b64encode(data).decode()

    assert write(Plain(text)) == write(text)
