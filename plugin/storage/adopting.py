"""Taking rows of the journal into a database that does not know them, never weakening what it knows.

A seal beats a reservation, an end beats validity, a right to tell that was taken stays taken, accounts that were joined
stay joined. Rows are inserted as they
were; where the achievement is there under another id, nothing is changed and the credential is named for a person.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update

from mappings.assessment import LearnerId, PlatformId
from plugin.storage.audit import AuditTrail, Entry
from plugin.storage.awards import OPEN, State
from plugin.storage.journal import TABLES, Written
from plugin.storage.notice_tables import hand_overs
from plugin.storage.people import People
from plugin.storage.people_tables import person_cases, person_ids
from plugin.storage.sharing import Holder
from plugin.storage.tables import awards, credentials, documents, status_lists
from plugin.storage.writing import insert_if_absent

ACTOR = "restore"
_OTHERS = (awards, credentials, documents, hand_overs, person_cases, person_ids)
_REFERRED = tuple(table for table in TABLES if table not in _OTHERS)
"""What stands for itself, and what the rest refers to."""


@dataclass(slots=True)
class Adopted:
    """What was taken over so far: ids of credentials."""

    sealed: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    uncertain: set[str] = field(default_factory=set)
    """Sealed by a process that was killed at its commit; nobody knows whether it counted."""
    unresolved: set[str] = field(default_factory=set)
    """The learner's award is there under another id."""


class Adopting:
    """The journal's rows on their way into one transaction."""

    def __init__(self, connection: Connection, trail: AuditTrail, people: People, now: datetime) -> None:
        self._connection = connection
        self._trail = trail
        self._people = people
        self._now = now

    def adopt(self, written: Written, so_far: Adopted) -> None:
        """Take the rows of one file over."""
        for table in _REFERRED:
            for row in written.rows[table.name]:
                insert_if_absent(self._connection, table, row)
        award_rows = {row["id"]: row for row in written.rows[awards.name]}
        kept = {row["credential_id"] for row in written.rows[documents.name]}
        for row in written.rows[credentials.name]:
            if not self._take_award(award_rows[row["award_id"]]):
                so_far.unresolved.add(row["id"])
                continue
            self._take_credential(row, written, so_far, sealed_here=row["id"] in kept)
        self._take_rest(written, so_far)
        self._take_people(written)

    def _take_award(self, row: dict[str, Any]) -> bool:
        """Insert or seal an award. False where the same achievement is there under another id."""
        if insert_if_absent(self._connection, awards, row):
            self._note("adopt", row["id"], "", row["state"])
            return True
        there = self._connection.execute(select(awards.c.state).where(awards.c.id == row["id"])).scalar()
        if there in OPEN and row["state"] not in OPEN:
            said = {name: row[name] for name in ("state", "reasons", "moved_at")} | {"version": awards.c.version + 1}
            self._connection.execute(update(awards).where(awards.c.id == row["id"]).values(**said))
            self._note("adopt", row["id"], there, row["state"])
        return there is not None

    def _take_credential(self, row: dict[str, Any], written: Written, so_far: Adopted, *, sealed_here: bool) -> None:
        one = credentials.c.id == row["id"]
        if not insert_if_absent(self._connection, credentials, row):
            unsealed = update(credentials).where(one, credentials.c.sealed_at.is_(None)).values(**row)
            if not self._connection.execute(unsealed).rowcount:
                sealed_here = False
        if sealed_here:
            (so_far.sealed if written.confirmed else so_far.uncertain).add(row["id"])
        if row["status"] != "valid" and written.confirmed:
            self.end(row["id"], row["status"], row["status_reason"], so_far)

    def end(self, credential_id: str, status: str, reason: str, so_far: Adopted) -> None:
        """Say that a credential ended, where it is still valid."""
        valid = (credentials.c.id == credential_id, credentials.c.status == "valid")
        said = {"status": status, "status_reason": reason, "status_at": self._now}
        ended = update(credentials).where(*valid).values(**said).returning(credentials.c.award_id)
        if (award_id := self._connection.execute(ended).scalar()) is None:
            return
        state = State.SUPERSEDED if status == "superseded" else State.REVOKED
        moved = {"state": state, "moved_at": self._now, "version": awards.c.version + 1}
        self._connection.execute(update(awards).where(awards.c.id == award_id).values(**moved))
        self._note("adopt", award_id, "valid", state)
        so_far.ended.add(credential_id)

    def take_bits(self, status_list: str, indices: Collection[int], so_far: Adopted) -> None:
        """Keep published bits set: each as the end of its credential, else as one that belongs to nobody."""
        listed = credentials.c.status_list_id == status_list
        rows = self._connection.execute(select(credentials.c.status_index, credentials.c.id).where(listed))
        credential_at = {index: credential_id for index, credential_id in rows if index in indices}
        for credential_id in credential_at.values():
            self.end(credential_id, "revoked", "its bit was set in the published status list", so_far)
        one = status_lists.c.id == status_list
        decoys = self._connection.execute(select(status_lists.c.decoys).where(one)).scalar() or []
        nobodys = {*decoys, *(index for index in indices if index not in credential_at)}
        self._connection.execute(update(status_lists).where(one).values(decoys=sorted(nobodys)))

    def _take_rest(self, written: Written, so_far: Adopted) -> None:
        """Insert documents and hand-overs of credentials that are there."""
        for table in (documents, hand_overs):
            for row in written.rows[table.name]:
                if row["credential_id"] not in so_far.unresolved and self._knows(table, row):
                    insert_if_absent(self._connection, table, row)

    def _take_people(self, written: Written) -> None:
        """Take over what was found out about accounts: whatever is tied here stays tied."""
        for row in written.rows[person_cases.name]:
            if self._people.adopt(row):
                self._note("adopt", "person", "", row["decision"])
        for row in written.rows[person_ids.name]:
            holder = Holder(PlatformId(row["platform_id"]), LearnerId(row["person_id"]))
            if row["learner_id"] not in self._people.ids(holder):
                self._people.tie(holder, LearnerId(row["learner_id"]))

    def _knows(self, table: Table, row: dict[str, Any]) -> bool:
        """Whether the credential of a hand-over is there: its file may be gone while the database is older still."""
        if table is documents:
            return True
        found = select(credentials.c.id).where(credentials.c.id == row["credential_id"])
        return self._connection.execute(found).scalar() is not None

    def _note(self, act: str, subject: str, before: str, after: str) -> None:
        self._trail.note(Entry(at=self._now, actor=ACTOR, act=act, subject=subject, before=before, after=after))
