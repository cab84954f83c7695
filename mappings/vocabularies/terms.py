"""Terms of the EU controlled lists, loaded from the tables beside this module and checked against them.

SHACL accepts a concept that does not exist, and for several elements a concept of another scheme. So every term
is looked up here: only what its own list contains can be stated. Labels are English, as the lists carry them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from mappings.errors import UnknownTerm

LISTS: Final = (
    "accreditation-types",
    "assessment-types",
    "atu",
    "content-encoding",
    "country",
    "credential-types",
    "education-credit",
    "eqf",
    "file-type",
    "isced-f",
    "language",
    "learning-activity",
    "learning-opportunity",
    "learning-setting",
    "modes-learning-assessment",
    "skill-reuse-level",
    "skill-type",
    "supervision-verification",
)


@dataclass(frozen=True, slots=True)
class Term:
    """A concept of a controlled list. Build it with :func:`term`, which checks that it exists."""

    scheme: str
    """IRI of the concept scheme, e.g. ``http://data.europa.eu/snb/eqf/25831c2``."""
    iri: str
    label: str
    """English preferred label; the code where the source has none (188 entries of ``atu``)."""
    notation: str = ""
    """``country``, ``language``, ``file-type`` or ``atu`` on terms of the EU authority tables."""

    @property
    def code(self) -> str:
        """The last part of the IRI: ``BEL``, ``c598449d64``, ``6``."""
        return self.iri.rsplit("/", 1)[1]


@dataclass(frozen=True, slots=True)
class _Table:
    scheme: str
    terms: Mapping[str, Term]
    """By IRI, by code, and by alias: ISO 3166-1 alpha-2 for countries, ISO 639-1 for languages."""
    ordered: tuple[Term, ...]
    aliases: Mapping[str, str]
    """From code to alias."""


@cache
def _table(list_name: str) -> _Table:
    if list_name not in LISTS:
        raise UnknownTerm(f"there is no list {list_name!r}")
    table = json.loads(resources.files(__package__).joinpath(f"{list_name}.json").read_text("utf-8"))
    by_code = {
        code: Term(table["scheme"], table["base"] + code, label or code, table.get("notation", ""))
        for code, label in table["concepts"].items()
    }
    aliases: dict[str, str] = table.get("aliases", {})
    found = {term.iri: term for term in by_code.values()} | by_code
    found |= {alias: by_code[code] for alias, code in aliases.items()}
    codes = MappingProxyType({code: alias for alias, code in aliases.items()})
    return _Table(table["scheme"], MappingProxyType(found), tuple(by_code.values()), codes)


def term(list_name: str, iri_or_code: str) -> Term:
    """Return the concept of ``list_name``, by IRI, by code, or by ISO code of two letters (country, language).

    Raises :class:`UnknownTerm` for a concept that the list does not contain, also when another list does.
    """
    try:
        return _table(list_name).terms[iri_or_code]
    except KeyError:
        raise UnknownTerm(f"{iri_or_code!r} is not a concept of the list {list_name}") from None


def terms(list_name: str) -> tuple[Term, ...]:
    """Return every concept of a list, in the order of the list, for a form to choose from."""
    return _table(list_name).ordered


def search(list_name: str, words: str) -> tuple[Term, ...]:
    """Return the concepts whose label or code contains every one of ``words``, in any case."""
    wanted = words.casefold().split()
    return tuple(
        each for each in terms(list_name) if all(word in f"{each.label} {each.code}".casefold() for word in wanted)
    )


def require_term(value: Term | None, list_name: str, name: str) -> None:
    """Refuse a concept that is not one of ``list_name``, whatever its label says. None passes."""
    if value is not None and _table(list_name).terms.get(value.iri) != value:
        raise UnknownTerm(f"{name} is not a concept of the list {list_name}")


@cache
def list_of(scheme: str) -> str:
    """Return the name of the list with this scheme IRI; raises :class:`UnknownTerm`."""
    for list_name in LISTS:
        if _table(list_name).scheme == scheme:
            return list_name
    raise UnknownTerm(f"there is no list with the scheme {scheme!r}")


def two_letters(value: Term) -> str:
    """Return the ISO code of two letters of a country (``BE``) or language (``nl``); empty where it has none."""
    return _table(list_of(value.scheme)).aliases.get(value.code, "")
