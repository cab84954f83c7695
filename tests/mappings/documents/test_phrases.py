"""The fixed words in every language."""

from __future__ import annotations

import pytest

from mappings.documents.phrases import Phrase, in_languages, phrase
from mappings.text import Text
from tests.strategies import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_official_language_has_its_own_words(language: str) -> None:
    """All phrases, and none of them borrowed from English by mistake."""
    words = {phrase(key, language) for key in Phrase}

    assert all(words)
    assert language == "en" or phrase(Phrase.DATE_OF_ISSUE, language) != phrase(Phrase.DATE_OF_ISSUE, "en")


def test_other_languages_read_english() -> None:
    """A language without phrases gets the fallback, a region gets its language."""
    assert phrase(Phrase.AWARDED_TO, "zh") == "Awarded to"
    assert phrase(Phrase.AWARDED_TO, "nl-BE") == "Toegekend aan"


def test_english_words_are_not_said_to_be_of_another_language() -> None:
    """The tag is that of the words; a language of its own is left alone, the order is kept."""
    assert in_languages(Phrase.STAND_ALONE, ("zh",)).languages == ("en",)
    assert in_languages(Phrase.STAND_ALONE, ("nl-BE", "zh", "ja")).languages == ("nl-BE", "en")


def test_words_with_a_suffix_in_the_same_language() -> None:
    """The suffix follows in each language, in the preferred one where it lacks the language."""
    suffix = Text.of({"nl": "Bachelor rechten"})

    text = in_languages(Phrase.STACKABLE_TOWARDS, ("nl", "en"), suffix)

    assert text.as_map() == {"nl": "Te combineren tot: Bachelor rechten", "en": "Stackable towards: Bachelor rechten"}
