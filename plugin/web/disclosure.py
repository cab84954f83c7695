"""``/.well-known/security.txt``: whom to tell about a weakness of this installation (RFC 9116).

It is the installation's own contact, from the settings; without one there is no such file. The file is as fresh as
the answer, so it expires a fixed time from the day on which it is asked for (section 2.5.5: less than a year).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from flask import Flask, Response, abort

PATH = "/.well-known/security.txt"
_HOLDS = timedelta(days=180)
_KEPT = 86_400  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """``contact`` and ``policy`` are URIs, empty where the institution names none; ``public_url`` is our address."""

    contact: str
    policy: str
    public_url: str
    clock: Callable[[], datetime]


def init_app(app: Flask, disclosure: Disclosure) -> None:
    """Register the address."""
    app.add_url_rule(PATH, "security_txt", lambda: _answer(disclosure))


def _answer(disclosure: Disclosure) -> Response:
    if not disclosure.contact:
        abort(404)
    response = Response("".join(f"{line}\n" for line in _lines(disclosure)), content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={_KEPT}"
    return response


def _lines(disclosure: Disclosure) -> Iterator[str]:
    expires = datetime.combine(disclosure.clock().astimezone(UTC).date(), time(), UTC) + _HOLDS
    yield f"Contact: {disclosure.contact}"
    yield f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}"
    yield "Preferred-Languages: en, nl"
    yield f"Canonical: {disclosure.public_url}{PATH}"
    if disclosure.policy:
        yield f"Policy: {disclosure.policy}"
