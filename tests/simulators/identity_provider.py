"""An OpenID Connect provider: discovery, authorization code with PKCE, client authentication, id_token, key set.

OpenID Connect Core 1.0 and RFC 7636. Whoever comes to the authorization endpoint is signed in, as ``claims`` say.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.log_watch import plant
from tests.simulators.server import Asked, Reply, Simulator


@dataclass
class Grant:
    """What a code stands for until it is spent."""

    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class Twist:
    """What a test changes about the next id_token."""

    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey | None = None
    unsigned: bool = False


class IdentityProvider(Simulator):
    """The provider of one institution, with one client."""

    client_id = "microcred"

    def __init__(self) -> None:
        super().__init__()
        self.client_secret = plant(secrets.token_urlsafe(24))
        self.key = RSAKey.generate_key(2048, {"kid": "idp-1", "use": "sig", "alg": "RS256"})
        self.claims: dict[str, Any] = {"sub": "u-17", "name": "Dr Vos", "roles": ["microcred-admin"]}
        self.twist = Twist()
        self.grants: dict[str, Grant] = {}

    def answer(self, asked: Asked) -> Reply:
        """Answer as OpenID Connect says."""
        answers = {
            "/.well-known/openid-configuration": self._configuration,
            "/authorize": self._authorize,
            "/token": self._token,
            "/jwks": lambda _: Reply({"keys": [self.key.as_dict(private=False)]}),
        }
        return answers[asked.path](asked) if asked.path in answers else Reply({"error": "not_found"}, status=404)

    def _configuration(self, _: Asked) -> Reply:
        endpoints = {"authorization": "authorize", "token": "token"}
        told: dict[str, Any] = {f"{name}_endpoint": f"{self.url}/{path}" for name, path in endpoints.items()}
        told |= {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", "response_types_supported": ["code"]}
        told |= {"id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"]}
        return Reply(told)

    def _authorize(self, asked: Asked) -> Reply:
        query = dict(asked.query)
        right = query["client_id"] == self.client_id and query["response_type"] == "code"
        if not right or query.get("code_challenge_method") != "S256" or "openid" not in query["scope"].split():
            return Reply({"error": "invalid_request"}, status=400)
        code = plant(secrets.token_urlsafe(16))
        self.grants[code] = Grant(query["nonce"], query["code_challenge"], query["redirect_uri"])
        back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        return Reply("", status=302, headers={"Location": back})

    def _token(self, asked: Asked) -> Reply:
        grant = self.grants.pop(asked.form.get("code", ""), None)
        if not self._is_client(asked):
            return Reply({"error": "invalid_client"}, status=401)
        if grant is None or not _proves(asked.form.get("code_verifier", ""), grant.challenge):
            return Reply({"error": "invalid_grant"}, status=400)
        if asked.form.get("redirect_uri") != grant.redirect_uri:
            return Reply({"error": "invalid_grant"}, status=400)
        token = {"access_token": plant(secrets.token_urlsafe(16)), "token_type": "Bearer", "expires_in": 60}
        return Reply(token | {"id_token": self._id_token(grant.nonce)})

    def _is_client(self, asked: Asked) -> bool:
        given = b64decode(asked.headers.get("authorization", "").removeprefix("Basic ")).decode()
        name, _, secret = given.partition(":")
        return unquote(name) == self.client_id and hmac.compare_digest(unquote(secret), self.client_secret)

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        times = {"iat": now, "exp": now + 300, "auth_time": now}
        claims = {"iss": self.url, "aud": self.client_id, "nonce": nonce, **times, **self.claims, **self.twist.claims}
        signed: str = jwt.encode({"alg": "RS256", "kid": "idp-1"}, claims, self.twist.key or self.key)
        if not self.twist.unsigned:
            return signed
        header = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        return f"{header}.{signed.split('.')[1]}."


def _proves(verifier: str, challenge: str) -> bool:
    """Whether the verifier is the one that the challenge was made of (RFC 7636, section 4.6)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode() == challenge
