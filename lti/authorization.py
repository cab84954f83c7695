"""How somebody lets the bridge read Canvas: OAuth 2 with a developer key (RFC 6749 section 4.1), once.

1. :func:`authorization_url` is where the browser of that person goes; ``state`` is the caller's, to be compared. The
   challenge of PKCE (RFC 7636) goes along: a server that does not know it ignores it (section 5);
2. Canvas sends the browser back with a code, or with an error: :func:`code_of`;
3. :func:`redeem` exchanges the code for a :class:`~lti.tokens.RefreshGrant`, which the caller keeps encrypted.

What is left to the caller: that the person is an administrator of the bridge, and that ``state`` is theirs.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from lti.errors import Fault, PlatformError
from lti.network import Network
from lti.schemas import Id, OptionalId, Text, load
from lti.stores import TokenStore
from lti.token_endpoint import ask_for_token
from lti.tokens import Client, FixedToken, NoToken, RefreshedToken, RefreshGrant, TokenSource
from lti.tool import Wish

CANVAS_WISHES = (
    Wish("url:GET|/api/v1/courses/:id", "M2, title; M10, form of participation: title, dates, format"),
    Wish("url:GET|/api/v1/courses/:course_id/enrollments", "M1, identification of the learner; O3, course grade"),
    Wish("url:GET|/api/v1/courses/:course_id/assignments", "M9, type of assessment; O2, LockDown Browser"),
    Wish("url:GET|/api/v1/courses/:course_id/students/submissions", "O3, grade achieved"),
    Wish("url:GET|/api/v1/courses/:course_id/bulk_user_progress", "Whether the course is completed"),
    Wish("url:GET|/api/v1/courses/:course_id/outcome_rollups", "M6, learning outcomes: what was mastered"),
    Wish("url:GET|/api/v1/outcomes/:id", "M6, learning outcomes: titles and mastery points"),
    Wish("url:GET|/api/v1/courses/:course_id/quizzes", "O2, how classic quizzes are sat"),
    Wish("url:GET|/api/quiz/v1/courses/:course_id/quizzes", "O2, how New Quizzes are sat"),
    Wish("url:POST|/api/v1/conversations", "Telling learners in their inbox; no element"),
)
"""Each scope of the developer key beside the element (Annex I) that it feeds, or beside what else it is for."""
CANVAS_SCOPES = tuple(wish.name for wish in CANVAS_WISHES)
"""What the developer key enforces: reading, and telling learners."""


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


def authorization_url(key: DeveloperKey, state: str, verifier: str) -> str:
    """Return where the person agrees. ``verifier`` is a secret of 43 to 128 signs, shown again to :func:`redeem`."""
    query = {
        "client_id": key.client_id,
        "response_type": "code",
        "redirect_uri": key.redirect_uri,
        "state": state,
        "scope": " ".join(CANVAS_SCOPES),
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    return f"{key.url.rstrip('/')}/login/oauth2/auth?{urlencode(query)}"


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of RFC 7636 section 4.2."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


@dataclass(frozen=True, slots=True)
class _Back:
    """What the browser comes back with (RFC 6749 section 4.1.2): a code, or an error."""

    code: Text
    error: Text


def code_of(query: Mapping[str, str]) -> str:
    """Return the code that Canvas sent the browser back with; raise where the person or Canvas said no."""
    said = load(_Back, dict(query), place="authorization")
    if said.code:
        return said.code
    fault = Fault.SCOPE_REFUSED if said.error == "invalid_scope" else Fault.NO_ACCESS
    raise PlatformError(fault, "authorization")


def redeem(key: DeveloperKey, code: str, verifier: str, network: Network) -> RefreshGrant:
    """Exchange the code, which works once, for what lets the bridge read from now on."""
    form = (
        ("grant_type", "authorization_code"),
        ("client_id", key.client_id),
        ("client_secret", key.client_secret),
        ("redirect_uri", key.redirect_uri),
        ("code", code),
        ("code_verifier", verifier),
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
    refresh_token: OptionalId


def as_credential(client_id: str, client_secret: str, refresh_token: str = "") -> str:
    """Return a developer key, and what it was given, as one secret text to keep."""
    names = {"client_id": client_id, "client_secret": client_secret}
    return json.dumps(names | ({"refresh_token": refresh_token} if refresh_token else {}))


def with_key(credential: str, client_id: str, client_secret: str) -> str:
    """Return a credential with this developer key; what the same key was given before stays until it is given anew."""
    kept = _kept(credential)
    given = kept.refresh_token if kept is not None and kept.client_id == client_id else ""
    return as_credential(client_id, client_secret, given)


def key_of(url: str, credential: str, redirect_uri: str) -> DeveloperKey | None:
    """Return the developer key of a kept credential, None where it is none."""
    kept = _kept(credential)
    return None if kept is None else DeveloperKey(url, kept.client_id, kept.client_secret, redirect_uri)


def token_source(url: str, credential: str, network: Network, store: TokenStore) -> TokenSource:
    """Return the tokens that a kept credential gives: of a grant, or a token that somebody made by hand in Canvas."""
    kept = _kept(credential)
    if kept is None:
        return FixedToken(credential) if credential else NoToken()
    if not kept.refresh_token:
        return NoToken()
    client = DeveloperKey(url, kept.client_id, kept.client_secret, "").client
    return RefreshedToken(RefreshGrant(client, kept.client_secret, kept.refresh_token), network, store=store)


def _kept(credential: str) -> _Kept | None:
    """Return what a credential holds; None where it is a token made by hand."""
    if not credential.startswith("{"):
        return None
    try:
        return load(_Kept, json.loads(credential), place="credential")
    except ValueError as error:
        raise PlatformError(Fault.TOKEN_REFUSED, "credential", detail="no JSON") from error
