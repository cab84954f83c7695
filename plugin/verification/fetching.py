"""Asking strangers' issuers, guarded and remembered: DID documents, issuer metadata, status lists.

Nothing else is ever fetched for a check: no contexts, no schemas, no images. Every request goes through
:mod:`lti.network` (https, public addresses, no redirects), is bounded in time and size, and its answer, also «not
there», is kept for a while, so that a file somebody hands in cannot make us ask again and again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from lti.errors import LtiError
from lti.network import Network, Request, open_session, send
from plugin.sealing.data_integrity import read_object
from plugin.sealing.errors import SealError
from plugin.sealing.key_history import PublishedKey
from plugin.verification.issuer_keys import key_of_did_document, key_of_issuer_metadata
from plugin.verification.parsing import JsonObject

KEPT_FOR = timedelta(minutes=5)
_MOST_KEPT = 500
_BOUNDS = {"connect": 3.0, "read": 5.0, "whole": 8.0, "largest": 2 * 1024 * 1024}
"""Seconds and bytes: a person waits for the answer."""


class Fetcher:
    """Fetches documents; a :data:`~plugin.verification.status_lists.Fetch`."""

    def __init__(self, network: Network, now: Callable[[], datetime]) -> None:
        self._network = replace(network, **_BOUNDS)  # type: ignore[arg-type]  # all of them are numbers
        self._now = now
        self._kept: dict[str, tuple[datetime, bytes | None]] = {}
        self._lock = threading.Lock()

    def __call__(self, url: str) -> bytes | None:
        """Return what stands at ``url``, None where it may not or cannot be had."""
        now = self._now()
        with self._lock:
            until, body = self._kept.get(url, (now, None))
        if until > now:
            return body
        body = self._fetch(url)
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[url] = (now + KEPT_FOR, body)
        return body

    def _fetch(self, url: str) -> bytes | None:
        try:
            with open_session(self._network, again_on=frozenset()) as session:
                answer = send(session, Request(url=url, headers={"Accept": "*/*"}), self._network)
        except LtiError:
            return None
        return answer.body if answer.status == 200 else None


class PublishedKeys:
    """Finds keys of ``did:web`` and https issuers; a :data:`~plugin.verification.issuer_keys.KeyLookup`."""

    def __init__(self, fetch: Callable[[str], bytes | None]) -> None:
        self._fetch = fetch

    def __call__(self, issuer: str, name: str) -> PublishedKey | None:
        """Return the key as its issuer publishes it."""
        if issuer.startswith("did:web:"):
            return key_of_did_document(self._document(did_document_url(issuer)), issuer, name)
        if issuer.startswith("https://"):
            return key_of_issuer_metadata(self._metadata(issuer), issuer, name)
        return None

    def _metadata(self, issuer: str) -> JsonObject | None:
        """Return an issuer's metadata with its keys inside, also where they stand at an address of their own."""
        found = self._document(issuer_metadata_url(issuer))
        elsewhere = None if found is None or "jwks" in found else found.get("jwks_uri")
        return found if not isinstance(elsewhere, str) else {**(found or {}), "jwks": self._document(elsewhere)}

    def _document(self, url: str) -> JsonObject | None:
        body = self._fetch(url)
        try:
            return None if body is None else read_object(body)
        except SealError:
            return None


def did_document_url(did: str) -> str:
    """Return where a ``did:web`` has its document (did:web, 3.2)."""
    host, *path = (unquote(part) for part in did.removeprefix("did:web:").split(":"))
    return f"https://{host}/{'/'.join(path) if path else '.well-known'}/did.json"


def issuer_metadata_url(issuer: str) -> str:
    """Return where an SD-JWT VC issuer has its metadata: the well-known string stands before its path."""
    parts = urlsplit(issuer)
    return f"https://{parts.netloc}/.well-known/jwt-vc-issuer{parts.path.rstrip('/')}"
