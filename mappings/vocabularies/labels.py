"""Labels of the EU lists in other languages than English, for people to read and to search by.

What a credential states is the concept and its English label, as the list carries it; these are for pages. Countries
and languages are named as Unicode CLDR names them, the other concepts were translated here (``labels-nl.json``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from mappings.vocabularies.terms import Term, list_of, terms

LANGUAGES: Final = frozenset({"nl"})
"""Languages besides English that labels are there in."""


@cache
def _labels(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return labels by list and code."""
    if language not in LANGUAGES:
        return {}
    table = json.loads(resources.files(__package__).joinpath(f"labels-{language}.json").read_text("utf-8"))
    lists: Mapping[str, Mapping[str, str]] = table["lists"]
    return lists


def label(concept: Term, language: str) -> str:
    """Return the name of ``concept`` in ``language`` (a BCP 47 tag), in English where there is none."""
    return _labels(language.partition("-")[0]).get(list_of(concept.scheme), {}).get(concept.code, concept.label)


def search(list_name: str, words: str, language: str) -> tuple[Term, ...]:
    """Return the concepts whose label in ``language`` or in English, or whose code, has every one of ``words``."""
    wanted = words.casefold().split()
    return tuple(
        each
        for each in terms(list_name)
        if all(word in f"{label(each, language)} {each.label} {each.code}".casefold() for word in wanted)
    )
