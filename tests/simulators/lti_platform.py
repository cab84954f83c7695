"""A learning platform as LTI 1.3 sees it: login, signed launches, key set with rotation, registration, deep linking.

Claims begin as the recordings of Moodle 4.5.6 or as Canvas' own shapes (tests/recordings/lti says where from), and the
endpoints behave as those platforms were seen to: Moodle's launch is spent when it is asked for, Canvas names the
deployment by its own word, each registers a tool in its own way.
"""

from __future__ import annotations

import html
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.log_watch import plant
from tests.simulators.server import Asked, Reply, Simulator

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
RECORDINGS = Path(__file__).parent.parent / "recordings" / "lti"


@dataclass(frozen=True)
class Flavour:
    """What differs between the platforms. ``lifetime`` of an id_token in seconds."""

    product: str
    deployment_parameter: str
    lifetime: int
    azp: bool
    storage: bool
    gives_deployment: bool


MOODLE = Flavour("moodle", "lti_deployment_id", 60, azp=False, storage=False, gives_deployment=True)
CANVAS = Flavour("canvas", "deployment_id", 3600, azp=True, storage=True, gives_deployment=False)


@dataclass(frozen=True)
class Key:
    """A signing key of the platform."""

    kid: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    algorithm: str = "RS256"

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half as the key set shows it."""
        writer = RSAAlgorithm if self.algorithm == "RS256" else ECAlgorithm
        return writer.to_jwk(self.private.public_key(), as_dict=True) | {
            "kid": self.kid,
            "alg": self.algorithm,
            "use": "sig",
        }


def rsa_key(kid: str = "") -> Key:
    """Make an RSA key."""
    return Key(kid or secrets.token_hex(10), rsa.generate_private_key(65537, 2048))


@cache
def _first_key() -> Key:
    return rsa_key()


def ec_key(kid: str = "") -> Key:
    """Make a P-256 key."""
    return Key(kid or secrets.token_hex(10), ec.generate_private_key(ec.SECP256R1()), "ES256")


@dataclass
class Tool:
    """A tool that the platform knows."""

    client_id: str
    launch_url: str
    login_url: str = ""
    deployment_id: str = "1"
    jwks_uri: str = ""
    scopes: tuple[str, ...] = ()
    active: bool = True


@dataclass
class LtiPlatform(Simulator):
    """The platform. ``people`` maps a user id to what their launches say."""

    flavour: Flavour = MOODLE
    port: int = 0
    cache_control: str = ""
    key_delay: float = 0.0
    tools: dict[str, Tool] = field(default_factory=dict)
    placed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.port)
        self.keys = [_first_key()]
        self.people = {name: _recorded(self.flavour, name) for name in ("learner", "teacher", "deep_linking")}
        self._hints: dict[str, tuple[str, str]] = {}
        self._registration_tokens: set[str] = set()

    @property
    def issuer(self) -> str:
        """Moodle's issuer is its address; Canvas' is one for all, here too the address."""
        return self.url

    @property
    def key(self) -> Key:
        """The key that signs now: the last one."""
        return self.keys[-1]

    def rotate(self, *, keep_old: bool = True) -> Key:
        """Sign with a new key from now on."""
        self.keys = [*(self.keys if keep_old else ()), rsa_key()]
        return self.key

    def add_tool(self, client_id: str, launch_url: str, **more: Any) -> Tool:
        """Register a tool by hand."""
        self.tools[client_id] = Tool(client_id, launch_url, **more)
        return self.tools[client_id]

    def new_client_id(self) -> str:
        """Return the client id of a tool that registers."""
        return secrets.token_hex(8)

    def click(self, person: str, client_id: str, target: str = "") -> dict[str, str]:
        """Return the login that the browser is told to post to the tool when ``person`` clicks the activity."""
        tool, hint = self.tools[client_id], secrets.token_hex(8)
        self._hints[hint] = (person, client_id)
        login = {
            "iss": self.issuer,
            "target_link_uri": target or tool.launch_url,
            "login_hint": self.people[person]["sub"],
            "lti_message_hint": hint,
            "client_id": client_id,
            self.flavour.deployment_parameter: tool.deployment_id,
        }
        return login | ({"lti_storage_target": "post_message_forwarding"} if self.flavour.storage else {})

    def authorize(self, location: str, **changes: Any) -> dict[str, str]:
        """Answer the authorization request that the tool sent the browser to, with the form to post back.

        ``changes`` replace claims of the id_token, None removes one. As at Moodle a message hint can be used once.
        """
        asked = dict(parse_qsl(urlsplit(location).query))
        person, client_id = self._hints.pop(asked["lti_message_hint"])
        tool = self.tools[client_id]
        if asked["redirect_uri"] != tool.launch_url or asked["client_id"] != client_id:
            raise ValueError("the platform shows an error page of its own")
        if asked["login_hint"] != self.people[person]["sub"]:
            return {"error": "access_denied", "state": asked["state"]}
        claims = self.claims(person, tool, asked["nonce"])
        return {"id_token": self.sign(_changed(claims, changes)), "state": asked["state"]}

    def claims(self, person: str, tool: Tool, nonce: str) -> dict[str, Any]:
        """Return the claims of a launch now."""
        now = int(time.time())
        claims = self.people[person] | {
            "iss": self.issuer,
            "aud": tool.client_id,
            "nonce": nonce,
            "iat": now,
            "exp": now + self.flavour.lifetime,
            LTI + "deployment_id": tool.deployment_id,
            LTI + "target_link_uri": tool.launch_url,
        }
        return claims | ({"azp": tool.client_id} if self.flavour.azp else {})

    def sign(self, claims: Mapping[str, Any], key: Key | None = None, **header: Any) -> str:
        """Return the id_token."""
        key = key or self.key
        return jwt.encode(dict(claims), key.private, key.algorithm, headers={"kid": key.kid, **header})

    def answer(self, asked: Asked) -> Reply:
        """Serve the platform's own URLs."""
        routes = {
            "/course": self._course,
            "/activity": self._activity,
            "/jwks": self._key_set,
            "/openid-configuration": self._configuration,
            "/register": self._register,
            "/auth": self._auth,
            "/deep-linking-return": self._take_items,
            "/token": self._token,
        }
        route = routes.get(asked.path)
        return route(asked) if route else Reply({"error": "not_found"}, 404)

    def invite(self, tool_url: str) -> str:
        """Return the address that the administrator's browser is sent to when ``tool_url`` is registered."""
        token = plant(secrets.token_urlsafe(24))
        self._registration_tokens.add(token)
        return f"{tool_url}?openid_configuration={self.url}/openid-configuration&registration_token={token}"

    def _key_set(self, asked: Asked) -> Reply:
        headers = {"Cache-Control": self.cache_control} if self.cache_control else {}
        return Reply({"keys": [key.jwk for key in self.keys]}, headers=headers, delay=self.key_delay)

    def _configuration(self, asked: Asked) -> Reply:
        name = f"{self.flavour.product}_openid_configuration.json"
        recorded = json.loads((RECORDINGS / name).read_text())
        ours = {"issuer": self.issuer, "jwks_uri": "/jwks", "token_endpoint": "/token"}
        ours |= {"authorization_endpoint": "/auth", "registration_endpoint": "/register"}
        return Reply(recorded | {name: path if name == "issuer" else self.url + path for name, path in ours.items()})

    def _register(self, asked: Asked) -> Reply:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            return Reply(b"missing_registration_token", 401)
        if token not in self._registration_tokens:
            return Reply(b"token_already_used", 401)
        wanted: dict[str, Any] = json.loads(asked.body)
        if _host(wanted[TOOL_CONFIGURATION]["target_link_uri"]) != wanted[TOOL_CONFIGURATION]["domain"]:
            return Reply(b"<!DOCTYPE html>", 400)
        self._registration_tokens.remove(token)
        tool = self.add_tool(self.new_client_id(), wanted["redirect_uris"][0])
        tool.login_url = wanted["initiate_login_uri"]
        tool.jwks_uri, tool.scopes, tool.active = wanted["jwks_uri"], tuple(wanted["scope"].split()), False
        answer = wanted | {"client_id": tool.client_id}
        if self.flavour.gives_deployment:
            answer[TOOL_CONFIGURATION] = answer[TOOL_CONFIGURATION] | {"deployment_id": tool.deployment_id}
        return Reply(answer)

    def _auth(self, asked: Asked) -> Reply:
        location = f"?{'&'.join(f'{name}={value}' for name, value in asked.query)}"
        form = self.authorize(location) if not asked.form else self.authorize(f"?{asked.body.decode()}")
        return _posting(asked.argument("redirect_uri"), form)

    def _course(self, asked: Asked) -> Reply:
        """The page of an activity in a course, as ``person`` sees it: the tool in a frame as wide as the page."""
        person, client_id = asked.argument("person"), asked.argument("client_id")
        frame = html.escape(f"/activity?{urlencode({'person': person, 'client_id': client_id})}")
        style = "width:100%;height:85vh;border:1px solid"
        return _page(
            '<html lang="en"><meta name="viewport" content="width=device-width"><title>Course</title><h1>ADA101</h1>'
            f'<iframe title="Micro-credential" src="{frame}" style="{style}"></iframe></html>'
        )

    def _activity(self, asked: Asked) -> Reply:
        """What the frame shows first: the login, which the browser posts to the tool."""
        client_id = asked.argument("client_id")
        return _posting(self.tools[client_id].login_url, self.click(asked.argument("person"), client_id))

    def _token(self, asked: Asked) -> Reply:
        """Grant the scopes that the tool has; the assertion is for the tests of tokens to check."""
        assertion = jwt.decode(asked.form["client_assertion"], options={"verify_signature": False})
        granted = [scope for scope in asked.form["scope"].split() if scope in self.tools[assertion["iss"]].scopes]
        if not granted:
            return Reply({"error": "invalid_scope"}, 400)
        token = {"access_token": plant(secrets.token_hex(16)), "token_type": "Bearer", "expires_in": 3600}
        return Reply(token | {"scope": " ".join(granted)})

    def _take_items(self, asked: Asked) -> Reply:
        """Accept a deep linking response as Moodle does: signature by the tool's key set, issuer is the client id."""
        token = asked.form["JWT"]
        client_id = jwt.decode(token, options={"verify_signature": False})["iss"]
        published = requests.get(self.tools[client_id].jwks_uri, timeout=5).json()
        key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(token)["kid"]]
        message = jwt.decode(token, key.key, ["RS256"], audience=self.issuer)
        self.placed += message[DEEP_LINKING + "content_items"]
        return Reply(b"saved", headers={"Content-Type": "text/html"})


def _changed(claims: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    removed = {name for name, value in changes.items() if value is None}
    return {name: value for name, value in {**claims, **changes}.items() if name not in removed}


def _recorded(flavour: Flavour, person: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads((RECORDINGS / f"{flavour.product}_{person}.json").read_text())
    return claims


def _page(content: str) -> Reply:
    return Reply(f"<!doctype html>{content}".encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def _posting(target: str, form: Mapping[str, str]) -> Reply:
    fields = "".join(f'<input type="hidden" name="{name}" value="{html.escape(form[name])}">' for name in form)
    action = html.escape(target)
    return _page(f'<form method="post" action="{action}">{fields}</form><script>document.forms[0].submit()</script>')


def _host(url: str) -> str:
    return urlsplit(url).netloc
