"""Text in one or several languages: the language maps of ELM, Open Badges and SD-JWT VC type metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mappings.errors import InvalidValue

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str, name: str = "text") -> str:
    """Return ``text`` without surrounding blanks; refuse empty text and control characters."""
    stripped = text.strip()
    if not stripped:
        raise InvalidValue(f"{name} is empty")
    if _CONTROL.search(stripped):
        raise InvalidValue(f"{name} contains a control character")
    return stripped


@dataclass(frozen=True, slots=True)
class Text:
    """Text by language tag (BCP 47, primary subtag in lower case), at least one, first is the preferred one.

    Shape as stored and rendered: ``{"en": "Data analysis", "nl": "Gegevensanalyse"}``.
    """

    by_language: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.by_language:
            raise InvalidValue("text needs at least one language")
        languages = [language for language, _ in self.by_language]
        if len({language.lower() for language in languages}) != len(languages):
            raise InvalidValue("a language is given twice")
        for language, text in self.by_language:
            if not _LANGUAGE.match(language):
                raise InvalidValue(f"{language!r} is not a language tag")
            if clean(text) != text:
                raise InvalidValue("text has surrounding blanks")

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Text:
        """Build from a language map, trimming blanks."""
        return cls(tuple((language, clean(text)) for language, text in texts.items()))

    @property
    def languages(self) -> tuple[str, ...]:
        """The language tags in order of preference."""
        return tuple(language for language, _ in self.by_language)

    def in_language(self, language: str) -> str:
        """Return the text in ``language``, else in the preferred language."""
        texts = dict(self.by_language)
        return texts.get(language, self.by_language[0][1])

    def as_map(self) -> dict[str, str]:
        """Return the language map to serialise."""
        return dict(self.by_language)
