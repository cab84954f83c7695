"""Where platforms push events to, and where an operator's monitoring looks: no browser, no session, no CSRF token.

An event is answered 204 whenever its sender is known, also where it is about nothing that concerns the bridge: what
it changed is nobody's business. Whoever cannot be told gets 401 and no reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import structlog
from flask import Blueprint, Flask, Response, abort, current_app, jsonify, request

from lti.errors import LtiError
from lti.keysets import PublicKey
from mappings.assessment import PlatformId
from plugin.errors import UnknownRow
from plugin.hinting import Event, HintRefused, canvas_event, moodle_event
from plugin.progress import progress
from plugin.scheduling import SchedulingTools, take_hint
from plugin.web.health import is_operator
from plugin.web.limits import PUBLIC, limiter
from plugin.web.verify import csrf

log = structlog.get_logger(__name__)
blueprint = Blueprint("hints", __name__)
_NAME = "microcred.hints"
_LARGEST = 256_000
"""Bytes of one event."""


@dataclass(frozen=True, slots=True)
class HintTools:
    """``find_key`` finds a key of Instructure's event key set; ``ring`` sends what became due."""

    scheduling: SchedulingTools
    find_key: Callable[[str], PublicKey]
    ring: Callable[[], object]
    operator_token: str


def init_app(app: Flask, tools: HintTools) -> None:
    """Register the addresses."""
    app.extensions[_NAME] = tools
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.post("/hints/<platform_id>")
def take(platform_id: str) -> Response:
    """Take an event of a platform."""
    request.max_content_length = _LARGEST
    tools, platform = _tools(), PlatformId(platform_id)
    try:
        event = _checked(tools, platform, request.get_data())
    except (HintRefused, LtiError, UnknownRow) as error:
        log.warning("hint_refused", code=error.code)
        abort(401)
    if event is not None and take_hint(tools.scheduling, platform, event.course, event.event_id):
        tools.ring()
    return Response(status=204)


@blueprint.get("/status.json")
@limiter.limit(PUBLIC)
def status() -> Response:
    """Tell where everything is, to who holds the operator's token."""
    if not is_operator(_tools().operator_token):
        abort(401)
    scheduling = _tools().scheduling
    return jsonify(progress(scheduling.storage, scheduling.clock).to_json())


def _checked(tools: HintTools, platform: PlatformId, body: bytes) -> Event | None:
    with tools.scheduling.storage.reading() as work:
        kind, secret = work.platforms.get(platform).kind, work.platforms.push_secret(platform)
    if kind == "canvas":
        return canvas_event(secret, body, tools.find_key)
    return moodle_event(secret, dict(request.headers), body, tools.scheduling.clock())


def _tools() -> HintTools:
    return cast(HintTools, current_app.extensions[_NAME])
