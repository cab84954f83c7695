"""The administrator's door: a one-time link from the command line, or OpenID Connect.

OpenID Connect Core 1.0, code flow with PKCE, by Authlib: it finds the provider's addresses, keeps state and nonce in
the session, and checks signature, issuer, audience and times of the id_token. One claim of it says who may come in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response as Answer

from plugin import administering, signing_in
from plugin.storage.administrators import SignIn
from plugin.storage.unit_of_work import Storage
from plugin.web.limits import RECOVERY, limiter

log = structlog.get_logger(__name__)
blueprint = Blueprint("administrators", __name__)
_NAME, _SESSION = "microcred.administrators", "administrator"
_PROVIDER_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An identity provider: whoever's ``claim`` is or contains ``value`` may come in, at ``acr`` where that is set."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str
    value: str
    acr: str

    def lets_in(self, claims: Mapping[str, Any]) -> bool:
        """Whether this person is an administrator, and has signed in as strongly as it takes."""
        said = claims.get(self.claim)
        values = said if isinstance(said, list) else [said]
        return self.value in values and (not self.acr or claims.get("acr") == self.acr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What signing in works with. ``provider`` None lets people in by links only; ``clock`` returns aware UTC."""

    storage: Storage
    provider: Provider | None
    public_url: str
    clock: Callable[[], datetime]
    oauth: OAuth


def init_app(
    app: Flask, storage: Storage, provider: Provider | None, public_url: str, clock: Callable[[], datetime]
) -> None:
    """Register the door."""
    oauth = OAuth(app)
    if provider is not None:
        oauth.register(
            "institution",
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            client_kwargs={
                "scope": "openid profile",
                "code_challenge_method": "S256",
                "default_timeout": _PROVIDER_SECONDS,
            },
        )
    app.extensions[_NAME] = Door(storage=storage, provider=provider, public_url=public_url, clock=clock, oauth=oauth)
    app.register_blueprint(blueprint)
    app.after_request(_keep_nowhere)


def _keep_nowhere(answer: Answer) -> Answer:
    """Have no cache and no shared computer keep what an administrator saw."""
    if request.path.startswith("/admin/"):
        answer.headers["Cache-Control"] = "no-store"
    return answer


def administrator() -> str:
    """Return who is signed in, or refuse."""
    found = sign_in_of_now()
    return abort(401) if found is None else found.name


def sign_in_of_now() -> SignIn | None:
    """Return the sign-in by which this request came, None where nobody is signed in."""
    if _SESSION not in g:
        held = session.get(_SESSION, "")
        setattr(g, _SESSION, signing_in.find(door().storage, held, door().clock()) if held else None)
    return cast("SignIn | None", g.get(_SESSION))


@blueprint.get("/admin/sign-in")
@limiter.limit(RECOVERY)
def sign_in() -> str:
    """Say how to come in."""
    return render_template("admin/sign_in.html", provider=door().provider)


@blueprint.get("/admin/enter/<token>")
@limiter.limit(RECOVERY)
def link(token: str) -> str:
    """Show a button: a link that is only looked at, by a scanner of mails, is not spent."""
    return render_template("admin/enter.html", token=token)


@blueprint.post("/admin/enter/<token>")
@limiter.limit(RECOVERY)
def enter(token: str) -> Answer:
    """Spend the link and let its person in."""
    name = administering.come_in(door().storage, token, door().clock())
    if not name:
        abort(403)
    return _let_in(name, "link")


@blueprint.get("/admin/oidc")
@limiter.limit(RECOVERY)
def ask_provider() -> Answer:
    """Send the browser to the identity provider."""
    if door().provider is None:
        abort(404)
    back = f"{door().public_url}{url_for('administrators.back')}"
    try:
        return cast(Answer, door().oauth.institution.authorize_redirect(back))
    except (AuthlibBaseError, RequestException, RuntimeError, ValueError) as error:
        return _refuse(error)


@blueprint.get("/admin/oidc/back")
@limiter.limit(RECOVERY)
def back() -> Answer:
    """Take what the identity provider says, once."""
    provider = door().provider
    if provider is None:
        abort(404)
    try:
        issuer = {"essential": True, "value": provider.issuer}
        told = door().oauth.institution.authorize_access_token(claims_options={"iss": issuer})
    except (AuthlibBaseError, JoseError, RequestException, RuntimeError, ValueError) as error:
        return _refuse(error)
    claims = told.get("userinfo") or {}
    if not provider.lets_in(claims):
        log.warning("administrator_refused", code="NotAnAdministrator")
        abort(403)
    name = str(claims.get("name") or claims.get("preferred_username") or claims.get("sub"))
    return _let_in(name, "OpenID Connect")


@blueprint.post("/admin/sign-out")
def sign_out() -> Answer:
    """End the sign-in, here and in the database, and have the browser forget what it was shown."""
    signing_in.sign_out(door().storage, session.pop(_SESSION, ""), door().clock())
    answer = redirect(url_for("administrators.sign_in"), code=303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _let_in(name: str, came_by: str) -> Answer:
    before = session.pop(_SESSION, "")
    session[_SESSION] = signing_in.begin(door().storage, name, came_by, door().clock(), before)
    return redirect(url_for("admin.overview"), code=303)


def _refuse(error: Exception) -> Answer:
    """Say that it did not work; the reason is logged by its kind only, its text may hold data."""
    log.warning("administrator_refused", code=type(error).__name__)
    abort(403)


def door() -> Door:
    """Return what the pages of this request work with."""
    return cast(Door, current_app.extensions[_NAME])
