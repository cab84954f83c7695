"""Authorising the bridge to read a Canvas: the page behind a ticket, the way to Canvas, and the way back.

These pages open in a tab of their own: Canvas asks nobody for consent inside a frame, and the browser must bring back
the session that it left with (RFC 6749 section 10.12). The ticket is in the address because there it is pasted.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from lti.authorization import CANVAS_WISHES, DeveloperKey, key_of
from lti.claims import RegistrationId, origin_of
from lti.errors import PlatformError
from lti.stores import Registration
from mappings.assessment import PlatformId
from plugin import authorizing
from plugin.authorizing import AuthorizationNotOpen, AuthorizingTools
from plugin.errors import UnknownRow
from plugin.web.languages import gettext
from plugin.web.limits import CHECKS, limiter
from plugin.web.registering import let_see, pages

blueprint = Blueprint("authorizing", __name__)
_SESSION = "authorizing"
_LONGEST = validate.Length(1, 500)


def _require_address(text: str) -> None:
    """Refuse what is no http address; marshmallow hears only a validator that raises."""
    if not origin_of(text.strip()):
        raise ValidationError("not an address")


class KeyForm(Schema):
    """A developer key as Canvas shows it."""

    url = fields.String(required=True, validate=[_LONGEST, _require_address])
    client_id = fields.String(required=True, validate=[_LONGEST, validate.Regexp(r"\s*\S+\s*\Z")])
    client_secret = fields.String(required=True, validate=[_LONGEST, validate.Regexp(r"\s*\S+\s*\Z")])


def _tools() -> AuthorizingTools:
    return pages().authorizing


@blueprint.get("/canvas/authorize/<ticket>")
@limiter.limit(CHECKS)
def ask(ticket: str) -> str:
    """Show what will be asked for and why, and take the developer key."""
    platform = authorizing.about(_tools(), ticket)
    return _form(ticket, _known(platform), ())


@blueprint.post("/canvas/authorize/<ticket>")
@limiter.limit(CHECKS)
def go(ticket: str) -> str | tuple[str, int]:
    """Keep the key, and show the way to Canvas."""
    tools = _tools()
    platform = authorizing.about(tools, ticket)
    known = _known(platform)
    said = {name: request.form.get(name, "").strip() for name in ("url", "client_id", "client_secret")}
    if not said["client_secret"] and said["client_id"] == known.get("client_id"):
        said["client_secret"] = _secret(platform)
    try:
        form = KeyForm().load(said)
    except ValidationError as error:
        return _form(ticket, {**known, **said}, tuple(error.messages_dict)), 422
    key = DeveloperKey(origin_of(form["url"]), form["client_id"], form["client_secret"], tools.redirect_uri)
    state, address = authorizing.begin(tools, ticket, key)
    session[_SESSION] = [*session.get(_SESSION, []), state][-5:]
    return render_template("lti/authorize_go.html", address=address, canvas=key.url)


@blueprint.get("/canvas/authorized")
@limiter.limit(CHECKS)
def back() -> Response | str:
    """Take what Canvas sent the browser back with, and end in the preflight."""
    if request.args.get("state", "") not in session.get(_SESSION, []):
        raise AuthorizationNotOpen("the state is of another browser")
    session[_SESSION] = [each for each in session[_SESSION] if each != request.args["state"]]
    platform = authorizing.finish(_tools(), request.args.to_dict())
    registration = _registration_of(platform)
    if registration is None:
        return render_template("lti/authorized.html", platform=platform)
    let_see(registration.id)
    return redirect(url_for("registering.preflight", registration_id=registration.id), code=303)


def _form(ticket: str, said: dict[str, str], wrong: tuple[str, ...]) -> str:
    tools = _tools()
    return render_template(
        "lti/authorize.html",
        ticket=ticket,
        said=said,
        wrong=wrong,
        wishes=CANVAS_WISHES,
        redirect_uri=tools.redirect_uri,
    )


def _known(platform: PlatformId) -> dict[str, str]:
    """Return what is known of the key: at least the address, from the registration; never the secret."""
    if key := _kept_key(platform):
        return {"url": key.url, "client_id": key.client_id}
    registration = _registration_of(platform)
    return {"url": origin_of(registration.token_endpoint) if registration else ""}


def _secret(platform: PlatformId) -> str:
    """Return the secret that was kept before, so that nobody has to look it up for the same key."""
    key = _kept_key(platform)
    return key.client_secret if key else ""


def _kept_key(platform: PlatformId) -> DeveloperKey | None:
    tools = _tools()
    try:
        with tools.storage.reading() as work:
            connected = work.platforms.get(platform)
    except UnknownRow:
        return None
    return key_of(connected.base_url, connected.token, tools.redirect_uri)


def _registration_of(platform: PlatformId) -> Registration | None:
    registrations = pages().registering.registrations
    for registration in registrations.registrations():
        if any(each.platform == platform for each in registrations.deployments(RegistrationId(registration.id))):
            return registration
    return None


@blueprint.errorhandler(AuthorizationNotOpen)
def not_open(error: AuthorizationNotOpen) -> tuple[str, int]:
    """Tell what helps; which of the reasons it was is for nobody to know."""
    words = gettext("This authorisation was begun in another browser, was used before, or took too long. Begin again.")
    return render_template("lti/refused.html", sentence=words, code=error.code), 410


@blueprint.errorhandler(PlatformError)
def declined(error: PlatformError) -> tuple[str, int]:
    """Tell what person or Canvas said no to."""
    return render_template("lti/refused.html", sentence=gettext(error.sentence), code=error.code), 502
