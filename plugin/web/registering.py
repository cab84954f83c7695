"""Connecting a platform: the page behind an invite, the registration itself, and the preflight page at its end.

LTI Dynamic Registration 1.0 section 3: the platform opens this page in a frame or a window of its own, so the page may
be framed by that platform once the invite has been seen to be open. The invite is in the address because there it is
pasted; it is spent by the first registration. What is posted here needs no CSRF token: whoever posts needs the invite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, abort, current_app, jsonify, redirect, render_template, request, session
from werkzeug.wrappers import Response

from lti.claims import RegistrationId, origin_of
from lti.errors import RegistrationRefused
from lti.preflight import NAMES, Need
from lti.stores import Registration
from lti.tool import canvas_configuration
from mappings.assessment import PlatformId
from plugin import authorizing, registering
from plugin.authorizing import AuthorizingTools
from plugin.errors import UnknownRow
from plugin.preflight import Preflight
from plugin.registering import RegisteringTools
from plugin.web import security
from plugin.web.languages import gettext, said
from plugin.web.limits import CHECKS, limiter

blueprint = Blueprint("registering", __name__)
_NAME = "microcred.registering"
_SESSION = "registered"
_VALUES = ("issuer", "client_id", "authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPages:
    """What these pages work with."""

    registering: RegisteringTools
    preflight: Callable[[RegistrationId], Preflight]
    authorizing: AuthorizingTools


def keep(app: Flask, what: RegistrationPages) -> None:
    """Let the views of ``app`` work with ``what``."""
    app.extensions[_NAME] = what


def pages() -> RegistrationPages:
    """Return what the view under way works with."""
    return cast("RegistrationPages", current_app.extensions[_NAME])


@blueprint.get("/lti/register/<invite>")
@limiter.limit(CHECKS)
def ask(invite: str) -> str:
    """Show what the bridge asks the platform for and why; by hand where no platform sent the browser here."""
    tools = pages().registering
    registering.require_open(tools, invite)
    configuration = request.args.get("openid_configuration", "")
    if not configuration:
        return render_template("lti/by_hand.html", invite=invite, tool=tools.tool, fields=_VALUES)
    security.allow_framing(filter(None, [origin_of(configuration)]))
    platform = registering.look(tools, invite, configuration)
    security.allow_framing(platform.origins)
    token = request.args.get("registration_token", "")
    return render_template(
        "lti/register.html", invite=invite, platform=platform, configuration=configuration, token=token
    )


@blueprint.post("/lti/register/<invite>")
@limiter.limit(CHECKS)
def register(invite: str) -> str:
    """Register, and show what is left to do on the platform."""
    configuration = request.form.get("openid_configuration", "")
    security.allow_framing(filter(None, [origin_of(configuration)]))
    token = request.form.get("registration_token", "")
    registered = registering.by_url(pages().registering, invite, configuration, token).registration
    return _done(registered)


@blueprint.post("/lti/register/<invite>/by-hand")
@limiter.limit(CHECKS)
def register_by_hand(invite: str) -> str | tuple[str, int]:
    """Take the values that an administrator copied from the platform."""
    values = {name: request.form.get(name, "").strip() for name in _VALUES}
    wrong = [name for name in _VALUES if not values[name] or (name != "client_id" and not origin_of(values[name]))]
    tools = pages().registering
    registering.require_open(tools, invite)
    if wrong:
        page = render_template("lti/by_hand.html", invite=invite, tool=tools.tool, fields=_VALUES, wrong=wrong)
        return page, 422
    product = request.form.get("product", "")
    origins = tuple(dict.fromkeys(origin_of(values[name]) for name in ("issuer", "authorization_endpoint")))
    registration = Registration(
        values["issuer"],
        values["client_id"],
        values["authorization_endpoint"],
        values["token_endpoint"],
        values["jwks_uri"],
        product=product,
        title=values["issuer"],
        origins=origins,
    )
    registering.by_hand(tools, invite, registration, request.form.get("deployment_id", "").strip())
    return _done(registration)


def let_see(registration_id: RegistrationId) -> None:
    """Let this browser see the preflight of a registration."""
    session[_SESSION] = [*session.get(_SESSION, []), registration_id][-10:]


def _done(registration: Registration) -> str:
    let_see(registration.id)
    return _shown(registration.id)


@blueprint.get("/lti/preflight/<registration_id>")
@limiter.limit(CHECKS)
def preflight(registration_id: str) -> str:
    """Try again, for the browser that registered."""
    if registration_id not in session.get(_SESSION, []):
        abort(403)
    return _shown(RegistrationId(registration_id))


def _shown(registration_id: RegistrationId) -> str:
    try:
        found = pages().preflight(registration_id)
    except UnknownRow:
        abort(404)
    security.allow_framing(found.registration.origins)
    return render_template(
        "lti/preflight.html",
        found=found,
        needs=needs(),
        untried=", ".join(needs()[each.need] for each in found.untried),
    )


def needs() -> dict[Need, str]:
    """Return each need in words."""
    return {need: said(name) for need, name in NAMES.items()}


@blueprint.post("/lti/preflight/<registration_id>/authorize/<platform_id>")
@limiter.limit(CHECKS)
def authorize(registration_id: str, platform_id: str) -> Response:
    """Begin to authorise reading one of the registration's platforms, in a tab of its own."""
    known = pages().registering.registrations.deployments(RegistrationId(registration_id))
    if registration_id not in session.get(_SESSION, []) or platform_id not in {each.platform for each in known}:
        abort(403)
    return redirect(authorizing.ticket(pages().authorizing, PlatformId(platform_id)), code=303)


@blueprint.get("/lti/canvas.json")
def canvas() -> Response:
    """Return what a Canvas administrator points to when making a developer key by hand."""
    return jsonify(canvas_configuration(pages().registering.tool))


@blueprint.errorhandler(RegistrationRefused)
def refused(error: RegistrationRefused) -> tuple[str, int]:
    """Tell what happened; the address of the page is not repeated."""
    page = render_template("lti/refused.html", sentence=gettext(error.sentence), code=error.code)
    return page, 410 if error.code == "invite_not_open" else 502
