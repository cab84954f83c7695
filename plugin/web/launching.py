"""What the LTI pages work with, and what a browser keeps of a login.

The browser's key (:mod:`lti.states`) is in a cookie that only this host can set (``__Host-``), that comes back inside
another site's frame (``SameSite=None``), and that each platform gets its own jar for (``Partitioned``): Chromium 156
sends no other kind from an iframe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, current_app, g, request, session
from werkzeug.wrappers import Response

from lti.claims import Launch, LaunchId, origin_of
from lti.errors import LaunchRefused
from lti.launch import Reception
from lti.login import Login
from lti.refusals import Refusal
from lti.states import BrowserKey
from lti.stores import LaunchStore, ToolKeyStore
from plugin.web import security

_NAME = "microcred.launching"
COOKIE = "__Host-microcred-browser"
SESSION = timedelta(hours=8)
"""How long a launch opens pages."""
SHORTEST_KEY = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTools:
    """``home`` is the address of a launch's first page; ``clock`` returns aware UTC."""

    login: Login
    reception: Reception
    launches: LaunchStore
    tool_keys: ToolKeyStore
    home: Callable[[Launch], str]
    clock: Callable[[], datetime]
    public_url: str


def keep(app: Flask, tools: LaunchTools) -> None:
    """Let the views of ``app`` work with ``tools``."""
    app.extensions[_NAME] = tools


def tools() -> LaunchTools:
    """Return what the view under way works with."""
    return cast("LaunchTools", current_app.extensions[_NAME])


def browser_key() -> BrowserKey | None:
    """Return the key that the browser shows in its cookie."""
    value = request.cookies.get(COOKIE, "")
    return BrowserKey(value) if len(value) >= SHORTEST_KEY else None


def give_key(response: Response, key: BrowserKey) -> None:
    """Let the browser keep ``key`` until it is closed."""
    response.set_cookie(COOKIE, key, secure=True, httponly=True, samesite="None", partitioned=True)


def from_our_own_page() -> bool:
    """Say whether the form under way was sent by a page of ours (Fetch Standard, ``Origin``)."""
    return request.headers.get("Origin", "") == origin_of(tools().public_url)


def held_launch(launch_id: str) -> Launch:
    """Return a launch that this browser holds, and let its platform frame the answer. Raises :class:`LaunchRefused`."""
    held = launch_id in session.get("launches", [])
    launch = tools().launches.find(LaunchId(launch_id)) if held else None
    if launch is None:
        raise LaunchRefused(Refusal.SESSION_MISSING)
    registration = tools().login.registry.of_login(launch.issuer, launch.client_id)
    security.allow_framing({*registration.origins, *launch.origins})
    require_fresh(launch, tools().clock())
    g.launch_locale = launch.person.locale
    return launch


def require_fresh(launch: Launch, now: datetime) -> None:
    """Refuse a launch that was too long ago, with the way back into its course."""
    if now - launch.launched_at > SESSION:
        g.way_back = launch.return_url if origin_of(launch.return_url) else ""
        raise LaunchRefused(Refusal.SESSION_EXPIRED)
