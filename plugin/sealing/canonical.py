"""Any JSON-LD document as canonical N-Quads: expansion by PyLD, RDFC-1.0 by pyoxigraph.

RDF Dataset Canonicalization, https://www.w3.org/TR/rdf-canon/. This is the general path: right for every document,
and some seventy times slower than :mod:`plugin.sealing.compiled`, whose oracle and fallback it is. Whatever a context
does not define is an error: it would be in the document, and not under the signature.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from typing import NoReturn, TypeAlias

from cachetools import LRUCache
from pyld import jsonld
from pyld.context_resolver import ContextResolver
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from plugin.sealing.contexts import context
from plugin.sealing.errors import ContextUnknown, DocumentUnsuitable, TermUndefined

Load: TypeAlias = Callable[[str], object]

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|^`\\]*\Z")
_BLANK = re.compile(r"_:[A-Za-z0-9]+")
_RESOLVED: LRUCache[str, object] = LRUCache(maxsize=256)
_ONE_AT_A_TIME = threading.Lock()
"""Neither the cache nor what PyLD keeps in it is made for threads."""
_RELATIVE = "x-relative://here/"
"""What relative names are resolved against, so that they show; PyLD would take example.org."""
MAX_QUADS = 20_000
MAX_TWINS = 5
"""Blank nodes that look the same from one step away: each more multiplies the work of RDFC-1.0 (clause 7.1)."""


def canonicalise(document: Mapping[str, object], load: Load = context) -> str:
    """Return ``document`` as canonical N-Quads; ``load`` gives the contexts by their URL.

    Raise :class:`TermUndefined` for anything that no context defines, :class:`ContextUnknown`, and
    :class:`DocumentUnsuitable` for what is no JSON-LD or would take too long (poison graphs).
    """
    return canonical_quads(to_quads(document, load))


def canonical_quads(quads: str) -> str:
    """Return N-Quads in canonical form (RDFC-1.0 with SHA-256)."""
    try:
        dataset = Dataset(parse(quads.encode(), format=RdfFormat.N_QUADS))
    except (SyntaxError, ValueError):
        raise DocumentUnsuitable("the credential has an identifier or a value that RDF does not allow") from None
    _require_tractable([f"{quad} ." for quad in dataset])
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return "".join(sorted(f"{quad} .\n" for quad in dataset))


def to_quads(document: Mapping[str, object], load: Load = context) -> str:
    """Return ``document`` as N-Quads with arbitrary blank node labels; raises as :func:`canonicalise` does."""
    _require_named_contexts(document, load)
    loader = partial(_load, load)
    options: dict[str, object] = {
        "base": _RELATIVE,
        "documentLoader": loader,
        "contextResolver": ContextResolver(_RESOLVED if load is context else {}, loader),
        "processingMode": "json-ld-1.1",
    }
    processor = jsonld.JsonLdProcessor(on_property_dropped=_undefined)
    try:
        with _ONE_AT_A_TIME:
            expanded = processor.expand(dict(document), dict(options))
            _require_absolute(expanded)
            quads: str = processor.to_rdf(expanded, {**options, "format": "application/n-quads"})
    except jsonld.JsonLdError:
        raise DocumentUnsuitable("the credential is not valid JSON-LD") from None
    return quads


def first_degree_hashes(lines: list[str]) -> dict[str, str]:
    """Return the first-degree hash of every blank node (RDFC-1.0, clause 4.6)."""
    mentions: dict[str, list[str]] = {}
    for line in lines:
        for label in blank_nodes(line):
            mentions.setdefault(label, []).append(line)
    return {label: _first_degree(label, those) for label, those in mentions.items()}


def relabel(line: str, label: str) -> str:
    """Return ``line`` as seen from ``label``: itself ``_:a``, every other blank node ``_:z``."""
    literal = _literal(line)
    head, tail = line.split(literal, 1) if literal else (line, "")
    return _see(head, label) + literal + _see(tail, label)


def _see(text: str, label: str) -> str:
    return _BLANK.sub(lambda found: "_:a" if found.group() == label else "_:z", text)


def _first_degree(label: str, lines: list[str]) -> str:
    return sha256("".join(sorted(f"{relabel(line, label)}\n" for line in lines)).encode()).hexdigest()


def _literal(line: str) -> str:
    """Return the quoted literal of a line, «» where it has none."""
    begin, end = line.find('"'), line.rfind('"')
    return line[begin : end + 1] if begin != -1 else ""


def blank_nodes(line: str) -> set[str]:
    """Return the labels of the blank nodes that a line mentions."""
    return set(_BLANK.findall(_without_literals(line)))


def _without_literals(line: str) -> str:
    literal = _literal(line)
    return line.replace(literal, "") if literal else line


def _require_tractable(lines: list[str]) -> None:
    if len(lines) > MAX_QUADS:
        raise DocumentUnsuitable("the credential is too large")
    twins = Counter(first_degree_hashes(lines).values())
    if max(twins.values(), default=0) > MAX_TWINS:
        raise DocumentUnsuitable("the credential has too many parts that cannot be told apart")


def _load(load: Load, url: str, _options: Mapping[str, object]) -> dict[str, object]:
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": load(url)}


def _undefined(_term: object) -> NoReturn:
    raise TermUndefined("the credential has a member that none of its contexts defines")


def _require_named_contexts(document: object, load: Load) -> None:
    """Refuse contexts written into the document: only pinned ones, named by their URL, are known."""
    for member, value in _members(document):
        if member == "@context":
            for named in value if isinstance(value, list) else [value]:
                if not isinstance(named, str):
                    raise ContextUnknown("the credential brings a JSON-LD context of its own")
                load(named)


def _require_absolute(expanded: object) -> None:
    """Refuse identifiers and types without scheme: RDF would drop them, and the signature with them."""
    for member, value in _members(expanded):
        if member in {"@id", "@type"}:
            for name in value if isinstance(value, list) else [value]:
                if not _is_absolute(name):
                    raise TermUndefined("the credential has an identifier or a type that is not absolute")


def _is_absolute(name: object) -> bool:
    if not isinstance(name, str) or name.startswith(_RELATIVE):
        return False
    return name.startswith("_:") or _ABSOLUTE.match(name) is not None


def _members(value: object) -> Iterator[tuple[str, object]]:
    """Yield every member of every object in ``value``."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from _members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner)
