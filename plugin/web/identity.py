"""Who we are and what still stands, at the addresses where others look.

DID document, key sets, JSON-LD context, SD-JWT VC type (:mod:`plugin.identity`) and the status lists
(:mod:`plugin.revocation`). All of it is public, the same for everybody, cacheable with an ETag, and readable from any
origin: wallets and verifiers run in browsers too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request

from mappings.documents.status_list import BESIDE
from plugin.identity import Published
from plugin.revocation import TTL

_LIST = re.compile(r"[0-9a-f]{8,64}")
_KEYS_KEPT = 3600  # seconds; a planned key is published a day ahead


@dataclass(frozen=True, slots=True)
class IdentityTools:
    """``addresses`` are the paths of ``documents``; ``status_list`` gives the file of a list, where it is."""

    addresses: tuple[str, ...]
    documents: Callable[[], Mapping[str, Published]]
    status_list: Callable[[str], Path | None]


def init_app(app: Flask, tools: IdentityTools) -> None:
    """Register the addresses; they answer 404 as long as the issuer has no keys."""
    blueprint = Blueprint("identity", __name__)
    for path in tools.addresses:
        blueprint.add_url_rule(path, path.replace("/", "_").replace(".", "_"), _document(tools, path))
    blueprint.add_url_rule("/status/<name>", "status_list", _status_list(tools))
    app.register_blueprint(blueprint)


def _document(tools: IdentityTools, path: str) -> Callable[[], Response]:
    def view() -> Response:
        found = tools.documents().get(path)
        if found is None:
            abort(404)
        return _public(Response(found.body, content_type=found.media_type), _KEYS_KEPT, _hash(found.body))

    return view


def _status_list(tools: IdentityTools) -> Callable[[str], Response]:
    def view(name: str) -> Response:
        """Hand out a list: the credential at its address, the token beside it (Token Status List, 8.1)."""
        wants_token = name.endswith(BESIDE)
        identifier = name.removesuffix(BESIDE)
        found = tools.status_list(identifier) if _LIST.fullmatch(identifier) else None
        if found is None:
            abort(404)
        path = found.with_name(name)
        written = path.stat()
        body, etag = _kept(path, written.st_mtime_ns, written.st_ino)
        kind = "application/statuslist+jwt" if wants_token else "application/vc"
        return _public(Response(body, content_type=kind), TTL, etag)

    return view


@lru_cache(maxsize=64)
def _kept(path: Path, _written: int, _file: int) -> tuple[bytes, str]:
    """Return a list and its hash, read once: a list that is published again is another file, of another time."""
    body = path.read_bytes()
    return body, _hash(body)


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()[:32]


def _public(response: Response, seconds: int, etag: str) -> Response:
    """Let anybody keep it for ``seconds``, and ask by the hash of its bytes whether it is still the same."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.set_etag(etag)
    response.make_conditional(request)
    return response
