"""The pages of teacher, learner and employer, put onto an application."""

from __future__ import annotations

import structlog
from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from plugin.verification import Limits
from plugin.web import (
    deciding,
    dry_run,
    intake,
    languages,
    learner,
    notices,
    public,
    recovery,
    rules,
    several,
    signing_out,
    supervision,
    teacher,
    teacher_setup,
    verify,
)
from plugin.web.languages import gettext
from plugin.web.levels import comparable
from plugin.web.limits import limiter
from plugin.web.tools import PageTools, keep

_REFUSED = frozenset({401, 403, 429})
_log = structlog.get_logger("pages")
_OVERHEAD = 100_000
"""Bytes of a form beside the file in it."""


def init_app(app: Flask, tools: PageTools) -> None:
    """Register the pages. ``app`` has its secret key and its security headers."""
    keep(app, tools)
    app.config["MAX_CONTENT_LENGTH"] = Limits().size + _OVERHEAD
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)  # an iframe sends no Referer: our policy forbids it
    languages.init_app(app)
    app.jinja_env.globals.update(comparable=comparable)
    verify.csrf.init_app(app)
    limiter.init_app(app)
    verify.csrf.exempt(notices.blueprint)  # a mail program's click has no cookie; the token is the permission
    for module in (
        verify,
        public,
        learner,
        recovery,
        notices,
        teacher,
        teacher_setup,
        dry_run,
        deciding,
        supervision,
        rules,
        several,
        intake,
    ):
        app.register_blueprint(module.blueprint)
    signing_out.init_app(app)
    app.register_error_handler(HTTPException, _explain)


def _explain(error: HTTPException) -> tuple[str, int]:
    """Tell a person what happened and what helps, in a page without technical words."""
    code = error.code or 500
    if isinstance(error, CSRFError) or code in _REFUSED:
        said = "csrf" if isinstance(error, CSRFError) else str(code)
        _log.warning("not_allowed", code=said, place=request.endpoint or "")
    return render_template("error.html", code=code, sentence=_sentence(error)), code


def _sentence(error: HTTPException) -> str:
    sentences = {
        401: gettext("This page is for whoever runs the bridge. Sign in first; a sign-in ends after eight hours."),
        403: gettext("This page is not for you, or you came here without your course."),
        404: gettext("There is no such page."),
        405: gettext("This page cannot be used in that way."),
        413: gettext("What you sent is larger than any credential; nothing of it was read."),
        429: gettext("You asked very often. Please wait a minute and try again."),
    }
    if isinstance(error, CSRFError):
        return gettext("The page was open for too long or your browser keeps no cookies. Open it again and retry.")
    return sentences.get(error.code or 500, gettext("Something went wrong on our side. Nothing was changed."))
