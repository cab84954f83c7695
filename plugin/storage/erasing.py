"""Erasing one person: what names them goes, what keeps a credential's number and its end true stays.

What stays of a credential: its id, its place in a status list, its dates, whether it was revoked. The award stays under
a digest in place of the learner, so that the same achievement is never awarded again by mistake. The digest is salted
and cannot be turned back; the platform's own id of the person is not kept.
"""

from __future__ import annotations

import hmac
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    Select,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from lti.claims import Launch, LaunchId, read_launch
from mappings.assessment import LearnerId, PlatformId
from mappings.documents.envelope import Format
from plugin.sealing import Sealed
from plugin.storage.awards import ERASED
from plugin.storage.columns import metadata
from plugin.storage.journal import Notes
from plugin.storage.lti_tables import launches
from plugin.storage.notice_tables import contacts, recovery_requests
from plugin.storage.people import Decision, ids_of
from plugin.storage.people_tables import person_cases
from plugin.storage.sharing import Holder
from plugin.storage.tables import awards, credentials, documents, erasures, outbox

_OF_LEARNER = (
    *("person_marks", "person_ids", "assessments", "session_records", "known_people"),
    *("recovery_links", "mailed_links", "contacts"),
)
_OF_CREDENTIAL = ("documents", "deliveries", "hand_overs", "shares")
_OF_AWARD = ("cases", "objections")


@dataclass(frozen=True, slots=True)
class Erased:
    """People of a platform who were erased: one can ask for somebody, not who they were."""

    platform: PlatformId
    digests: frozenset[str]
    salts: frozenset[str]

    def __contains__(self, learner: LearnerId) -> bool:
        """Whether ``learner`` was erased."""
        return any(_digest(salt, self.platform, learner) in self.digests for salt in self.salts)


