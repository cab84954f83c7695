"""The administrator's pages: is all well, platforms, courses in numbers, what waits and what is stuck, keys, the trail.

No learner's data is shown where it is not needed: courses are counted, work is named by its row. Every act is noted in
the audit trail under the administrator's name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response as Answer

from mappings.assessment import PlatformId
from plugin import administering
from plugin.administering import AdministeringTools
from plugin.errors import BridgeError
from plugin.health import Health
from plugin.identity import ListedKey
from plugin.listing import Source, Stated
from plugin.preflight import Preflight
from plugin.progress import Progress, progress
from plugin.safekeeping.reconciling import resume
from plugin.storage.marks import Mark
from plugin.storage.registrations import Registrations
from plugin.storage.unit_of_work import Storage
from plugin.web.acts import KEYS, act, state
from plugin.web.administrators import administrator, sign_in_of_now
from plugin.web.languages import gettext, lazy_gettext, ngettext
from plugin.web.reasons import STATES
from plugin.web.registering import needs
from plugin.web.schemas import FormSchema, read_form

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
_NAME = "microcred.admin"
_A_PAGE = 50
_SOURCES = {
    Source.DEFAULT: lazy_gettext("default"),
    Source.ENVIRONMENT: lazy_gettext("environment"),
    Source.SETTINGS_FILE: lazy_gettext("settings file"),
    Source.OWN_FILE: lazy_gettext("a file of its own"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminTools:
    """What the pages work with.

    ``ready`` looks at our own parts, ``health`` at those of others too, which takes longer. ``invite`` makes a URL that
    connects a platform once; ``settings`` shows no secret.
    """

    storage: Storage
    acting: AdministeringTools
    registrations: Registrations
    ready: Callable[[], Health]
    health: Callable[[], Health]
    preflight: Callable[[str], Preflight]
    invite: Callable[[str], str]
    keys: Callable[[], tuple[ListedKey, ...]]
    settings: Callable[[], tuple[Stated, ...]]
    clock: Callable[[], datetime]


class DeploymentForm(FormSchema):
    """Whether a deployment may launch."""

    allowed = fields.Boolean(required=True)


def init_app(app: Flask, tools: AdminTools) -> None:
    """Register the pages."""
    app.extensions[_NAME] = tools
    app.register_blueprint(blueprint)


@blueprint.before_request
def require_administrator() -> Answer | None:
    """Let administrators in; whoever asks for the first page is told how to become one."""
    if request.endpoint == "admin.overview" and sign_in_of_now() is None:
        return redirect(url_for("administrators.sign_in"), code=303)
    administrator()
    return None


@blueprint.get("/")
def overview() -> str:
    """Show whether all is well."""
    tools, thorough = _tools(), request.args.get("all") == "1"
    with tools.storage.reading() as work:
        marks = {mark: work.marks.get(mark) for mark in (Mark.PAUSED, Mark.BACKUP, Mark.REHEARSAL)}
    found = tools.health() if thorough else tools.ready()
    return render_template(
        "admin/overview.html",
        name=administrator(),
        health=found,
        thorough=thorough,
        paused=marks[Mark.PAUSED],
        backup=marks[Mark.BACKUP],
        rehearsal=marks[Mark.REHEARSAL],
        now=_progress(),
    )


@blueprint.get("/platforms")
def platforms() -> str:
    """Show the connected platforms and where they launch from."""
    stored = _tools().registrations
    found = [(each, stored.deployments(each.id)) for each in stored.registrations()]
    return render_template("admin/platforms.html", platforms=found, invitation="")


@blueprint.post("/platforms/invite")
def invite() -> str:
    """Make one URL that connects a platform, and show it this once."""
    stored = _tools().registrations
    found = [(each, stored.deployments(each.id)) for each in stored.registrations()]
    return render_template("admin/platforms.html", platforms=found, invitation=_tools().invite(administrator()))


@blueprint.get("/platforms/<registration_id>")
def platform(registration_id: str) -> str:
    """Try what the bridge needs of one platform."""
    try:
        found = _tools().preflight(registration_id)
    except BridgeError:
        abort(404)
    return render_template("admin/platform.html", found=found, needs=needs())


@blueprint.post("/deployments/<platform_id>")
def deployment(platform_id: str) -> Answer:
    """Let a deployment launch, or stop it."""
    form = read_form(DeploymentForm)
    if form is not None:
        key, by = PlatformId(platform_id), administrator()
        if not administering.decide_deployment(_tools().acting, key, allowed=form["allowed"], by=by):
            abort(404)
        flash(gettext("Kept; it takes effect within half a minute."))
    return redirect(url_for("admin.platforms"), code=303)


@blueprint.get("/courses")
def courses() -> str:
    """Show every course with an enabled credential, in numbers."""
    return render_template("admin/courses.html", now=_progress(), states=STATES)


@blueprint.get("/queue")
def queue() -> str:
    """Show what waits and what was put aside, with what its code means."""
    return render_template("admin/queue.html", now=_progress())


@blueprint.post("/queue/retry")
def retry() -> Answer:
    """Try again whatever was put aside."""
    count = administering.retry(_tools().acting, administrator())
    flash(ngettext("%(num)s piece of work is due again.", "%(num)s pieces of work are due again.", count))
    return redirect(url_for("admin.queue"), code=303)


@blueprint.get("/resume")
def ask_to_resume() -> str:
    """Say what the pause is for, before it ends."""
    with _tools().storage.reading() as work:
        paused = work.marks.get(Mark.PAUSED)
    return render_template("admin/resume.html", paused=paused)


@blueprint.post("/resume")
def end_pause() -> Answer:
    """Let sealing and sending go on after a restore."""
    if resume(_tools().storage, administrator(), _tools().clock()):
        _tools().acting.ring()
        flash(gettext("Sealing and sending go on."))
    else:
        flash(gettext("Nothing is paused."))
    return redirect(url_for("admin.overview"), code=303)


@blueprint.get("/keys")
def keys() -> str:
    """Show every seal and credential key with its state and its end."""
    return render_template("admin/keys.html", keys=_tools().keys(), today=_tools().clock(), words=KEYS)


@blueprint.get("/trail")
def trail() -> str:
    """Show the newest entries of the audit trail."""
    page, words = max(request.args.get("page", 1, type=int), 1), request.args.get("words", "").strip()[:100]
    with _tools().storage.reading() as work:
        entries = work.audit.page(words, limit=_A_PAGE + 1, offset=(page - 1) * _A_PAGE)
        broken = work.audit.verify() if request.args.get("verify") == "1" else None
    return render_template(
        "admin/trail.html",
        entries=entries[:_A_PAGE],
        more=len(entries) > _A_PAGE,
        page=page,
        words=words,
        verified=request.args.get("verify") == "1",
        broken=broken,
        act=act,
        state=state,
    )


@blueprint.get("/settings")
def settings() -> str:
    """Show every setting with where it comes from; secrets only as set or not."""
    return render_template("admin/settings.html", settings=_tools().settings(), sources=_SOURCES)


def _progress() -> Progress:
    return progress(_tools().storage, _tools().clock)


def _tools() -> AdminTools:
    return cast(AdminTools, current_app.extensions[_NAME])
