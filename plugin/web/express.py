"""The straight way of a launch: login and launch POST of a browser that shows its key, answered before Flask.

At the beginning of a lesson a whole class launches at once, and Flask with its extensions costs several times as much
as all checks of a launch together (``make bench``). So the two requests that are always the same are answered here:
a login with the cookie there, and a launch that is let in. **Every check is the same call** as in
:mod:`plugin.web.launch`; what is not straight (no cookie, a frame to be looked at, any refusal) has stored nothing and
goes on to Flask with its body unread, where it is answered from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from flask import Flask
from itsdangerous import BadSignature

from lti.errors import LtiError
from lti.states import BrowserKey
from plugin.web.launching import COOKIE, SHORTEST_KEY, LaunchTools
from plugin.web.security import HTTPS_ONLY
from plugin.web.sessions import Sessions
from plugin.web.visits import with_launch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LARGEST = 131_072
_MOST_FIELDS = 50
_SHORT = 256
"""Characters of a value that is remembered: a stranger fills no memory with others."""
_FORM = "application/x-www-form-urlencoded"
_HEADERS = [
    ("Content-Length", "0"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]
"""Of a redirect: the page that it leads to has its own policy."""
Headers = list[tuple[str, str]]


class Express:
    """WSGI middleware in front of ``app``."""

    def __init__(self, app: Flask, tools: LaunchTools) -> None:
        self._sessions = Sessions().get_signing_serializer(app)
        self._signer = self._sessions.make_signer()
        self._longest_session = int(app.permanent_session_lifetime.total_seconds())
        self._session_cookie = app.config["SESSION_COOKIE_NAME"]
        self._next = app.wsgi_app
        self._tools = tools
        secure = tools.public_url.startswith("https://")
        self._headers = [*_HEADERS, *([("Strict-Transport-Security", HTTPS_ONLY)] if secure else [])]
        self._ways = {"/lti/login": self._login, "/lti/launch": self._launch}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or hand on."""
        way = self._ways.get(environ.get("PATH_INFO", "")) if environ["REQUEST_METHOD"] == "POST" else None
        cookies = _cookies(environ) if way else {}
        key = cookies.get(COOKIE, "")
        form = _form(environ) if way and len(key) >= SHORTEST_KEY else None
        if way is None or form is None:
            return self._next(environ, start_response)
        try:
            headers = way(form, BrowserKey(key), cookies)
        except LtiError:
            return self._next(environ, start_response)
        start_response("302 FOUND", [*headers, *self._headers])
        return []

    def _login(self, form: dict[str, str], key: BrowserKey, _: dict[str, str]) -> Headers:
        return [("Location", self._tools.login.begin(form, key, self._tools.clock()).location)]

    def _launch(self, form: dict[str, str], key: BrowserKey, cookies: dict[str, str]) -> Headers:
        accepted = self._tools.reception.accept(form, key, self._tools.clock())
        session = with_launch(self._session(cookies), accepted.id)
        kept = f"{self._session_cookie}={self._sessions.dumps(session)}"
        cookie = f"{kept}; Secure; HttpOnly; Path=/; SameSite=None; Partitioned"
        return [("Location", self._tools.home(accepted)), ("Set-Cookie", cookie)]

    def _session(self, cookies: dict[str, str]) -> dict[str, object]:
        if not (kept := cookies.get(self._session_cookie)):
            return {}
        try:
            return dict(self._sessions.load_payload(self._signer.unsign(kept, max_age=self._longest_session)))
        except BadSignature:
            return {}


def _cookies(environ: WSGIEnvironment) -> dict[str, str]:
    pairs = (part.partition("=") for part in environ.get("HTTP_COOKIE", "").split("; "))
    return {name: value for name, _, value in pairs}


def _form(environ: WSGIEnvironment) -> dict[str, str] | None:
    """Return the form, and leave the body to be read again; None where it is not an ordinary one."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdigit() or int(length) > _LARGEST or not environ.get("CONTENT_TYPE", "").startswith(_FORM):
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    try:
        pairs = [part.partition("=") for part in body.decode("ascii").split("&", _MOST_FIELDS)]
    except ValueError:
        return None
    form = {_plain(name): _plain(value) for name, _, value in pairs}
    return form if len(form) == len(pairs) <= _MOST_FIELDS else None


def _plain(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    return _unquoted(text) if len(text) <= _SHORT else unquote_plus(text)


@lru_cache(maxsize=512)
def _unquoted(text: str) -> str:
    """Return ``text`` out of its quotes, which is slow; the addresses in a login are the same each time."""
    return unquote_plus(text)
