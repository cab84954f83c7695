"""`/metrics` for Prometheus, to who holds the operator's token; and the count of all answers, also of launches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Flask, Response, abort, current_app
from prometheus_client import CONTENT_TYPE_LATEST

from plugin import meters
from plugin.web.health import is_operator
from plugin.web.limits import PUBLIC, limiter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

blueprint = Blueprint("metrics", __name__)
_NAME = "microcred.metrics"


@dataclass(frozen=True, slots=True)
class MetricPages:
    """``gauges`` returns what rows know, as Prometheus reads it."""

    gauges: Callable[[], bytes]
    operator_token: str


class CountedAnswers:
    """Counts every answer by its kind (``2xx``, ``4xx``), whoever gives it."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner
        self._count = cache(lambda kind: meters.http_answers.labels(f"{kind}xx").inc)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on."""

        def start(status: str, headers: list[tuple[str, str]], *rest: object) -> Callable[[bytes], object]:
            self._count(status[:1])()
            return start_response(status, headers, *rest)  # type: ignore[arg-type]  # the traceback of an error, if any

        return self._inner(environ, start)


def init_app(app: Flask, pages: MetricPages) -> None:
    """Register the address and count from now on."""
    app.extensions[_NAME] = pages
    app.register_blueprint(blueprint)
    app.wsgi_app = CountedAnswers(app.wsgi_app)  # type: ignore[method-assign]


@blueprint.get("/metrics")
@limiter.limit(PUBLIC)
def metrics() -> Response:
    """Tell everything that is counted."""
    pages = cast(MetricPages, current_app.extensions[_NAME])
    if not is_operator(pages.operator_token):
        abort(401)
    return Response(meters.counted() + pages.gauges(), content_type=CONTENT_TYPE_LATEST)
