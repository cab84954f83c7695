"""The few fixed words that documents and certificate images add to what people stated, by language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from mappings.text import Text

_FALLBACK = "en"


class Phrase(StrEnum):
    """Keys of ``phrases.json``."""

    MICRO_CREDENTIAL = "micro_credential"
    AWARDED_TO = "awarded_to"
    LEARNING_OUTCOMES = "learning_outcomes"
    DATE_OF_ISSUE = "date_of_issue"
    COURSE_GRADE = "course_grade"
    STAND_ALONE = "stand_alone"
    STACKABLE = "stackable"
    STACKABLE_TOWARDS = "stackable_towards"


def phrase(key: Phrase, language: str) -> str:
    """Return the words in ``language`` (BCP 47; only the primary subtag counts), else in English."""
    table = _table()
    return table.get(language.partition("-")[0], table[_FALLBACK])[key]


def in_languages(key: Phrase, languages: Iterable[str], suffix: Text | None = None) -> Text:
    """Return the words as text in each of ``languages``, with ``suffix`` in the same language after a colon.

    A language without words of its own has English ones, and they are said to be English.
    """
    ending = {language: f": {suffix.in_language(language)}" if suffix else "" for language in languages}
    spoken = {language if _is_spoken(language) else _FALLBACK: language for language in reversed(ending)}
    said = ((tag, phrase(key, tag) + ending[language]) for tag, language in reversed(spoken.items()))
    return Text(tuple(said))


def _is_spoken(language: str) -> bool:
    return language.partition("-")[0] in _table()


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    source = resources.files("mappings.documents").joinpath("phrases.json")
    table: dict[str, dict[str, str]] = json.loads(source.read_text("utf-8"))
    return table
