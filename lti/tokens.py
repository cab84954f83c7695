"""Access tokens: how the bridge proves to a platform who it is, once an hour and not once a request.

Two ways to get one:

- :class:`ClientCredentials`: LTI services (IMS Security Framework 1.0, section 4.1; RFC 7523 section 2.2): a JWT
  signed with the tool's key is exchanged for a token with the scopes asked for.
- :class:`RefreshedToken`: Canvas' REST API (RFC 6749 section 6): a refresh token, which stays the same, is
  exchanged for an access token.

Both keep their token until a minute before it ends, fetch only one at a time however many ask, and fetch a new one
once where the platform refuses the kept one. What is left to the caller: keeping keys and refresh tokens secret.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey
from marshmallow import fields

from lti.errors import Fault, PlatformError
from lti.network import Answer, Network, Request, open_session, send
from lti.schemas import Id, OptionalId, OptionalWhole, Text, load
from lti.stores import AccessToken, TokenKey, TokenStore

Sign = Callable[[Mapping[str, object]], str]
"""Makes a compact JWS (RS256, with ``kid``) of claims."""
Clock = Callable[[], datetime]

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MARGIN = timedelta(seconds=60)
_BACKDATED = timedelta(seconds=5)  # platforms without leeway refuse an iat that their clock has not reached
_ASSERTION_LASTS = timedelta(minutes=5)
_KNOWN_ERRORS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope"}
)


class TokenSource(Protocol):
    """Supplies the bearer token of one client and one set of scopes."""

    def current(self) -> str:
        """Return a token that still lasts a minute; raise TOKEN_REFUSED where none is to be had."""
        ...

    def renewed(self, refused: str) -> str:
        """Return another token than ``refused``, which the platform did not accept."""
        ...


class TokensInMemory:
    """A :class:`~lti.stores.TokenStore` for one process."""

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, AccessToken] = {}

    def find(self, key: TokenKey) -> AccessToken | None:
        """Return the token kept for ``key``, also when it has ended."""
        return self._tokens.get(key)

    def keep(self, key: TokenKey, token: AccessToken) -> None:
        """Keep ``token`` for ``key`` in place of any other."""
        self._tokens[key] = token

    def forget(self, key: TokenKey) -> None:
        """Drop the token of ``key``, if there is one."""
        self._tokens.pop(key, None)


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


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks for tokens, where: from the registration."""

    issuer: str
    client_id: str
    token_url: str


class _KeptToken:
    """The part that both sources share: keep, fetch one at a time, fetch anew where refused."""

    def __init__(self, key: TokenKey, store: TokenStore, clock: Clock) -> None:
        self._key = key
        self._store = store
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    def current(self) -> str:
        with self._one_at_a_time:
            kept = self._store.find(self._key)
            if kept is not None and kept.expires_at - _MARGIN > self._clock():
                return kept.value
            return self._fetch_and_keep()

    def renewed(self, refused: str) -> str:
        with self._one_at_a_time:
            kept = self._store.find(self._key)
            if kept is not None and kept.value != refused:
                return kept.value  # somebody else renewed it while this request waited
            self._store.forget(self._key)
            return self._fetch_and_keep()

    def _fetch_and_keep(self) -> str:
        asked_at = self._clock()
        answer = self._fetch()
        ends = asked_at + timedelta(seconds=3600 if answer.expires_in is None else answer.expires_in)
        self._store.keep(self._key, AccessToken(answer.access_token, ends))
        return answer.access_token

    def _fetch(self) -> TokenAnswer:
        raise NotImplementedError


class ClientCredentials(_KeptToken):
    """Tokens for LTI services, by a signed assertion (``private_key_jwt``)."""

    def __init__(
        self,
        client: Client,
        scopes: frozenset[str],
        sign: Sign,
        network: Network,
        *,
        store: TokenStore,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(TokenKey(client.issuer, client.client_id, scopes), store, clock)
        self._client = client
        self._scopes = scopes
        self._sign = sign
        self._network = network

    def _fetch(self) -> TokenAnswer:
        form = (
            ("grant_type", "client_credentials"),
            ("client_assertion_type", _ASSERTION),
            ("client_assertion", self._sign(self._claims())),
            ("scope", " ".join(sorted(self._scopes))),
        )
        answer = ask_for_token(self._client.token_url, form, self._network)
        granted = frozenset(answer.scope.split())
        # Moodle drops scopes that it does not grant without a word (RFC 6749 section 3.3 lets it).
        if granted and not self._scopes <= granted:
            raise PlatformError(Fault.SCOPE_REFUSED, "token", detail=_last_parts(self._scopes - granted))
        return answer

    def _claims(self) -> dict[str, object]:
        """Return the claims of RFC 7523 section 3; the audience is the token endpoint, which Canvas checks."""
        now = self._clock()
        return {
            "iss": self._client.client_id,
            "sub": self._client.client_id,
            "aud": self._client.token_url,
            "iat": int((now - _BACKDATED).timestamp()),
            "exp": int((now + _ASSERTION_LASTS).timestamp()),
            "jti": str(uuid4()),
        }


@dataclass(frozen=True, slots=True)
class RefreshGrant:
    """What Canvas gave when somebody authorised the bridge, and the developer key it was given to."""

    client: Client
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


class RefreshedToken(_KeptToken):
    """Tokens for Canvas' REST API. Canvas' answer has no new refresh token: the first is kept for good."""

    def __init__(
        self, grant: RefreshGrant, network: Network, *, store: TokenStore, clock: Clock = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(TokenKey(grant.client.issuer, grant.client.client_id, frozenset({"refresh"})), store, clock)
        self._grant = grant
        self._network = network

    def _fetch(self) -> TokenAnswer:
        form = (
            ("grant_type", "refresh_token"),
            ("client_id", self._grant.client.client_id),
            ("client_secret", self._grant.client_secret),
            ("refresh_token", self._grant.refresh_token),
        )
        return ask_for_token(self._grant.client.token_url, form, self._network)


class FixedToken:
    """A token that an administrator made by hand and that cannot be renewed."""

    def __init__(self, value: str) -> None:
        self._value = value

    def current(self) -> str:
        """Return the token."""
        return self._value

    def renewed(self, refused: str) -> str:  # noqa: ARG002 - the protocol's signature
        """Refuse: there is no other one."""
        raise PlatformError(Fault.TOKEN_REFUSED, "token", detail="cannot be renewed")


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


def signer(private_pem: bytes, key_id: str) -> Sign:
    """Return what signs assertions with an RSA key (PEM, PKCS#8), as RS256 (IMS Security Framework 6.2)."""
    key = RSAKey.import_key(private_pem)

    def sign(claims: Mapping[str, object]) -> str:
        return jwt.encode({"alg": "RS256", "kid": key_id}, dict(claims), key, algorithms=["RS256"])

    return sign


def _last_parts(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scope.rpartition("/")[2] for scope in scopes))
