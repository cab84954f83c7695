"""Headers of every answer: what a page may load, and who may frame it.

Content Security Policy Level 3: nothing from elsewhere, scripts only with this answer's nonce, no ``eval``.
``frame-ancestors`` names the registered platform of the session and nobody else; pages outside a session cannot
be framed at all.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from flask import Flask, Response, g, request

SELF = "'self'"
NOBODY = "'none'"
HTTPS_ONLY = "max-age=63072000; includeSubDomains"
"""For two years browsers come by TLS or not at all (RFC 6797)."""
SESSION_COOKIE = {
    "SESSION_COOKIE_NAME": "__Host-microcred",
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "None",
    "SESSION_COOKIE_PARTITIONED": True,
}
"""A cookie that comes back inside a platform's frame, and that no other host can set."""


def nonce() -> str:
    """Return the nonce of this answer's scripts, made on first use."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow_framing(origins: Iterable[str]) -> None:
    """Let the answer under way be framed by these origins (``https://lms.example``)."""
    g.frame_ancestors = " ".join(origins)


def allow_form_target(origin: str) -> None:
    """Let a form of the answer under way post to ``origin``: the way back to the platform in deep linking."""
    g.form_action = f"'self' {origin}"


def harden(response: Response) -> Response:
    """Set the security headers, unless a view set its own."""
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce()}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            f"form-action {g.get('form_action', SELF)}",
            "base-uri 'none'",
            f"frame-ancestors {g.get('frame_ancestors') or NOBODY}",
        )
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
    return response


def init_app(app: Flask) -> None:
    """Harden every answer of ``app`` and give templates ``csp_nonce()``."""
    app.after_request(harden)
    app.jinja_env.globals["csp_nonce"] = nonce
