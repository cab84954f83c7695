"""What an administrator does: come in, look, let a deployment in or stop it, try parked work again, end a pause.

Everything is noted in the audit trail under the name that the link or the identity provider gave.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings.assessment import PlatformId
from plugin.errors import NoReasonGiven
from plugin.storage.audit import Entry
from plugin.storage.unit_of_work import Storage

LINK_LIVES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AdministeringTools:
    """What administering works with.

    ``allow`` says whether there is such a deployment; ``ring`` sends what became due; ``clock`` returns aware UTC.
    """

    storage: Storage
    allow: Callable[[PlatformId, bool], bool]
    ring: Callable[[], object]
    clock: Callable[[], datetime]


def make_link(storage: Storage, name: str, now: datetime, *, by: str = "", reason: str = "") -> str:
    """Return the token of a link for ``name``, good once and for ten minutes; ``by`` says who made it for them.

    Raises :class:`NoReasonGiven`.
    """
    if not name.strip():
        raise NoReasonGiven("a link is made for somebody: their name goes into the audit trail")
    token = secrets.token_urlsafe(32)
    with storage.begin() as work:
        work.administrators.add(token, name.strip(), now + LINK_LIVES)
        made = Entry(
            at=now, actor=by or name.strip(), act="link", subject="administrator", after=name.strip(), detail=reason
        )
        work.audit.note(made)
    return token


def come_in(storage: Storage, token: str, now: datetime) -> str:
    """Spend a link and return for whom it is; empty where it opens nothing."""
    with storage.begin() as work:
        return work.administrators.spend(token, now)


def decide_deployment(
    tools: AdministeringTools, platform: PlatformId, *, allowed: bool, by: str, reason: str = ""
) -> bool:
    """Let a deployment launch, or stop it. False where there is no such deployment."""
    if not tools.allow(platform, allowed):
        return False
    with tools.storage.begin() as work:
        act = "allow" if allowed else "stop"
        work.audit.note(Entry(at=tools.clock(), actor=by, act=act, subject=platform, detail=reason))
    return True


def retry(tools: AdministeringTools, by: str, reason: str = "") -> int:
    """Make all parked work due. Returns how many pieces."""
    now = tools.clock()
    with tools.storage.begin() as work:
        count = work.outbox.retry_parked(now)
        work.audit.note(Entry(at=now, actor=by, act="retry", subject="outbox", after=f"{count} due", detail=reason))
    tools.ring()
    return count
