"""A sentence that remembers how it was made, so that a page can say it in another language.

Nothing here knows a catalogue: a sentence is made in English from a text and what fills its places. Logs, the command
line and JSON take it for the text that it is; a page looks its ``text`` up, and fills in the same values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from mappings.text import Text


class Said(str):
    """English, filled in; ``text`` with places like ``%(name)s`` is what a catalogue translates.

    A value may be a day, a :class:`Text`, another sentence, or a tuple of them, which is told with commas.
    """

    __slots__ = ("text", "values")

    text: str
    values: Mapping[str, object]


def say(text: str, **values: object) -> Said:
    """Return ``text`` with its places filled in; without values «%» stands for itself."""
    if isinstance(text, Said):
        return text
    return _remembering(
        text % {name: _english(each) for name, each in values.items()} if values else text, text, values
    )


def say_briefly(english: str, text: str) -> Said:
    """Return ``english`` as it is; another language says ``text``, which knows less."""
    return _remembering(english, text, {})


def _remembering(english: str, text: str, values: Mapping[str, object]) -> Said:
    said = Said(english)
    said.text, said.values = text, values
    return said


def _english(value: object) -> object:
    if isinstance(value, tuple):
        return ", ".join(str(_english(each)) for each in value)
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return value.in_language("en") if isinstance(value, Text) else value
