"""The first half of a launch: the platform names a person and a link, and is asked for a signed launch.

IMS Security Framework 1.0 section 5.1.1 (third-party initiated login), LTI 1.3 core section 4.1. The steps:

1. the login names an issuer, and a client id unless the issuer has one registration only; the pair is registered;
2. it brings a login hint, which goes back unchanged, as does the message hint;
3. its target is ours;
4. state and nonce are made for this registration and this browser; nothing is stored.

pylti1p3's ``OIDCLogin`` is not used: it stores state and nonce at login and makes them apart from each other, and
what would remain of it is the list of parameters below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote_plus, urlencode

from lti.claims import origin_of
from lti.errors import LaunchRefused
from lti.refusals import Refusal
from lti.registry import Registry
from lti.states import BrowserKey, States
from lti.stores import Registration

Form = Mapping[str, str]

CARRIED = (
    *("iss", "client_id", "login_hint", "lti_message_hint", "target_link_uri"),
    *("lti_deployment_id", "deployment_id", "lti_storage_target"),
)
"""The parameters of a login that a page of ours hands on when it begins the same login again."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """Where to send the browser. ``state`` and ``nonce`` are for LTI platform storage."""

    location: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    registration: Registration


def deployment_of(form: Form) -> str:
    """Return the deployment that a login names: ``lti_deployment_id`` by the standard, ``deployment_id`` in Canvas."""
    return form.get("lti_deployment_id") or form.get("deployment_id") or ""


@dataclass(frozen=True, slots=True)
class Login:
    """Answers logins. ``launch_url`` is the one address that launches are posted to."""

    registry: Registry
    states: States
    launch_url: str

    def recognise(self, form: Form) -> Registration:
        """Take steps 1 to 3 and return the registration. Raises :class:`LaunchRefused`."""
        if not form.get("iss"):  # 1
            raise LaunchRefused(Refusal.ISSUER_MISSING)
        registration = self.registry.of_login(form["iss"], form.get("client_id", ""))
        if not form.get("login_hint"):  # 2
            raise LaunchRefused(Refusal.LOGIN_HINT_MISSING)
        require_ours(form.get("target_link_uri", ""), self.launch_url)  # 3
        return registration

    def begin(self, form: Form, browser: BrowserKey, now: datetime) -> LoginRequest:
        """Take all steps. Raises :class:`LaunchRefused`."""
        registration = self.recognise(form)
        state = self.states.issue(registration.id, now)  # 4
        nonce = self.states.nonces(state, browser)[0]
        ours = f"nonce={nonce}&state={state.replace('=', '%3D')}"  # base64url: nothing else is to be quoted
        location = f"{_asking(registration, self.launch_url)}&{_hints(form)}&{ours}"
        return LoginRequest(location, state, nonce, registration)


@lru_cache(maxsize=256)
def _asking(registration: Registration, launch_url: str) -> str:
    """Return the part of the authentication request that is the same in every login at ``registration``."""
    parameters = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": launch_url,
    }
    joint = "&" if "?" in registration.authorization_endpoint else "?"
    return f"{registration.authorization_endpoint}{joint}{urlencode(parameters)}"


def _hints(form: Form) -> str:
    hint = form.get("lti_message_hint")
    more = f"&lti_message_hint={quote_plus(hint)}" if hint else ""
    return f"login_hint={quote_plus(form['login_hint'])}{more}"


def require_ours(target: str, launch_url: str) -> None:
    """Refuse a target link on another origin than our own."""
    if target != launch_url and (not target or origin_of(target) != origin_of(launch_url)):
        raise LaunchRefused(Refusal.TARGET_FOREIGN)
