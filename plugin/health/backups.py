"""Check of what nobody misses until it is needed: the last backup, and the last one that was restored on trial."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from mappings.said import say
from plugin.health.report import Finding, doubtful, good
from plugin.storage.awards import ISSUED
from plugin.storage.marks import Mark, Marked
from plugin.storage.totals import Totals
from plugin.storage.unit_of_work import Storage

BACKED_UP, TRIED = timedelta(hours=26), timedelta(days=35)
"""How old they may be; the alerts say the same."""


def backups(storage: Storage, clock: Callable[[], datetime]) -> Finding:
    """Look how old the last backup is, once there is something to lose."""
    try:
        with storage.read() as connection:
            issued = any(state in ISSUED for state in Totals(connection).awards())
        with storage.reading() as work:
            backup, rehearsal = work.marks.get(Mark.BACKUP), work.marks.get(Mark.REHEARSAL)
    except SQLAlchemyError as error:
        return doubtful(
            "backups",
            say("It cannot be read (%(error)s).", error=type(error).__name__),
            say("Repair the database first."),
        )
    return _said(backup, rehearsal, clock()) if issued else good("backups", say("Nothing was issued yet."))


def _said(backup: Marked | None, rehearsal: Marked | None, now: datetime) -> Finding:
    daily = say("Let `microcred backup` run every day; docs/backup.md.")
    if backup is None:
        return doubtful("backups", say("No backup was ever made."), daily)
    last = f"{backup.at:%Y-%m-%d %H:%M} UTC"
    if now - backup.at > BACKED_UP:
        return doubtful("backups", say("The last backup is of %(last)s.", last=last), daily)
    monthly = say("Run `microcred rehearse` on the newest backup, every month.")
    if rehearsal is None:
        return doubtful(
            "backups", say("The last backup is of %(last)s; none was ever restored on trial.", last=last), monthly
        )
    tried = rehearsal.at
    said = say("The last backup is of %(last)s; one was last restored on trial on %(tried)s.", last=last, tried=tried)
    return doubtful("backups", said, monthly) if now - rehearsal.at > TRIED else good("backups", said)
