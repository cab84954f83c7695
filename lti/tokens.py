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

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

from lti.errors import Fault, PlatformError
from lti.network import Network
from lti.stores import AccessToken, TokenKey, TokenStore
from lti.token_endpoint import TokenAnswer, ask_for_token

Sign = Callable[[Mapping[str, object]], str]
"""Makes a compact JWS (RS256, with ``kid``) of claims."""
Clock = Callable[[], datetime]

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MARGIN = timedelta(seconds=60)
_BACKDATED = timedelta(seconds=5)  # platforms without leeway refuse an iat that their clock has not reached
_ASSERTION_LASTS = timedelta(minutes=5)
_LEASE = timedelta(seconds=90)
"""Longer than a request for a token may take with its repeats."""
_PAUSE = 0.1
_LOOKS = int(_LEASE.total_seconds() / _PAUSE) + 1
"""How often to look whether another process has the token, ``_PAUSE`` seconds apart."""


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

    def lease(self, key: TokenKey, now: datetime, lasts: timedelta) -> str | None:  # noqa: ARG002 - the protocol's
        """Return a lease: within one process a lock suffices."""
        return "own"

    def release(self, key: TokenKey, lease: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks for tokens, where: from the registration."""

    issuer: str
    client_id: str
    token_url: str


class _KeptToken:
    """The part that both sources share: keep, fetch one at a time, fetch anew where refused.

    Threads of a process wait at a lock; processes that share the store wait for whoever holds the lease, and then find
    the token that it fetched. A lease ends by itself, so that nobody waits for the dead.
    """

    def __init__(self, key: TokenKey, store: TokenStore, clock: Clock) -> None:
        self._key = key
        self._store = store
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    def current(self) -> str:
        with self._one_at_a_time:
            return self._kept() or self._alone("")

    def renewed(self, refused: str) -> str:
        with self._one_at_a_time:
            return self._alone(refused)

    def _kept(self, refused: str = "") -> str:
        """Return the kept token, empty where there is none that lasts, or only the one that was refused."""
        kept = self._store.find(self._key)
        lasts = kept is not None and kept.expires_at - _MARGIN > self._clock()
        return kept.value if kept is not None and lasts and kept.value != refused else ""

    def _alone(self, refused: str) -> str:
        """Return a token that somebody fetched meanwhile, or fetch one while all others wait."""
        for _ in range(_LOOKS):
            lease = self._store.lease(self._key, self._clock(), _LEASE)
            kept = self._kept(refused)
            if lease is not None:
                return self._fetched(lease, kept)
            if kept:
                return kept
            time.sleep(_PAUSE)
        raise PlatformError(Fault.TIMED_OUT, "token", detail="another process is fetching it")

    def _fetched(self, lease: str, kept: str) -> str:
        try:
            return kept or self._fetch_and_keep()
        finally:
            self._store.release(self._key, lease)

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
        # Each authorisation has tokens of its own: two accounts may have agreed to the same developer key.
        agreed = hashlib.sha256(grant.refresh_token.encode()).hexdigest()[:16]
        super().__init__(TokenKey(grant.client.issuer, grant.client.client_id, frozenset({agreed})), store, clock)
        self._grant = grant
        self._network = network

    def _fetch(self) -> TokenAnswer:
        form = (
            ("grant_type", "refresh_token"),
            ("client_id", self._grant.client.client_id),
            ("client_secret", self._grant.client_secret),
            ("refresh_token", self._grant.refresh_token),
        )
        try:
            return ask_for_token(self._grant.client.token_url, form, self._network)
        except PlatformError as error:
            if error.fault is Fault.TOKEN_REFUSED:
                raise PlatformError(Fault.AUTHORIZATION_ENDED, error.place) from error
            raise


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


class NoToken:
    """No token yet: a developer key is known, and nobody has authorised the bridge with it."""

    def current(self) -> str:
        """Refuse."""
        raise PlatformError(Fault.NOT_AUTHORIZED, "token")

    def renewed(self, refused: str) -> str:  # noqa: ARG002 - the protocol's signature
        """Refuse."""
        raise PlatformError(Fault.NOT_AUTHORIZED, "token")


def signer(private_pem: bytes, key_id: str) -> Sign:
    """Return what signs assertions with an RSA key (PEM, PKCS#8), as RS256 (IMS Security Framework 6.2)."""
    key = RSAKey.import_key(private_pem)

    def sign(claims: Mapping[str, object]) -> str:
        return jwt.encode({"alg": "RS256", "kid": key_id}, dict(claims), key, algorithms=["RS256"])

    return sign


def _last_parts(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scope.rpartition("/")[2] for scope in scopes))
