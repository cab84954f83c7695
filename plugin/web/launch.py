"""The way in from a learning platform: login, launch, and the ways round a browser that blocks cookies.

Inside a frame of another site a cookie may be refused without a word, so a first login there is answered with a page
that begins the same login again (``checked``): if the cookie came back, all is well; if not, LTI platform storage
keeps the browser's key where the platform offers it (LTI Platform Storage 1.0); if not, the same login begins again in
a tab of its own. A launch that used platform storage has no cookie for a session either, and continues in a tab.

No token is in an address, and no view here trusts a session: what is posted here comes from other sites by design, so
these views have no CSRF token. State, nonce and the browser's key are what protects them.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from lti.claims import Launch, origin_of
from lti.errors import LaunchRefused
from lti.login import CARRIED
from lti.refusals import Refusal
from lti.states import BrowserKey, new_browser_key
from lti.stores import Registration
from plugin.web import security, visits
from plugin.web.launching import browser_key, from_our_own_page, give_key, tools

blueprint = Blueprint("launch", __name__)
_CHECKED, _KEY, _TARGET = "checked", "browser_key", "lti_storage_target"


@blueprint.route("/lti/login", methods=["GET", "POST"])
def login() -> Response:
    """Send the browser to the platform's authorization endpoint, with a key to come back with."""
    form, key = request.values, browser_key()
    if key is None and _CHECKED in form:
        return _without_cookie(form)
    fresh = key or new_browser_key()
    if key is None and request.headers.get("Sec-Fetch-Dest") == "iframe":
        response = _check_cookie(form)
    else:
        response = redirect(tools().login.begin(form, fresh, tools().clock()).location)
    if key is None:
        give_key(response, fresh)
    return response


def _check_cookie(form: Mapping[str, str]) -> Response:
    """Begin the same login again, to see whether the cookie comes back."""
    _open_towards(tools().login.recognise(form))
    return make_response(render_template("lti/again.html", fields=_carried(form)))


def _without_cookie(form: Mapping[str, str]) -> Response:
    """Go on with platform storage where there is any, else in a tab of its own."""
    _open_towards(tools().login.recognise(form))
    if not form.get(_TARGET):
        return make_response(render_template("lti/new_tab.html", fields=_carried(form)))
    key = new_browser_key()
    begun = tools().login.begin(form, key, tools().clock())
    put = {"name": _storage_name(begun.state), "value": key, "location": begun.location}
    return _with_storage("lti/store_key.html", form, begun.registration, put)


def _with_storage(template: str, form: Mapping[str, str], registration: Registration, values: object) -> Response:
    origin = origin_of(registration.authorization_endpoint)
    page = render_template(template, fields=_carried(form), frame=form[_TARGET], origin=origin, values=values)
    return make_response(page)


def _carried(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form[name] for name in CARRIED if form.get(name)}


def _storage_name(state: str) -> str:
    return "microcred_" + state[-22:].rstrip("=")


def _open_towards(registration: Registration) -> None:
    """Let the page be framed by the platform, and its form end there: Chromium checks redirects after a form, too.

    Canvas redirects from its login host to the institution's own, which may not be known before the first launch.
    """
    security.allow_framing(registration.origins)
    security.allow_form_target(f"https: {origin_of(registration.authorization_endpoint)}")


@blueprint.post("/lti/launch")
def launch() -> Response:
    """Let a launch in and go to its first page."""
    key = browser_key()
    if key is None and (stored := request.form.get(_KEY)):
        return _launch_with_storage(BrowserKey(stored))
    if key is None and request.form.get(_TARGET) and request.form.get("id_token"):
        return _fetch_key()
    accepted = tools().reception.accept(request.form, key, tools().clock())
    visits.remember(accepted.id)
    return redirect(tools().home(accepted))


def _fetch_key() -> Response:
    """Ask the platform's storage for the key that this browser put there at login."""
    state = request.form.get("state", "")
    ticket = tools().reception.states.read(state, tools().clock())
    registration = tools().reception.registry.get(ticket.registration)
    _open_towards(registration)
    fields = {name: request.form[name] for name in ("id_token", "state", _TARGET)}
    origin = origin_of(registration.authorization_endpoint)
    values = {"name": _storage_name(state)}
    return make_response(
        render_template("lti/fetch_key.html", fields=fields, frame=fields[_TARGET], origin=origin, values=values)
    )


def _launch_with_storage(key: BrowserKey) -> Response:
    """Let a launch in whose key comes from platform storage, by a page of ours; it goes on in a tab of its own."""
    if not from_our_own_page():
        raise LaunchRefused(Refusal.COOKIE_MISSING)
    accepted = tools().reception.accept(request.form, key, tools().clock())
    security.allow_framing(accepted.origins)
    code = tools().reception.states.handover(accepted.id, tools().clock())
    return make_response(render_template("lti/go_on.html", launch=accepted, code=code))


@blueprint.post("/lti/open")
def open_in_tab() -> Response:
    """Take over a launch in a tab of its own, where cookies work."""
    if not from_our_own_page():
        raise LaunchRefused(Refusal.SESSION_MISSING)
    accepted = _handed_over(request.form.get("code", ""))
    visits.remember(accepted.id)
    return redirect(tools().home(accepted))


def _handed_over(code: str) -> Launch:
    launch_id = tools().reception.states.read_handover(code, tools().clock())
    if found := tools().launches.find(launch_id):
        return found
    raise LaunchRefused(Refusal.SESSION_MISSING)


@blueprint.get("/lti/launch")
def launch_by_hand() -> Response:
    """Tell somebody who typed the address, or went back to it, where the way in is."""
    raise LaunchRefused(Refusal.SESSION_MISSING)
