"""``/verify``: anybody checks any credential, without an account, without a script, and nothing is kept.

The answer is a page, or JSON where that is asked for (``Accept: application/json``). A program posts the credential
itself as the body, with any content type that no form of a browser can send; that way needs no CSRF token, which
protects a browser's session and no program has one.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug import Response as Answer

from plugin.portrait import of_document
from plugin.verification import Limits, Outcome, Report, StepName
from plugin.web.details import detail
from plugin.web.evaluation import sources_of_document
from plugin.web.languages import current
from plugin.web.limits import CHECKS, PUBLIC, limiter
from plugin.web.tools import public_address, tools
from plugin.web.verdicts import OUTCOMES, STEP_NAMES, verdict

blueprint = Blueprint("verify", __name__)
csrf = CSRFProtect()
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded", "text/plain", "")
_LARGEST = Limits().size


@blueprint.get("/")
@limiter.limit(PUBLIC)
def arrive() -> Answer:
    """Lead whoever knows no more than our host, from a print or a certificate, to what everybody may do here."""
    return redirect(url_for("verify.ask"))


@blueprint.get("/verify")
@limiter.limit(PUBLIC)
def ask() -> str:
    """Show the form."""
    return render_template("public/verify.html")


@blueprint.post("/verify")
@limiter.limit(CHECKS)
def check() -> Response:
    """Check what was handed in."""
    request.max_form_memory_size = _LARGEST * 2
    if request.mimetype in _FORMS:
        csrf.protect()
    handed_in = _handed_in()
    if not handed_in.strip():
        return Response(render_template("public/verify.html", nothing=True), 422)
    report = tools().examine(handed_in)
    if _wants_json():
        return jsonify(report.to_json())
    return Response(shown(report, handed_in))


csrf.exempt(check)


def shown(report: Report, data: bytes) -> str:
    """Return the page of a report. What the document says is shown only under an intact seal."""
    intact = report.seal_checked and not any(step.name is StepName.SEAL for step in report.failures)
    return render_template(
        "public/report.html",
        report=report,
        verdict=verdict(report),
        confirmed=report.step(StepName.CERTIFICATE).outcome is Outcome.PASSED,
        portrait=of_document(data, current()) if intact else None,
        sources=sources_of_document(),
        step_names=STEP_NAMES,
        outcomes=OUTCOMES,
        detail=detail,
        checked_at=tools().clock(),
        address=public_address(url_for("verify.ask")),
    )


def _handed_in() -> bytes:
    """Return the uploaded file, else the pasted text, else the body; one byte over the limit is enough to refuse."""
    if request.mimetype not in _FORMS[:2]:
        return request.get_data()
    uploaded = request.files.get("file")
    data = uploaded.stream.read(_LARGEST + 1) if uploaded else b""
    return data or request.form.get("text", "").encode()


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
