"""How old what is kept may become: each class of data with the rows that it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, not_, select

from mappings.said import Said, say
from plugin.storage.lti_tables import administrator_links, administrator_sessions, invites, launches
from plugin.storage.notice_tables import mailed_links, recovery_requests
from plugin.storage.page_tables import class_readings
from plugin.storage.reading_tables import session_records
from plugin.storage.tables import assessments

LAUNCHES, EVIDENCE, PASSING = "launches", "evidence", "passing"
CLASSES: Mapping[str, Said] = {
    LAUNCHES: say("launches: who opened the tool and when"),
    EVIDENCE: say("grades and proctoring records of courses that are not read any more"),
    PASSING: say("readings for a dry run, spent invitations, sign-in links and mailed links"),
}


class Retention:
    """Data that has its time, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, before: Mapping[str, datetime]) -> dict[str, int]:
        """Count the rows of each class that are older than ``before`` says."""
        found = dict.fromkeys(before, 0)
        for name, table, which in _old(before):
            query = select(func.count()).select_from(table).where(which)
            found[name] += self._connection.execute(query).scalar_one()
        return found

    def delete(self, before: Mapping[str, datetime]) -> dict[str, int]:
        """Delete them, and return how many rows."""
        gone = dict.fromkeys(before, 0)
        for name, table, which in _old(before):
            gone[name] += self._connection.execute(delete(table).where(which)).rowcount
        return gone


def _old(before: Mapping[str, datetime]) -> Iterator[tuple[str, Table, ColumnElement[bool]]]:
    """Yield which rows of which class are too old."""
    if LAUNCHES in before:
        yield LAUNCHES, launches, launches.c.launched_at < before[LAUNCHES]
    if EVIDENCE in before:
        yield EVIDENCE, assessments, assessments.c.read_at < before[EVIDENCE]
        yield EVIDENCE, session_records, and_(session_records.c.received_at < before[EVIDENCE], not_(_still_read()))
    if PASSING in before:
        yield PASSING, class_readings, class_readings.c.requested_at < before[PASSING]
        yield PASSING, invites, invites.c.expires_at < before[PASSING]
        yield PASSING, administrator_links, administrator_links.c.expires_at < before[PASSING]
        yield PASSING, recovery_requests, recovery_requests.c.requested_at < before[PASSING]
        yield PASSING, mailed_links, mailed_links.c.ends_at < before[PASSING]
        yield PASSING, administrator_sessions, administrator_sessions.c.seen_at < before[PASSING]


def _still_read() -> ColumnElement[bool]:
    """Whether grades of the same learner and course are kept."""
    names = ("platform_id", "course_id", "learner_id")
    same = [assessments.c[name] == session_records.c[name] for name in names]
    return exists(select(assessments.c.learner_id).where(*same))
