"""Where monitoring looks: `/healthz`, `/readyz`, `/version`. No session, no cookie, nothing about a person.

`/healthz` says that the process answers and asks nothing else, or a moment's trouble of the database would have every
process restarted. `/readyz` says whether requests should be sent here; who holds the operator's token reads why.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import cast

from flask import Blueprint, Flask, Response, current_app, json, request

from plugin.health import Health, Status
from plugin.health.report import MEDIA_TYPE
from plugin.storage.migrate import needed

blueprint = Blueprint("health", __name__)
_NAME = "microcred.health"


@dataclass(frozen=True, slots=True)
class HealthPages:
    """``ready`` runs the checks; without an ``operator_token`` nobody reads details."""

    ready: Callable[[], Health]
    operator_token: str


def init_app(app: Flask, pages: HealthPages) -> None:
    """Register the addresses."""
    app.extensions[_NAME] = pages
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def alive() -> Response:
    """Say that this process answers."""
    return _answer({"status": Status.PASS})


@blueprint.get("/readyz")
def ready() -> Response:
    """Say whether requests should come here, and to the operator why."""
    pages = cast(HealthPages, current_app.extensions[_NAME])
    health = pages.ready()
    said = health.to_json() if is_operator(pages.operator_token) else {"status": health.status}
    return _answer(said, 503 if health.status is Status.FAIL else 200)


@blueprint.get("/version")
def which() -> Response:
    """Say which version this is and which schema it needs."""
    return _answer({"version": version("microcredential-bridge"), "schema": needed()})


def is_operator(token: str) -> bool:
    """Tell whether the request under way carries the operator's token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and hmac.compare_digest(token.encode(), given.encode())


def _answer(said: Mapping[str, object], code: int = 200) -> Response:
    answer = Response(json.dumps(dict(said)), code, content_type=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer
