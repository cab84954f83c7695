"""Where vendors send session records of proctoring: no browser, no session, no CSRF token.

Answers are JSON: 200 with a state per record, 422 with every problem by record and field, 401 without a reason.
"""

from __future__ import annotations

import structlog
from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from lti.proctoring import RecordsRefused
from plugin.intake import IntakeRefused, IntakeTools, State, take_signed
from plugin.web.tools import tools
from plugin.web.verify import csrf

log = structlog.get_logger(__name__)
blueprint = Blueprint("intake", __name__)
csrf.exempt(blueprint)
_LARGEST = 5_000_000
"""Bytes of one message."""


def intake_tools() -> IntakeTools:
    """Return what the intake works with, for the view under way."""
    return IntakeTools(tools().storage, tools().clock, tools().ring)


@blueprint.post("/proctoring/sessions")
def take() -> Response:
    """Take signed session records."""
    request.max_content_length = _LARGEST
    states = take_signed(intake_tools(), dict(request.headers), request.get_data())
    return jsonify(taken=sum(state is not State.KNOWN for state in states), records=list(states))


@blueprint.errorhandler(IntakeRefused)
def refused(error: IntakeRefused) -> tuple[Response, int]:
    """Say no, and to the log why."""
    log.warning("intake_refused", code=error.code, error=str(error))
    return jsonify(code=error.code), 401


@blueprint.errorhandler(RecordsRefused)
def unreadable(error: RecordsRefused) -> tuple[Response, int]:
    """Name every problem; none of the records was taken."""
    return jsonify(code=error.code, problems=list(error.problems)), 422
