"""pylti1p3, behind one module: nothing else of the bridge imports it.

What the library does here: the sequence of a message launch (``MessageLaunch.validate``), the rules of each message
type (its message validators), and the deep linking message with its content items.
What it does not do, because it was found weak or slow when it was run (lti/README.md says which and why): the form of
the id_token, which is here, and state and nonce, registrations, keys and signature, times and audience, deployments,
storage: :mod:`lti.launch` overrides those steps. The library gets no network and no storage, so it cannot do them
behind our back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import orjson
from pybase64 import b64decode
from pylti1p3.cookie import CookieService
from pylti1p3.deep_link import DeepLink, TDeepLinkData
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch, TJwtData
from pylti1p3.registration import Registration as LibraryRegistration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from lti.claims import Launch
from lti.errors import LaunchRefused
from lti.refusals import Refusal
from lti.stores import ToolKey
from lti.tool_keys import public_pem

LARGEST_TOKEN = 65_536
"""Characters of an id_token; Moodle's and Canvas' have 4,000 to 10,000."""
RESPONSE_LIFETIME = timedelta(minutes=5)


_REFUSALS = {
    "Must have a user (sub)": Refusal.USER_MISSING,
    "Incorrect version, expected 1.3.0": Refusal.VERSION_WRONG,
    "Missing Roles Claim": Refusal.ROLES_MISSING,
    "Missing Resource Link Id": Refusal.RESOURCE_LINK_MISSING,
    "Invalid message type": Refusal.MESSAGE_UNKNOWN,
    "Unrecognized message type": Refusal.MESSAGE_UNKNOWN,
}
"""What the library says, by what we call it; everything else that it says is an incomplete message."""


class LibraryLaunch(MessageLaunch[Request, ToolConfAbstract[Request], SessionService, CookieService]):
    """The library's launch over a plain form: no framework, no session, no network.

    Its constructor is left out. It takes a request, a session, cookies and a network, which no step that is left
    uses: one that did would fail loudly, for there are none.
    """

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        self._jwt = {}

    def _get_request_param(self, key: str) -> str:
        return self._form.get(key, "")

    @property
    def header(self) -> Mapping[str, object]:
        """The header of the id_token; not verified."""
        return cast("dict[str, object]", self._jwt.get("header", {}))

    @property
    def body(self) -> dict[str, object]:
        """The body of the id_token; as much verified as the steps that have run."""
        return cast("dict[str, object]", self._jwt.get("body", {}))

    def validate_jwt_format(self) -> LibraryLaunch:
        """Take the id_token apart, strictly (RFC 7515 section 2): three parts, two of them JSON objects."""
        token = self._form.get("id_token", "")
        if not token:
            raise LaunchRefused(Refusal.ID_TOKEN_MISSING)
        parts = token.split(".") if len(token) <= LARGEST_TOKEN else []
        if len(parts) != 3:
            raise LaunchRefused(Refusal.ID_TOKEN_MALFORMED)
        self._jwt = cast("TJwtData", {"header": _part(parts[0]), "body": _part(parts[1])})
        return self

    def validate_message(self) -> LibraryLaunch:
        """Apply the library's rules for the type of message."""
        try:
            super().validate_message()
        except LtiException as said:
            raise LaunchRefused(_REFUSALS.get(str(said), Refusal.MESSAGE_INCOMPLETE)) from None
        return self


def _part(part: str) -> dict[str, object]:
    try:
        said = orjson.loads(b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True))
    except ValueError:
        raise LaunchRefused(Refusal.ID_TOKEN_MALFORMED) from None
    if not isinstance(said, dict):
        raise LaunchRefused(Refusal.ID_TOKEN_MALFORMED)
    return said


@dataclass(frozen=True, slots=True)
class ContentItem:
    """A link of ours that a teacher puts into a course (Deep Linking 2.0 section 3.2, ``ltiResourceLink``)."""

    title: str
    url: str
    text: str = ""
    custom: tuple[tuple[str, str], ...] = ()


class _Item(DeepLinkResource):
    """The library's content item, with the text that it leaves out, and without what is empty.

    Moodle 4.5.6 answers an empty ``custom`` with a fault of its own: PHP reads ``{}`` as a list.
    """

    text = ""

    def to_dict(self) -> dict[str, object]:
        """Return the members that have a value."""
        members = super().to_dict() | {"text": self.text}
        return {name: value for name, value in members.items() if value}


def sign_deep_linking(launch: Launch, items: tuple[ContentItem, ...], key: ToolKey, now: datetime) -> str:
    """Return the signed deep linking response: the value of the form field ``JWT``.

    Deep Linking 2.0 section 4.5. ``data`` is sent only where the platform gave one, and the audience is one text:
    the library sends null and a list, which not every platform reads.
    """
    registration = LibraryRegistration().set_issuer(launch.issuer).set_client_id(launch.client_id)
    registration.set_tool_private_key(key.private_pem.decode())
    registration.set_tool_public_key(public_pem(key).decode())
    data = launch.deep_linking.data if launch.deep_linking else ""
    response = DeepLink(registration, launch.deployment_id, cast("TDeepLinkData", {"data": data}))
    message = response.get_message_jwt([_library_item(item) for item in items])
    return str(response.encode_jwt(_as_we_send_it(message, launch.issuer, now)))  # type: ignore[no-untyped-call]


def _as_we_send_it(message: dict[str, object], issuer: str, now: datetime) -> dict[str, object]:
    data_claim = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
    times = {"iat": int(now.timestamp()), "exp": int((now + RESPONSE_LIFETIME).timestamp())}
    return {name: value for name, value in message.items() if name != data_claim or value} | times | {"aud": issuer}


def _library_item(item: ContentItem) -> DeepLinkResource:
    resource = _Item()
    resource.set_title(item.title).set_url(item.url).set_custom_params(dict(item.custom))
    resource.text = item.text
    return resource
