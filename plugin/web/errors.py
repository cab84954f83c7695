"""Refusals of the LTI side as pages: what happened, one step that helps, and a code that IT can look up.

The page may be framed by the platform that the login, the state or the address of a launch's page names, and its
button leads there, or into the course where a launch said so (``g.way_back``). A platform that is not registered gets
neither: then a sentence says what to do, for a button could lead nowhere. A refusal is logged by its code; nothing
that was posted is.
"""

from __future__ import annotations

from traceback import walk_tb
from types import TracebackType

import structlog
from flask import Flask, g, render_template, request

from lti.claims import LaunchId
from lti.errors import LaunchRefused, LtiError, PlatformError
from lti.refusals import Refusal, Step
from lti.stores import Registration
from plugin.meters import launch_refused
from plugin.web import security
from plugin.web.languages import gettext, lazy_gettext
from plugin.web.launching import tools

_LABELS = {
    Step.LAUNCH_AGAIN: lazy_gettext("Back to the course: open the activity again"),
    Step.NEW_TAB: lazy_gettext("Back to the course: open the activity in a new tab"),
    Step.TELL_IT: lazy_gettext("Back to the learning platform"),
}
_ADVICE = {
    Step.LAUNCH_AGAIN: lazy_gettext(
        "Go back to your course in the learning platform and open the activity there again."
    ),
    Step.NEW_TAB: lazy_gettext("Go back to your course in the learning platform and open the activity in a new tab."),
    Step.TELL_IT: lazy_gettext(
        "There is nothing to set right on this page. Send the code below to the IT department of your institution."
    ),
}
"""What to do where no button can lead to it."""
_BUSY = frozenset({Refusal.KEYS_UNAVAILABLE})
_log = structlog.get_logger("lti")


def init_app(app: Flask) -> None:
    """Answer every error of lti/ that leaves a view of ``app`` with a page."""
    app.register_error_handler(LaunchRefused, _refused)
    app.register_error_handler(PlatformError, _platform_failed)
    app.log_exception = _log_fault  # type: ignore[method-assign]  # Flask's own logs the path, which may hold an invite


def _log_fault(exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
    """Log where a fault of ours happened: the view and the innermost line, never the address that was asked for."""
    kind, _, trace = exc_info
    innermost = [f"{frame.f_code.co_filename.rpartition('/')[2]}:{line}" for frame, line in walk_tb(trace)][-1:]
    _log.error("fault", place=" ".join([request.endpoint or "", *innermost]), error=kind.__name__ if kind else "")


def _refused(error: LaunchRefused) -> tuple[str, int]:
    _log.warning("launch_refused", code=error.code, place=str(error))
    launch_refused.labels(error.code).inc()
    platform = _platform_of_request()
    if platform:
        security.allow_framing(platform.origins)
    page = render_template(
        "lti/refused.html",
        sentence=gettext(error.sentence),
        code=error.code,
        way_back=g.get("way_back") or (platform.origins[0] if platform and platform.origins else ""),
        way_back_label=_LABELS[error.refusal.step],
        advice=_ADVICE[error.refusal.step],
    )
    return page, 503 if error.refusal in _BUSY else 403


def _platform_failed(error: PlatformError) -> tuple[str, int]:
    _log.warning("platform_failed", code=error.code, place=error.place)
    return render_template("lti/refused.html", sentence=gettext(error.sentence), code=error.code), 502


def _platform_of_request() -> Registration | None:
    """Return the registered platform that a refused login, launch or page of a launch names."""
    entrance = tools()
    named = (request.view_args or {}).get("launch_id") or (request.view_args or {}).get("key")
    try:
        if named and (launch := entrance.launches.find(LaunchId(named))):
            return entrance.login.registry.of_login(launch.issuer, launch.client_id)
        if state := request.form.get("state", ""):
            return entrance.reception.registry.get(entrance.reception.states.begun_at(state))
        return entrance.login.registry.of_login(request.values.get("iss", ""), request.values.get("client_id", ""))
    except LtiError:
        return None
