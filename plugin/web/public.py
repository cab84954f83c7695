"""``/c/<reference>``: a credential that its holder shares, or, by its own id, how it stands today.

The same address answers a person with a page and a program with the sealed document. A credential stays found when
its course has ended, when it was revoked and when it is no longer shared: only how much is told changes.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, abort, make_response, render_template, request

from mappings.documents.envelope import Format
from plugin import sharing
from plugin.portrait import of_credential
from plugin.sealing import Sealed
from plugin.sharing import Looked, SharingTools
from plugin.storage.credentials import Reserved
from plugin.storage.holdings import Standing
from plugin.verification import Outcome, Report, Step, StepName
from plugin.web import visits
from plugin.web.details import detail
from plugin.web.evaluation import sources_of
from plugin.web.languages import current
from plugin.web.limits import PUBLIC, limiter
from plugin.web.scanning import code_of
from plugin.web.tools import public_address, tools
from plugin.web.verdicts import OUTCOMES, STEP_NAMES, of_standing, verdict

blueprint = Blueprint("public", __name__)
_FORMATS = {
    "application/ld+json": Format.ELM,
    "application/json": Format.ELM,
    "application/vc": Format.OPEN_BADGES,
    "application/vc+ld+json": Format.OPEN_BADGES,
    "application/jwt": Format.OPEN_BADGES_JWT,
    "application/vc+jwt": Format.OPEN_BADGES_JWT,
    "application/dc+sd-jwt": Format.SD_JWT_VC,
    "application/vc+sd-jwt": Format.SD_JWT_VC,
}


@blueprint.get("/c/<reference>")
@limiter.limit(PUBLIC)
def credential(reference: str) -> Response:
    """Show what the link opens."""
    sharing_tools = SharingTools(tools().storage, tools().clock)
    looked = sharing.look(sharing_tools, reference, count=request.method == "GET" and not visits.is_known())
    if looked is None:
        abort(404)
    wished = request.accept_mimetypes.best_match(["text/html", *_FORMATS])
    if looked.shared is not None and wished in _FORMATS:
        answer = _document(looked.shared, _FORMATS[wished])
    else:
        answer = make_response(_page(looked), 410 if looked.ended else 200)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(("Accept", "Accept-Language"))
    return answer


def _document(shared: Reserved, form: Format) -> Response:
    sealed = _sealed(shared, form)
    if sealed is None:
        abort(406)
    return Response(sealed.body, content_type=sealed.media_type)


def _sealed(shared: Reserved, form: Format) -> Sealed | None:
    with tools().storage.reading() as work:
        return work.credentials.document(shared.envelope.id, form)


def _page(looked: Looked) -> str:
    if looked.shared is None:
        standing = of_standing(looked.standing, tools().clock())
        return render_template("public/standing.html", looked=looked, verdict=standing)
    sealed = _sealed(looked.shared, Format.ELM) or _any(looked.shared)
    report = _informed(tools().check(sealed.body), looked.standing)
    ends = looked.standing.valid_until
    return render_template(
        "public/credential.html",
        looked=looked,
        report=report,
        verdict=verdict(report) if looked.standing.status == "valid" else of_standing(looked.standing, tools().clock()),
        confirmed=report.step(StepName.CERTIFICATE).outcome is Outcome.PASSED,
        portrait=of_credential(looked.shared.credential, current(), valid_until=f"{ends:%Y-%m-%d}" if ends else ""),
        sources=sources_of(looked.shared.credential),
        step_names=STEP_NAMES,
        outcomes=OUTCOMES,
        detail=detail,
        checked_at=tools().clock(),
        address=public_address(request.path),
        code_of=code_of,
    )


def _informed(report: Report, standing: Standing) -> Report:
    """Say in the report what we, who issued it, know about its status."""
    if standing.status == "valid":
        told = Step(StepName.STATUS, Outcome.PASSED, "ok", "The issuer, whose page this is, has not revoked it.")
    else:
        told = Step(StepName.STATUS, Outcome.FAILED, standing.status, f"The issuer says: {standing.status}.")
    return replace(report, steps=tuple(told if step.name is StepName.STATUS else step for step in report.steps))


def _any(shared: Reserved) -> Sealed:
    with tools().storage.reading() as work:
        return next(iter(work.credentials.documents(shared.envelope.id)))
