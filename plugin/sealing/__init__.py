"""Seals: what turns a document into something that a stranger can check.

A :class:`Sealer` holds a key it never shows. Sealing never happens inside a database transaction, and what it
returns does not count until :mod:`plugin.verification` has read the very bytes that will be stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mappings.documents.envelope import Document, Format


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed document: ``body`` is the file as stored and handed out, ``media_type`` its content type."""

    format: Format
    body: bytes
    media_type: str
    key_id: str
    """RFC 7638 thumbprint (SHA-256, base64url) of the public key that sealed it."""


class Sealer(Protocol):
    """Seals documents of one format with one key."""

    @property
    def format(self) -> Format:
        """The one format that this sealer seals."""
        ...

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Seal ``document`` at ``now`` (aware UTC). Raise :class:`plugin.sealing.errors.SealError`."""
        ...
