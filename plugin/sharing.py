"""Opening a credential to others and to oneself: share links, the recovery link, objections.

Everything here is done by the holder, and only to what is theirs: an id of somebody else is answered exactly like one
that does not exist (:class:`plugin.errors.UnknownRow`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError

from plugin.errors import UnknownRow
from plugin.storage.audit import Entry
from plugin.storage.credentials import Reserved
from plugin.storage.holdings import Holding, Standing
from plugin.storage.sharing import Holder, Share
from plugin.storage.unit_of_work import Storage, UnitOfWork

log = structlog.get_logger(__name__)
BY_HOLDER = "holder"
"""Actor of the audit trail: whoever holds the credential; the award says who that is."""


@dataclass(frozen=True, slots=True)
class SharingTools:
    """What sharing works with. ``clock`` returns aware UTC."""

    storage: Storage
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a link leads to. ``shared`` is None where nothing may be shown but how the credential stands."""

    standing: Standing
    shared: Reserved | None = None
    ended: bool = False
    """The link once showed the credential, and does no more."""


def share(tools: SharingTools, holder: Holder, credential_id: str, days: int | None) -> str:
    """Open a link for so many days, None without an end, in place of any other. Returns its token (128 bits)."""
    now, token = tools.clock(), secrets.token_urlsafe(16)
    with tools.storage.begin() as work:
        own = _own(work, holder, credential_id)
        ends_at = None if days is None else now + timedelta(days=days)
        work.shares.open(token, credential_id, now=now, ends_at=ends_at)
        work.audit.note(Entry(at=now, actor=BY_HOLDER, act="share", subject=own.award_id))
    return token


def unshare(tools: SharingTools, holder: Holder, credential_id: str) -> None:
    """Close the link; from now on it shows nothing."""
    now = tools.clock()
    with tools.storage.begin() as work:
        own = _own(work, holder, credential_id)
        work.shares.close(credential_id, now)
        work.audit.note(Entry(at=now, actor=BY_HOLDER, act="unshare", subject=own.award_id))


def look(tools: SharingTools, reference: str, *, count: bool) -> Looked | None:
    """Follow the token of a share link, or the id of a credential, which tells no more than how it stands."""
    now = tools.clock()
    with tools.storage.reading() as work:
        link = work.shares.find(reference)
        looked = _looked(work, reference, link, now)
    if link is not None and count and looked is not None and looked.shared is not None:
        _count(tools, link)
    return looked


def _count(tools: SharingTools, link: Share) -> None:
    """Count a look. A disk that is full or a lock that is held costs the number, not the employer their page."""
    try:
        with tools.storage.begin() as work:
            work.shares.count_view(link.token)
    except OperationalError as error:
        log.warning("look_not_counted", error=type(error).__name__)


def _looked(work: UnitOfWork, reference: str, link: Share | None, now: datetime) -> Looked | None:
    standing = work.holdings.standing(link.credential_id if link else reference)
    if standing is None or link is None:
        return None if standing is None else Looked(standing)
    if not link.is_open(now):
        return Looked(standing, ended=True)
    return Looked(standing, work.credentials.get(link.credential_id))


def recovery(tools: SharingTools, holder: Holder) -> str:
    """Make the one link that opens all of a person's credentials without the platform. Returns its token (256 bits)."""
    now, token = tools.clock(), secrets.token_urlsafe(32)
    with tools.storage.begin() as work:
        work.shares.renew_recovery(token, holder, now)
        work.audit.note(Entry(at=now, actor=BY_HOLDER, act="recovery-link", subject=_of_holder(work, holder)))
    return token


def recover(tools: SharingTools, token: str) -> Holder | None:
    """Return whose credentials a recovery token opens: a printed one again and again, a mailed one this once."""
    now = tools.clock()
    with tools.storage.begin() as work:
        printed = work.shares.recovered(token)
        holder = printed or work.recoveries.spend(token, now)
        if holder is not None:
            by = "printed link" if printed else "mailed link"
            work.audit.note(Entry(at=now, actor=BY_HOLDER, act="recover", subject=_of_holder(work, holder), detail=by))
    return holder


def object_to(tools: SharingTools, holder: Holder, award_id: str, text: str) -> None:
    """Keep what the learner objects to, for the teachers of the course to answer."""
    now = tools.clock()
    with tools.storage.begin() as work:
        if work.holdings.award(holder, award_id) is None:
            raise UnknownRow(f"no award {award_id} of this person")
        work.holdings.object(award_id, text, now)
        work.audit.note(Entry(at=now, actor=BY_HOLDER, act="object", subject=award_id))


def _of_holder(work: UnitOfWork, holder: Holder) -> str:
    """Return an award of this person: the trail names numbers, not learners."""
    return next((each.award_id for each in work.holdings.of(holder)), "person")


def _own(work: UnitOfWork, holder: Holder, credential_id: str) -> Holding:
    own = work.holdings.credential(holder, credential_id)
    if own is None:
        raise UnknownRow(f"no credential {credential_id} of this person")
    return own
