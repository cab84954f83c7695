"""Registering the bridge with a platform by one URL: LTI Dynamic Registration 1.0.

The platform sends the administrator's browser here with the address of its OpenID configuration and a token that is
good for one registration. The configuration is read (section 3.4), the bridge says what it is and asks for
(section 3.5), and the platform answers with a client id and, mostly, a deployment (section 3.6).

What is asked for is the intersection of what the bridge can use and what the platform says it has, so no platform
needs a branch of its own here. Both addresses come from outside: they are asked through :mod:`lti.network`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlsplit

from lti.claims import Message, origin_of
from lti.errors import RegistrationRefused
from lti.network import Answer, Network, Request, open_session, send
from lti.schemas import Id, OptionalId, Or, Text, Texts, Words, load
from lti.stores import Registration
from lti.tool import CLAIMS, SCOPES, Tool, Wish, custom_parameters

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
_CANVAS = "https://canvas.instructure.com/lti/"

Ask = Callable[[Request], Answer]
"""Sends one request within the limits of :mod:`lti.network`; raises :class:`lti.errors.PlatformError`."""


_PLACEMENTS = {
    Message.RESOURCE_LINK: ("course_navigation",),
    Message.DEEP_LINKING: ("ContentArea", "link_selection", "assignment_selection"),
}
_CLOUDS = (("instructure.com", "canvaslms.com"),)
"""Domains of one operator: hosted Canvas serves its configuration from another host than its issuer names."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """An OpenID configuration, as far as LTI needs it (Dynamic Registration 1.0 section 3.4.1)."""

    issuer: Id
    authorization_endpoint: Id
    token_endpoint: Id
    jwks_uri: Id
    registration_endpoint: Id
    scopes_supported: Texts
    claims_supported: Texts


@dataclass(frozen=True, slots=True)
class _Supported:
    type: Id
    placements: Texts


@dataclass(frozen=True, slots=True)
class Product:
    """What the platform says of itself (section 3.4.2); Canvas adds the account's name and host."""

    product_family_code: Text
    version: Text
    account_name: Annotated[str, Or(Words(), "", data_key=f"{_CANVAS}account_name")]
    account_domain: Annotated[str, Or(Words(), "", data_key=f"{_CANVAS}account_domain")]
    variables: Texts
    messages_supported: tuple[_Supported, ...]


@dataclass(frozen=True, slots=True)
class PlatformConfiguration:
    """A platform that the bridge can register with."""

    endpoints: Endpoints
    product: Product

    @property
    def scopes(self) -> tuple[Wish, ...]:
        """The scopes to ask for."""
        return tuple(wish for wish in SCOPES if wish.name in self.endpoints.scopes_supported)

    @property
    def claims(self) -> tuple[Wish, ...]:
        """The claims to ask for; every platform has ``sub``."""
        return tuple(wish for wish in CLAIMS if wish.name in (*self.endpoints.claims_supported, "sub"))

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the platform may show the bridge's pages from."""
        parts = (self.endpoints.issuer, self.endpoints.registration_endpoint, self.endpoints.authorization_endpoint)
        account = f"https://{self.product.account_domain}" if self.product.account_domain else ""
        return tuple(dict.fromkeys(origin for origin in map(origin_of, (account, *parts)) if origin))


@dataclass(frozen=True, slots=True)
class _Granted:
    client_id: Id
    scope: Text


