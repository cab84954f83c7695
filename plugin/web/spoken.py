"""Languages by their names: people write «English, Dutch», profiles hold ``en`` and ``nl``. Names are those of CLDR."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from babel import Locale


def names(tags: Iterable[str], language: str) -> str:
    """Return the names of languages as people write them; a tag without a name stays a tag."""
    known = Locale.parse(language).languages
    return ", ".join(known.get(tag, tag) for tag in tags)


def tags(words: str, language: str) -> Iterator[str]:
    """Yield the tags of languages that are named in ``language`` or in English, or written as tags.

    They are parted by commas. What names none comes back in small letters, for the schema to refuse.
    """
    for part in filter(None, (each.strip() for each in words.split(","))):
        found = _tag(part.casefold(), language)
        yield from (found,) if found else (_tag(word, language) or word for word in part.lower().split())


def _tag(name: str, language: str) -> str | None:
    known = (Locale.parse(each).languages for each in (language, "en"))
    return next((tag for table in known for tag, said in table.items() if name in {tag.lower(), said.casefold()}), None)
