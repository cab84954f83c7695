"""Text in several languages."""

from __future__ import annotations

import pytest

from mappings.errors import InvalidValue
from mappings.text import Text, clean


def test_text_is_trimmed_and_speaks_its_languages_in_order() -> None:
    """The first language is the preferred one and stands in for those that are missing."""
    text = Text.of({"nl": " Gegevens ", "en": "Data"})

    assert text.languages == ("nl", "en")
    assert text.in_language("en") == "Data"
    assert text.in_language("fr") == "Gegevens"
    assert text.as_map() == {"nl": "Gegevens", "en": "Data"}


@pytest.mark.parametrize(
    "by_language",
    [
        (),
        (("en", "a"), ("en", "b")),
        (("en-GB", "a"), ("en-gb", "b")),
        (("English", "a"),),
        (("en", " a"),),
        (("en", ""),),
        (("en", "a\x00b"),),
        (("en", "\ud800"),),
    ],
)
def test_text_that_cannot_be_is_refused(by_language: tuple[tuple[str, str], ...]) -> None:
    """No language, one twice, no language tag, surrounding blanks, nothing, control signs, half a sign."""
    with pytest.raises(InvalidValue):
        Text(by_language)


def test_clean_names_what_it_refuses() -> None:
    """The sentence says which text it was."""
    with pytest.raises(InvalidValue, match="title is empty"):
        clean("  ", "title")
