"""JSON objects that many documents share, written once.

An award should cost little more than its signature, and most of a credential says the same of every learner. So a node
can carry its own JSON text, and writing a document is putting such texts together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring

Node = Mapping[str, object]
"""A JSON object of the document."""


class Written(dict[str, object]):
    """A JSON object with its text as UTF-8. It is shared between documents: never change one in place."""

    __slots__ = ("text",)

    def __init__(self, node: Node, text: bytes) -> None:
        super().__init__(node)
        self.text = text


class Plain(str):
    """ASCII without quotation marks, backslashes and control characters, such as base64: it needs no look at each."""

    __slots__ = ()


def write(value: object) -> bytes:
    """Return JSON as UTF-8, without blanks, keys in the order given, text as it is."""
    if isinstance(value, Written):
        return value.text
    if isinstance(value, Plain):
        return b'"%s"' % value.encode()
    if isinstance(value, str):
        return encode_basestring(value).encode()
    if isinstance(value, dict):
        return b"{%s}" % b",".join([_name(key) + write(each) for key, each in value.items()])
    if isinstance(value, list):
        return b"[%s]" % b",".join([write(each) for each in value])
    return json.dumps(value).encode()


@lru_cache(maxsize=1024)
def _name(key: str) -> bytes:
    return b"%s:" % encode_basestring(key).encode()


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
    id_ = f"urn:epass:{type_[0].lower()}{type_[1:]}:{hashlib.sha256(text).hexdigest()[:24]}"
    identified = write({"id": id_, "type": type_})
    return Written({"id": id_, "type": type_, **content}, b"%s,%s" % (identified[:-1], text[1:]))


def present(**properties: object) -> dict[str, object]:
    """Return the properties that have a value: JSON-LD has no use for null or an empty list."""
    return {name: value for name, value in properties.items() if value not in (None, "", [])}
