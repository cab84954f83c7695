"""Timestamps inside a JAdES seal: over the content, over the signature, and over all of it for the archive.

ETSI TS 119 182-1: ``adoTst`` (clause 5.2.6, in the protected header), ``sigTst`` (clause 5.3.4) and ``arcTst`` (clause
5.3.6.2), the latter two items of ``etsiU`` in the unprotected header. An item is base64url of a JSON object, or the
object itself. Checked by computing against the seals of the European Commission's samples.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from plugin.sealing.timestamp_tokens import Timestamp, read_token
from plugin.verification.jws import BadSeal, Envelope, Header, from_base64url
from plugin.verification.parsing import JsonObject, Limits, read_json

_TOKEN_LIMIT = 20  # timestamps in one seal


def seal_timestamps(envelope: Envelope, header: Header, limits: Limits) -> tuple[Timestamp, ...]:
    """Return the timestamps over the signature after checking all timestamps of the seal. Raise :class:`BadSeal`.

    Each must cover what it stands on and be as its authority made it. An archive timestamp over items that are not
    base64url depends on how their JSON was written; it is passed over.
    """
    for timestamp in content_timestamps(header):
        _require(timestamp, envelope.payload.encode(), "content")
    items = _items(envelope)
    found: list[Timestamp] = []
    for position, item in enumerate(items):
        values = _item(item, limits)
        for timestamp in _tokens(values.get("sigTst")):
            _require(timestamp, envelope.signature.encode(), "signature")
            found.append(timestamp)
        for timestamp in _tokens(values.get("arcTst")):
            _require_archive(timestamp, envelope, items[:position])
    return tuple(found)


def content_timestamps(header: Header) -> tuple[Timestamp, ...]:
    """Return the timestamps over the content, made before sealing. Raise :class:`BadSeal` where one is unreadable."""
    return tuple(_tokens(header.values.get("adoTst")))


def signature_timestamps(envelope: Envelope, limits: Limits) -> tuple[Timestamp, ...]:
    """Return the timestamps over the signature, unchecked. Raise :class:`BadSeal` where one is unreadable."""
    items = (_item(item, limits) for item in _items(envelope))
    return tuple(timestamp for item in items for timestamp in _tokens(item.get("sigTst")))


def _items(envelope: Envelope) -> list[object]:
    items = envelope.unprotected.get("etsiU", [])
    if not isinstance(items, list) or len(items) > _TOKEN_LIMIT:
        raise _unreadable()
    return items


def _item(item: object, limits: Limits) -> JsonObject:
    try:
        value = read_json(from_base64url(item).decode(), limits) if isinstance(item, str) else item
    except ValueError:
        raise _unreadable() from None
    if not isinstance(value, dict):
        raise _unreadable()
    return value


def _tokens(container: object) -> Iterator[Timestamp]:
    """Read ``{"tstTokens": [{"val": "<base64 DER>"}]}``; nothing where there is no container."""
    if container is None:
        return
    tokens = container.get("tstTokens") if isinstance(container, dict) else None
    if not isinstance(tokens, list) or len(tokens) > _TOKEN_LIMIT:
        raise _unreadable()
    for token in tokens:
        try:
            yield read_token(base64.b64decode(token["val"], validate=True))
        except (ValueError, TypeError, KeyError, binascii.Error):
            raise _unreadable() from None


def _require_archive(timestamp: Timestamp, envelope: Envelope, items: list[object]) -> None:
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) == len(items):
        parts = (envelope.payload, envelope.protected, envelope.signature, "".join(texts))
        _require(timestamp, ".".join(parts).encode(), "archived seal")


def _require(timestamp: Timestamp, data: bytes, what: str) -> None:
    if not timestamp.covers(data):
        raise BadSeal(
            "timestamp_wrong", f"A timestamp in the seal is not one of this {what}: one of the two was changed."
        )
    if not timestamp.is_intact():
        raise BadSeal("timestamp_changed", f"The timestamp over the {what} was changed.")


def _unreadable() -> BadSeal:
    return BadSeal("timestamp_unreadable", "The unprotected header of the seal, with its timestamps, cannot be read.")
