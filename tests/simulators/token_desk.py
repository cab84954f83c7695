"""Where a platform gives access tokens for signed assertions, with the scopes that it grants and no others."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.log_watch import plant
from tests.simulators.server import Asked, Reply


@dataclass
class Client:
    """A registered tool: its id, its public key, and what an administrator lets it have."""

    client_id: str
    public_key: RSAKey
    scopes: frozenset[str]


@dataclass
class TokenDesk:
    """RFC 7523 at a platform. ``lasts`` are seconds; ``checks_audience`` as Canvas does and Moodle does not."""

    client: Client
    checks_audience: bool = False
    lasts: int = 3600
    clock: Callable[[], float] = time.time
    issued: dict[str, frozenset[str]] = field(default_factory=dict)
    assertions: list[dict[str, object]] = field(default_factory=list)

    def give(self, asked: Asked, url: str) -> Reply:
        """Answer a token request."""
        form = asked.form
        problem = self._problem(form, url)
        granted = frozenset(form.get("scope", "").split()) & self.client.scopes
        if problem or not granted:
            return Reply({"error": problem or "invalid_scope"}, status=400, headers={"Content-Type": "text/html"})
        token = plant(secrets.token_hex(16))
        self.issued[token] = granted
        body = {"access_token": token, "token_type": "Bearer", "expires_in": self.lasts, "scope": " ".join(granted)}
        return Reply(body, headers={"Content-Type": "text/html; charset=utf-8"})

    def allows(self, asked: Asked, scope: str) -> bool:
        """Say whether the request bears a token with this scope."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return scope in self.issued.get(token, frozenset())

    def revoke_all(self) -> None:
        """End every token, as an administrator or an hour does."""
        self.issued.clear()

    def _problem(self, form: dict[str, str], url: str) -> str:
        if form.get("grant_type") != "client_credentials":
            return "unsupported_grant_type"
        try:
            claims = jwt.decode(form.get("client_assertion", ""), self.client.public_key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return "Signature verification failed"
        self.assertions.append(claims)
        if claims.get("iss") != self.client.client_id or claims.get("sub") != self.client.client_id:
            return "invalid_client"
        if not claims.get("iat", 0) <= self.clock() < claims.get("exp", 0) or not claims.get("jti"):
            return "Expired token"
        return "invalid_client" if self.checks_audience and claims.get("aud") != url else ""