class Erasures:
    """Erasing within one transaction, and knowing who was erased."""

    def __init__(self, connection: Connection, notes: Notes) -> None:
        self._connection = connection
        self._notes = notes

    def of(self, platform: PlatformId) -> Erased:
        """Return who of a platform was erased."""
        rows = self._connection.execute(select(erasures).where(erasures.c.platform_id == platform)).all()
        return Erased(platform, frozenset(row.digest for row in rows), frozenset(row.salt for row in rows))

    def count(self, holder: Holder) -> dict[str, int]:
        """Return how many rows :meth:`erase` would delete or blank, by table, under all ids of the person."""
        found: Counter[str] = Counter()
        for each in self._everybody(holder):
            found.update({table.name: self._count(table, which) for table, which in self._deleted(each)})
            found[awards.name] += self._count(awards, _of(awards, each))
            found[credentials.name] += self._count(credentials, credentials.c.award_id.in_(_awards(each)))
            found[launches.name] += len(self.launches(each))
        return {name: rows for name, rows in found.items() if rows}

    def rows(self, holder: Holder) -> dict[str, list[dict[str, Any]]]:
        """Return everything kept about a person, as rows by table, without secrets and sealed bytes."""
        found: dict[str, list[dict[str, Any]]] = {}
        for each in self._everybody(holder):
            kept = [*self._deleted(each), (awards, _of(awards, each))]
            kept.append((credentials, credentials.c.award_id.in_(_awards(each))))
            kept.append((launches, launches.c.id.in_([launch.id for launch in self.launches(each)])))
            for table, which in kept:
                if table is person_cases:  # whoever only seems to be this person is somebody else's business
                    which = which & (person_cases.c.decision == Decision.SAME)  # noqa: PLW2901
                seen = found.setdefault(table.name, [])
                seen += [row for row in self._rows(table, which) if row not in seen]
        return {name: rows for name, rows in found.items() if rows}

    def sealed(self, holder: Holder) -> list[tuple[str, Sealed]]:
        """Return the sealed documents of a person by credential id."""
        of = credentials.c.id == documents.c.credential_id
        mine = or_(*(credentials.c.award_id.in_(_awards(each)) for each in self._everybody(holder)))
        rows = self._connection.execute(select(documents).join(credentials, of).where(mine))
        return [(row.credential_id, Sealed(Format(row.format), row.body, row.media_type, row.key_id)) for row in rows]

    def _everybody(self, holder: Holder) -> list[Holder]:
        """Return the person under each of their ids: accounts that were joined are one person."""
        return [Holder(holder.platform, each) for each in ids_of(self._connection, holder)]

    def _rows(self, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
        told = [column for column in table.c if not isinstance(column.type, LargeBinary) and "token" not in column.name]
        return [dict(row) for row in self._connection.execute(select(*told).where(which)).mappings()]

    def erase(self, holder: Holder, *, by: str, reason: str, now: datetime) -> frozenset[str]:
        """Erase a holder, under all ids. Returns the ids of their credentials, for whoever keeps copies elsewhere."""
        salt, ids = self._salt(holder.platform), frozenset[str]()
        for each in self._everybody(holder):
            digest = _digest(salt, each.platform, each.learner)
            row = {"platform_id": each.platform, "digest": digest, "salt": salt, "erased_at": now}
            self._connection.execute(insert(erasures).values(**row, by=by, reason=reason))
            self._notes.erased(digest)
            ids |= self.apply(each, digest)
        return ids

    def apply(self, holder: Holder, digest: str) -> frozenset[str]:
        """Delete and blank, where the erasure itself is kept already."""
        own = credentials.c.award_id.in_(_awards(holder))
        ids = frozenset(self._connection.execute(select(credentials.c.id).where(own)).scalars())
        for table, which in self._deleted(holder):
            self._connection.execute(delete(table).where(which))
        self.forget_launches(holder)
        self._connection.execute(update(credentials).where(own).values(snapshot={}))
        blank: dict[str, object] = {"learner_id": f"{ERASED}{digest}", "reasons": [], "ruled_codes": []}
        blank |= {"ruled_by": "", "ruling_reason": "", "version": awards.c.version + 1}
        self._connection.execute(update(awards).where(_of(awards, holder)).values(**blank))
        return ids

    def forget_launches(self, holder: Holder) -> int:
        """Empty the launches of a person, and close what they opened. Returns how many there were.

        Their ids stay: without them the messages would be accepted again.
        """
        own = launches.c.id.in_([each.id for each in self.launches(holder)])
        return self._connection.execute(update(launches).where(own).values(claims={})).rowcount

    def again(self) -> frozenset[str]:
        """Erase whom a restored database knows again. Returns the ids of their credentials."""
        ids: frozenset[str] = frozenset()
        query = select(erasures.c.platform_id, erasures.c.salt, erasures.c.digest)
        for (platform, salt), digests in _grouped(self._connection.execute(query)).items():
            known = select(awards.c.learner_id).where(awards.c.platform_id == platform).distinct()
            for learner in self._connection.execute(known).scalars().all():
                holder = Holder(PlatformId(platform), LearnerId(learner))
                if (digest := _digest(salt, holder.platform, holder.learner)) in digests:
                    ids |= self.apply(holder, digest)
        return ids

    def _salt(self, platform: PlatformId) -> str:
        """One salt per platform, so that asking who was erased costs one digest a learner."""
        query = select(erasures.c.salt).where(erasures.c.platform_id == platform).limit(1)
        return self._connection.execute(query).scalar() or secrets.token_hex(16)

    def _deleted(self, holder: Holder) -> list[tuple[Table, ColumnElement[bool]]]:
        """Return which rows go, in an order that foreign keys allow."""
        mine = select(credentials.c.id).where(credentials.c.award_id.in_(_awards(holder)))
        of_credential = [(table, table.c.credential_id.in_(mine)) for table in _tables(_OF_CREDENTIAL)]
        of_award = [(table, table.c.award_id.in_(_awards(holder))) for table in _tables(_OF_AWARD)]
        work = [(outbox, outbox.c.row_id.in_(_awards(holder)))]
        reached = select(contacts.c.address_mark).where(_of(contacts, holder))
        asked = [(recovery_requests, recovery_requests.c.address_mark.in_(reached))]  # before the contact goes
        return [
            *of_credential,
            *of_award,
            *work,
            *asked,
            (person_cases, _about(holder)),
            *((table, _of(table, holder)) for table in _tables(_OF_LEARNER)),
        ]

    def launches(self, holder: Holder) -> list[Launch]:
        """Return the launches of a person: which platform a launch is of is read from what it says."""
        rows = self._connection.execute(select(launches).where(launches.c.claims["sub"].as_string() == holder.learner))
        said = [read_launch(row.claims, LaunchId(row.id), row.client_id, row.launched_at) for row in rows]
        return [each for each in said if (each.platform, each.person.id) == (holder.platform, holder.learner)]

    def _count(self, table: Table, which: ColumnElement[bool]) -> int:
        return self._connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()


def _grouped(rows: Iterable[Row[str, str, str]]) -> dict[tuple[str, str], set[str]]:
    """Return the digests by platform and salt: each learner is digested once, however many were erased."""
    groups: dict[tuple[str, str], set[str]] = {}
    for platform, salt, digest in rows:
        groups.setdefault((platform, salt), set()).add(digest)
    return groups


def _digest(salt: str, platform: PlatformId, learner: LearnerId) -> str:
    return hmac.digest(bytes.fromhex(salt), f"{platform}\n{learner}".encode(), "sha256").hex()


def _of(table: Table, holder: Holder) -> ColumnElement[bool]:
    return (table.c.platform_id == holder.platform) & (table.c.learner_id == holder.learner)


def _about(holder: Holder) -> ColumnElement[bool]:
    """Whether a case asks about this person."""
    either = or_(person_cases.c.old_id == holder.learner, person_cases.c.new_id == holder.learner)
    return (person_cases.c.platform_id == holder.platform) & either


def _awards(holder: Holder) -> Select[tuple[str]]:
    return select(awards.c.id).where(_of(awards, holder))


def _tables(names: tuple[str, ...]) -> list[Table]:
    return [metadata.tables[name] for name in names if name in metadata.tables]
