"""How somebody lets the bridge read Canvas: OAuth 2 with a developer key (RFC 6749 section 4.1), once.

1. :func:`authorization_url` is where the browser of that person goes; ``state`` is the caller's, to be compared;
2. Canvas sends the browser back with a code, or with an error: :func:`code_of`;
3. :func:`redeem` exchanges the code for a :class:`~lti.tokens.RefreshGrant`, which the caller keeps encrypted.

What is left to the caller: that the person is an administrator of the bridge, and that ``state`` is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from lti.errors import Fault, PlatformError
from lti.network import Network
from lti.schemas import Id, load
from lti.stores import TokenStore
from lti.tokens import Client, FixedToken, RefreshedToken, RefreshGrant, TokenSource, ask_for_token

_PATHS = (
    "/api/v1/courses/:id",
    "/api/v1/courses/:course_id/enrollments",
    "/api/v1/courses/:course_id/assignments",
    "/api/v1/courses/:course_id/students/submissions",
    "/api/v1/courses/:course_id/bulk_user_progress",
    "/api/v1/courses/:course_id/outcome_rollups",
    "/api/v1/outcomes/:id",
    "/api/v1/courses/:course_id/quizzes",
    "/api/quiz/v1/courses/:course_id/quizzes",
)
CANVAS_SCOPES = tuple(f"url:GET|{path}" for path in _PATHS)
"""What the developer key enforces: reading, and nothing else. ``lti/README.md`` says what each feeds."""


@dataclass(frozen=True, slots=True)
class DeveloperKey:
    """An API key of a Canvas account. ``url`` is the institution's domain, ``redirect_uri`` ours."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str

    @property
    def client(self) -> Client:
        """The client at this Canvas' token endpoint."""
        url = self.url.rstrip("/")
        return Client(url, self.client_id, f"{url}/login/oauth2/token")


def authorization_url(key: DeveloperKey, state: str) -> str:
    """Return where the person agrees."""
    query = {
        "client_id": key.client_id,
        "response_type": "code",
        "redirect_uri": key.redirect_uri,
        "state": state,
        "scope": " ".join(CANVAS_SCOPES),
    }
    return f"{key.url.rstrip('/')}/login/oauth2/auth?{urlencode(query)}"


def code_of(query: Mapping[str, str]) -> str:
    """Return the code that Canvas sent the browser back with; raise where the person or Canvas said no."""
    if code := query.get("code"):
        return code
    fault = Fault.SCOPE_REFUSED if query.get("error") == "invalid_scope" else Fault.NO_ACCESS
    raise PlatformError(fault, "authorization")


def redeem(key: DeveloperKey, code: str, network: Network) -> RefreshGrant:
    """Exchange the code, which works once, for what lets the bridge read from now on."""
    form = (
        ("grant_type", "authorization_code"),
        ("client_id", key.client_id),
        ("client_secret", key.client_secret),
        ("redirect_uri", key.redirect_uri),
        ("code", code),
    )
    answer = ask_for_token(key.client.token_url, form, network)
    if not answer.refresh_token:
        raise PlatformError(Fault.MALFORMED_ANSWER, "authorization", detail="refresh_token")
    return RefreshGrant(key.client, key.client_secret, answer.refresh_token)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A grant as one text, for an encrypted column."""

    client_id: Id
    client_secret: Id
    refresh_token: Id


def as_credential(grant: RefreshGrant) -> str:
    """Return the grant as one secret text to keep."""
    names = {"client_id": grant.client.client_id, "client_secret": grant.client_secret}
    return json.dumps({**names, "refresh_token": grant.refresh_token})


def token_source(url: str, credential: str, network: Network, store: TokenStore) -> TokenSource:
    """Return the tokens that a kept credential gives: of a grant, or a token that somebody made by hand in Canvas."""
    if not credential.startswith("{"):
        return FixedToken(credential)
    try:
        kept = load(_Kept, json.loads(credential), place="credential")
    except ValueError as error:
        raise PlatformError(Fault.TOKEN_REFUSED, "credential", detail="no JSON") from error
    client = DeveloperKey(url, kept.client_id, kept.client_secret, "").client
    return RefreshedToken(RefreshGrant(client, kept.client_secret, kept.refresh_token), network, store=store)
