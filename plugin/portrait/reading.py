"""Reading JSON-LD of strangers: whatever is there in the expected form, cut to a length that a page can show."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from mappings.errors import UnknownTerm
from mappings.vocabularies.labels import label
from mappings.vocabularies.terms import term
from plugin.portrait.snapshot import mail_address, web_address

LONGEST = 2_000
"""Characters of one text that are shown."""
MOST = 50
"""Entries of one list that are shown."""

Node = dict[str, object]


def nodes(node: Node, name: str) -> Iterator[Node]:
    """Yield the objects under ``name``, whether one or a list."""
    value = node.get(name)
    listed = value if isinstance(value, list) else [value]
    yield from (each for each in listed[:MOST] if isinstance(each, dict))


def node(parent: Node, *names: str) -> Node:
    """Return the first object at the end of a path, an empty one where the path ends early."""
    for name in names:
        parent = next(nodes(parent, name), {})
    return parent


def text(value: object, language: str) -> str:
    """Return text from a string, a language map, a list of either, or a note that carries one."""
    if isinstance(value, str):
        return value.strip()[:LONGEST]
    if isinstance(value, list):
        return text(value[0], language) if value else ""
    if not isinstance(value, dict):
        return ""
    for name in (language, "noteLiteral", "prefLabel", "legalName", "name", "@value", "en"):
        if name in value:
            return text(value[name], language)
    return next((text(each, language) for each in value.values() if isinstance(each, str | list)), "")


def day(value: object) -> str:
    """Return the day of a date and time."""
    return value[:10] if isinstance(value, str) else ""


def link(value: object) -> str:
    """Return a web address, or nothing."""
    return web_address(value[:LONGEST]) if isinstance(value, str) else ""


def mailbox(contact: Node) -> str:
    """Return the e-mail address of a contact point (``mailto:`` in its mailbox), or nothing."""
    address = node(contact, "emailAddress").get("id")
    return mail_address(unquote(address.removeprefix("mailto:"))) if isinstance(address, str) else ""


def code(concept: Node) -> str:
    """Return the last part of a concept's IRI."""
    iri = concept.get("id")
    return iri.rsplit("/", 1)[-1] if isinstance(iri, str) else ""


def named(concept: Node, list_name: str, language: str) -> str:
    """Return the name of a concept of an EU list in ``language``; one that the list does not have names itself."""
    try:
        return label(term(list_name, str(concept.get("id"))), language)
    except UnknownTerm:
        return text(concept, language)
