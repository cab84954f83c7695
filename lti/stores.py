"""What lti/ needs to have kept, as protocols; plugin/storage implements them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Who a token belongs to. All Canvas customers share one issuer: the client id is part of the key."""

    issuer: str
    client_id: str
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token and when it ends (UTC). Never logged: its value is not in ``repr``."""

    value: str = field(repr=False)
    expires_at: datetime


class TokenStore(Protocol):
    """Keeps access tokens between requests and, where several processes share it, between processes."""

    def find(self, key: TokenKey) -> AccessToken | None:
        """Return the token kept for ``key``, also when it has ended."""
        ...

    def keep(self, key: TokenKey, token: AccessToken) -> None:
        """Keep ``token`` for ``key`` in place of any other."""
        ...

    def forget(self, key: TokenKey) -> None:
        """Drop the token of ``key``, if there is one."""
        ...
