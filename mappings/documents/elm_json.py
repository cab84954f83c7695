"""JSON objects that many documents share, written once.

An award should cost little more than its signature, and most of a credential says the same of every learner. So a node
can carry its own JSON text, and writing a document is putting such texts together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from json.encoder import encode_basestring

Node = Mapping[str, object]
"""A JSON object of the document."""


class Written(dict[str, object]):
    """A JSON object with its text. It is shared between documents: never change one in place."""

    __slots__ = ("text",)

    def __init__(self, node: Node, text: str) -> None:
        super().__init__(node)
        self.text = text


def write(value: object) -> str:
    """Return JSON without blanks, keys in the order given, text as it is."""
    if isinstance(value, Written):
        return value.text
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Mapping):
        return "{" + ",".join([f"{encode_basestring(key)}:{write(each)}" for key, each in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([write(each) for each in value]) + "]"
    return json.dumps(value)


def written(node: Node) -> Written:
    """Write ``node`` once for all its places."""
    return Written(node, write(node))


def by_content(type_: str, **properties: object) -> Written:
    """Return a node of ``type_`` whose id is the digest of its properties.

    Equal content has one id and different content never shares one: JSON-LD merges nodes by id, and SHACL notices
    that only sometimes.
    """
    content = present(**properties)
    text = write(content)
    digest = hashlib.sha256(text.encode()).hexdigest()[:24]
    id_ = f"urn:epass:{type_[0].lower()}{type_[1:]}:{digest}"
    return Written({"id": id_, "type": type_, **content}, f'{{"id":"{id_}","type":"{type_}",{text[1:]}')


def present(**properties: object) -> dict[str, object]:
    """Return the properties that have a value: JSON-LD has no use for null or an empty list."""
    return {name: value for name, value in properties.items() if value not in (None, "", [])}
