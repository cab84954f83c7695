"""A platform's token endpoint: what is posted there, and what its answers mean (RFC 6749 section 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from marshmallow import fields

from lti.errors import Fault, PlatformError
from lti.network import Answer, Network, Request, open_session, send
from lti.schemas import Id, OptionalId, OptionalWhole, Text, load

_KNOWN_ERRORS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope"}
)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """RFC 6749 section 5.1. Moodle sends it as ``text/html``, Canvas leaves ``scope`` out of a refresh."""

    access_token: Id = field(repr=False)
    expires_in: OptionalWhole
    scope: Text
    refresh_token: OptionalId = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenProblem:
    """RFC 6749 section 5.2; Moodle writes exception texts into ``error``."""

    error: Annotated[str, fields.String(load_default="")]


def ask_for_token(url: str, form: tuple[tuple[str, str], ...], network: Network) -> TokenAnswer:
    """Post ``form`` to a token endpoint and return its answer; a refusal says its OAuth code where it is known."""
    headers = {"Accept": "application/json"}
    answer = send(open_session(network), Request(method="POST", url=url, form=form, headers=headers), network)
    if answer.status >= 500:
        raise PlatformError(Fault.PLATFORM_DOWN, answer.place, retry_after=answer.retry_after)
    if answer.status == 429:
        raise PlatformError(Fault.THROTTLED, answer.place, retry_after=answer.retry_after)
    if answer.status != 200:
        code = _problem(answer)
        fault = Fault.SCOPE_REFUSED if code == "invalid_scope" else Fault.TOKEN_REFUSED
        raise PlatformError(fault, answer.place, detail=code)
    return load(TokenAnswer, answer.json(), place=answer.place)


def _problem(answer: Answer) -> str:
    """Return the error code if it is one that OAuth knows; anything else may repeat what was sent."""
    try:
        code = load(TokenProblem, answer.json(), place=answer.place).error
    except PlatformError:
        return ""
    return code if code in _KNOWN_ERRORS else ""
