"""Sign-ins of administrators: they end by themselves, by signing out, or because somebody else ends them.

A browser holds 256 random bits and the database their digest, so a cookie that was copied opens nothing once its
sign-in has ended (OWASP ASVS 5.0.0, 7.3 and 7.4).
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from plugin.storage.administrators import OpenLink, SignIn, digest
from plugin.storage.audit import Entry
from plugin.storage.unit_of_work import Storage, UnitOfWork

LASTS = timedelta(hours=8)
IDLE = timedelta(hours=1)
_NOTICED = timedelta(minutes=1)
"""A sign-in that is used is written down at most so often."""


def begin(storage: Storage, name: str, came_by: str, now: datetime, before: str = "") -> str:
    """Begin a sign-in and return what its browser holds from now on; ``before``, what it held, opens nothing more."""
    token = secrets.token_urlsafe(32)
    with storage.begin() as work:
        work.sign_ins.begin(token, name, came_by, now)
        work.sign_ins.end(digest(before), now)
        work.audit.note(Entry(at=now, actor=name, act="sign-in", subject="administrator", detail=came_by))
    return token


def find(storage: Storage, token: str, now: datetime) -> SignIn | None:
    """Return the sign-in of what a browser holds, None where it has ended; it lasts an hour from now again."""
    with storage.reading() as work:
        found = work.sign_ins.find(token, began=now - LASTS, seen=now - IDLE)
    if found is not None and now - found.seen_at > _NOTICED:
        with storage.begin() as work:
            work.sign_ins.touch(found.id, now)
    return found


def sign_out(storage: Storage, token: str, now: datetime) -> None:
    """End the sign-in of what a browser holds."""
    with storage.begin() as work:
        if name := work.sign_ins.end(digest(token), now):
            work.audit.note(Entry(at=now, actor=name, act="sign-out", subject="administrator"))


def opened(storage: Storage, now: datetime) -> tuple[tuple[SignIn, ...], tuple[OpenLink, ...]]:
    """Return every open sign-in, and every link that was not used yet."""
    with storage.reading() as work:
        return work.sign_ins.open(began=now - LASTS, seen=now - IDLE), work.administrators.open(now)


def end(storage: Storage, which: str, now: datetime, by: str) -> str:
    """End a sign-in or withdraw a link by its id. Returns whose it was, empty where there is none of that id."""
    with storage.begin() as work:
        return _end(work, which, now, Entry(at=now, actor=by, act="end", subject="administrator"))


def end_all(storage: Storage, now: datetime, by: str, *, name: str = "", reason: str = "") -> int:
    """End every sign-in and withdraw every link, or those of ``name``. Returns how many."""
    said = Entry(at=now, actor=by, act="end", subject="administrator", detail=reason)
    sign_ins, links = opened(storage, now)
    whose: tuple[SignIn | OpenLink, ...] = (*sign_ins, *links)
    which = [each.id for each in whose if name in {"", each.name}]
    with storage.begin() as work:
        return sum(bool(_end(work, each, now, said)) for each in which)


def _end(work: UnitOfWork, which: str, now: datetime, said: Entry) -> str:
    session, link = work.sign_ins.end(which, now), work.administrators.withdraw(which, now)
    if whose := session or link:
        what = "sign-in of" if session else "link for"
        work.audit.note(replace(said, after=f"{what} {whose}"))
    return whose