@dataclass(frozen=True, slots=True)
class _Deployed:
    deployment_id: OptionalId


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of a registration. ``deployment_id`` is empty where the platform tells it at the first launch."""

    registration: Registration
    deployment_id: str = field(default="")


def asker(network: Network) -> Ask:
    """Return what sends requests within the limits of ``network``; a POST is never sent twice."""

    def ask(request: Request) -> Answer:
        with open_session(network) as session:
            return send(session, request, network)

    return ask


def read_configuration(url: str, ask: Ask) -> PlatformConfiguration:
    """Fetch and check the platform's OpenID configuration. Raises :class:`RegistrationRefused` or PlatformError."""
    answer = ask(Request(url=url, place="openid configuration"))
    if answer.status != 200:
        raise RegistrationRefused("configuration_unreadable", place=f"status {answer.status}")
    document = answer.json()
    if not isinstance(document, dict):
        raise RegistrationRefused("configuration_unreadable", place="no object")
    endpoints = load(Endpoints, document, place="openid configuration")
    product = load(Product, {"messages_supported": [], **_part(document, PLATFORM)}, place=PLATFORM)
    if not _same_operator(url, endpoints.issuer):
        raise RegistrationRefused("issuer_foreign")
    return PlatformConfiguration(endpoints, product)


def register(tool: Tool, platform: PlatformConfiguration, token: str, ask: Ask) -> Registered:
    """Register the bridge. Raises :class:`RegistrationRefused` where the platform declines, or PlatformError."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps(description(tool, platform)).encode()
    url = platform.endpoints.registration_endpoint
    answer = ask(Request(method="POST", url=url, headers=headers, body=body, place="registration"))
    if answer.status not in {200, 201}:
        raise RegistrationRefused("registration_declined", place=f"status {answer.status}")
    document = answer.json()
    granted = load(_Granted, document, place="registration")
    deployed = load(_Deployed, _part(document, TOOL), place="registration")
    top = load(_Deployed, document, place="registration")
    return Registered(_registration(platform, granted), deployed.deployment_id or top.deployment_id)


def description(tool: Tool, platform: PlatformConfiguration) -> dict[str, object]:
    """Return what the bridge says of itself to this platform (section 3.5)."""
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": tool.login_url,
        "redirect_uris": [tool.launch_url],
        "client_name": tool.name,
        "client_uri": tool.url,
        "jwks_uri": tool.keys_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(wish.name for wish in platform.scopes),
        TOOL: {
            "domain": tool.domain,
            "description": tool.description,
            "target_link_uri": tool.launch_url,
            "custom_parameters": custom_parameters(platform.product.variables),
            "claims": [wish.name for wish in platform.claims],
            "messages": [_message(tool, each) for each in platform.product.messages_supported if _is_wanted(each)],
        },
    }


def _message(tool: Tool, supported: _Supported) -> dict[str, object]:
    wanted = _PLACEMENTS[Message(supported.type)]
    placements = [name for name in supported.placements if name.removeprefix(_CANVAS) in wanted]
    place = {"placements": placements} if placements else {}
    return {"type": supported.type, "target_link_uri": tool.launch_url, "label": tool.name, **place}


def _is_wanted(supported: _Supported) -> bool:
    return supported.type in set(_PLACEMENTS)


def _registration(platform: PlatformConfiguration, granted: _Granted) -> Registration:
    return Registration(
        issuer=platform.endpoints.issuer,
        client_id=granted.client_id,
        authorization_endpoint=platform.endpoints.authorization_endpoint,
        token_endpoint=platform.endpoints.token_endpoint,
        jwks_uri=platform.endpoints.jwks_uri,
        product=platform.product.product_family_code.lower(),
        title=platform.product.account_name or urlsplit(platform.endpoints.issuer).netloc,
        origins=platform.origins,
        scopes=tuple(granted.scope.split()),
    )


def _part(document: object, name: str) -> Mapping[str, Any]:
    part = document.get(name) if isinstance(document, dict) else None
    return part if isinstance(part, dict) else {}


def _same_operator(configuration: str, issuer: str) -> bool:
    """Say whether the configuration comes from the issuer's own host (section 3.4), or its cloud's."""
    hosts = [urlsplit(url).hostname or "" for url in (configuration, issuer)]
    if not all(map(origin_of, (configuration, issuer))):
        return False
    return hosts[0] == hosts[1] or any(all(_within(host, cloud) for host in hosts) for cloud in _CLOUDS)


def _within(host: str, cloud: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in cloud)
