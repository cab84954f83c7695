"""What is wrong with a European Digital Credential although the official SHACL shapes are content.

JSON-LD drops keys that its context does not know, merges nodes of one id and takes a document of another type for one
without anything to check; the shapes look up no concept. Each of these is a problem here, for our own documents before
they are sealed and for those of others. :func:`missing_elements` tells which standard elements a document lacks.

The caller limits size and depth; any JSON object of sane size gives an answer, never an exception.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import chain, islice
from typing import TypedDict

from mappings.documents.elm_completeness import missing_elements
from mappings.documents.elm_graph import Found, JsonObject, as_list, contents, identity, nodes, types_of
from mappings.documents.elm_values import value_problem
from mappings.errors import UnknownTerm
from mappings.vocabularies.terms import term, terms

__all__ = ["Problem", "ProblemCode", "missing_elements", "problems"]

_CONTEXTS = ("https://www.w3.org/2018/credentials/v1", "//data.europa.eu/snb/model/context/edc-ap")
_TYPES = ("VerifiableCredential", "EuropeanDigitalCredential")
_OPAQUE = frozenset(("proof", "@context"))
"""Keys whose values have terms of their own."""
_KEYWORDS = frozenset(("id", "type", "@context"))
_VALUE_KEYWORDS = frozenset(("@value", "@type", "@language"))
_STRICTER = {"id": "string", "type": "string", "volumeOfLearning": "work", "workload": "work"}
"""Keys of which more is demanded than the contexts say."""
_MOST = 200
"""Problems that are told; a document with more is not read to its end."""


class ProblemCode(StrEnum):
    """What can be wrong, stable for machines."""

    CONTEXT = "context"
    TYPE = "type"
    UNKNOWN_KEY = "unknown_key"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_VALUE = "wrong_value"
    UNKNOWN_CONCEPT = "unknown_concept"
    WRONG_SCHEME = "wrong_scheme"
    ID_COLLISION = "id_collision"
    DATE = "date"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: code, JSON path (``$.credentialSubject.hasClaim[0].title``), a sentence."""

    code: ProblemCode
    path: str
    sentence: str


class _Seen(TypedDict):
    """What nodes with an id say: the first of each id as it is, and by id and place where there is a second."""

    first: dict[str, JsonObject]
    said: dict[str, dict[str, frozenset[object]]]


class _Terms(TypedDict):
    types: list[str]
    terms: dict[str, str]
    controlled: dict[str, str]
    prefixes: dict[str, str]


def problems(document: JsonObject) -> tuple[Problem, ...]:
    """Return what is wrong with ``document``, in the order of the document, at most 200 of it."""
    return tuple(islice(_problems(document), _MOST))


def _problems(document: JsonObject) -> Iterator[Problem]:
    yield from _vacuous(document)
    seen: _Seen = {"first": {}, "said": {}}
    for found in nodes(document, _OPAQUE):
        if _table()["terms"].get(found.key) == "language":
            continue
        yield from _unknown(found)
        yield from _wrong_values(found)
        yield from _wrong_concepts(found)
        yield from _collisions(found, seen)


def _vacuous(document: JsonObject) -> Iterator[Problem]:
    """Without these two the shapes find nothing to look at, and conform."""
    contexts = as_list(document.get("@context"))
    named = [each.removeprefix("http:").removeprefix("https:") for each in contexts[1:] if isinstance(each, str)]
    if contexts[:1] != [_CONTEXTS[0]] or named != [_CONTEXTS[1]] or len(contexts) != len(_CONTEXTS):
        sentence = "The contexts are not exactly those of W3C credentials v1 and of edc-ap, in that order."
        yield Problem(ProblemCode.CONTEXT, "$.@context", sentence)
    for missing in sorted(set(_TYPES) - set(types_of(document))):
        yield Problem(ProblemCode.TYPE, "$.type", f"The type {missing} is missing.")


def _unknown(found: Found) -> Iterator[Problem]:
    known = _table()
    keywords = _VALUE_KEYWORDS if "@value" in found.node else _KEYWORDS
    for key in found.node:
        if key not in known["terms"] and key not in keywords:
            yield Problem(
                ProblemCode.UNKNOWN_KEY, f"{found.path}.{key}", "No context defines this key: it says nothing."
            )
    for type_ in types_of(found.node):
        if type_ not in known["types"]:
            yield Problem(ProblemCode.UNKNOWN_TYPE, f"{found.path}.type", "No context defines this type.")
    if found.path != "$" and "@context" in found.node:
        yield Problem(ProblemCode.CONTEXT, f"{found.path}.@context", "A context of its own changes what its keys mean.")


def _wrong_values(found: Found) -> Iterator[Problem]:
    kinds = _table()["terms"]
    for key, value in found.node.items():
        kind = _STRICTER.get(key) or kinds.get(key, "")
        for each in as_list(value):
            wrong = value_problem(kind, each)
            if wrong is not None:
                yield Problem(ProblemCode(wrong.code), f"{found.path}.{key}", wrong.sentence)


def _wrong_concepts(found: Found) -> Iterator[Problem]:
    for key in [key for key in found.node if key in _controlled_keys()]:
        rules = [f"{type_}.{key}" for type_ in types_of(found.node)] + [key]
        for each in as_list(found.node[key]):
            yield from _concept(rules, identity(each) or "", f"{found.path}.{key}")


def _concept(rules: list[str], iri: str, path: str) -> Iterator[Problem]:
    known = _table()
    prefix = next((known["prefixes"][rule] for rule in rules if rule in known["prefixes"]), "")
    list_name = next((known["controlled"][rule] for rule in rules if rule in known["controlled"]), "")
    if not iri.startswith(prefix):
        yield Problem(ProblemCode.WRONG_SCHEME, path, f"Not a concept of {prefix}.")
    elif list_name and not _is_listed(list_name, iri):
        yield _unlisted(list_name, iri, path)


def _unlisted(list_name: str, iri: str, path: str) -> Problem:
    base = terms(list_name)[0].iri.rpartition("/")[0]
    if iri.startswith(f"{base}/"):
        return Problem(ProblemCode.UNKNOWN_CONCEPT, path, f"The EU list «{list_name}» has no such concept.")
    return Problem(ProblemCode.WRONG_SCHEME, path, f"Not a concept of the EU list «{list_name}».")


def _is_listed(list_name: str, iri: str) -> bool:
    try:
        return term(list_name, iri).iri == iri
    except UnknownTerm:
        return False


def _collisions(found: Found, seen: _Seen) -> Iterator[Problem]:
    """Compare what nodes of one id say; nested nodes count by their ids, and are compared themselves."""
    id_ = identity(found.node)
    if id_ is None or (first := seen["first"].setdefault(id_, found.node)) is found.node:
        return
    said = seen["said"].setdefault(id_, {})
    for node in (found.node,) if said else (first, found.node):
        for place, values in _places(node):
            if said.setdefault(place, values) != values:
                sentence = "Another node has the same id and says something else here: readers merge the two."
                yield Problem(ProblemCode.ID_COLLISION, f"{found.path}.{place}", sentence)


def _places(node: JsonObject) -> Iterator[tuple[str, frozenset[object]]]:
    return chain.from_iterable(contents(key, value).items() for key, value in node.items())


@cache
def _controlled_keys() -> frozenset[str]:
    rules = {**_table()["controlled"], **_table()["prefixes"]}
    return frozenset(rule.rpartition(".")[2] for rule in rules)


@cache
def _table() -> _Terms:
    source = resources.files("mappings.documents").joinpath("elm_terms.json")
    table: _Terms = json.loads(source.read_text("utf-8"))
    return table
