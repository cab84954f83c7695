"""The audit trail: every decision and act, append-only, each entry hashed together with the one before it.

Entries gather while a transaction works and are chained right before it commits, so that the head of the chain is
locked as shortly as possible. An edited, removed or inserted entry breaks the chain at its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from mappings.said import Said, say
from plugin.storage.tables import audit, audit_head
from plugin.storage.writing import insert_if_absent

GENESIS = "0" * 64
_HEAD = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who or what (``actor``) did what (``act``) to which row (``subject``). No names of learners, no grades."""

    at: datetime
    actor: str
    act: str
    subject: str
    before: str = ""
    after: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Chained:
    """An entry in its place: ``seq`` counts from 1 without gaps."""

    seq: int
    entry: Entry
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold, and how it shows."""

    seq: int
    sentence: Said


def link(previous_hash: str, seq: int, entry: Entry) -> str:
    """Return the hash of ``entry`` in its place: SHA-256 over the canonical JSON of everything it says."""
    said = [previous_hash, seq, entry.at.isoformat(), entry.actor, entry.act, entry.subject]
    said += [entry.before, entry.after, entry.detail]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class AuditTrail:
    """The trail within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending: list[Entry] = []

    def note(self, entry: Entry) -> None:
        """Keep ``entry`` for the end of the transaction."""
        self._pending.append(entry)

    def flush(self) -> None:
        """Chain what was noted. Takes the lock on the head until the transaction ends."""
        if not self._pending:
            return
        last, previous = self._take(len(self._pending))
        rows, head = _chain(self._pending, last - len(self._pending), previous)
        self._connection.execute(insert(audit), rows)
        self._connection.execute(update(audit_head).where(audit_head.c.id == _HEAD).values(hash=head))
        self._pending = []

    def _take(self, number: int) -> tuple[int, str]:
        """Lock the head, count it up by ``number``, and return it with the hash that the next entry continues."""
        take = update(audit_head).where(audit_head.c.id == _HEAD).values(seq=audit_head.c.seq + number)
        taking = take.returning(audit_head.c.seq, audit_head.c.hash)
        if (row := self._connection.execute(taking).one_or_none()) is None:
            insert_if_absent(self._connection, audit_head, {"id": _HEAD, "seq": 0, "hash": GENESIS})
            row = self._connection.execute(taking).one()
        return row.seq, row.hash

    def entries(self, subject: str | None = None) -> Iterator[Chained]:
        """Yield the committed entries in their order, of all subjects or of one."""
        query = select(audit).order_by(audit.c.seq)
        if subject is not None:
            query = query.where(audit.c.subject == subject)
        with self._connection.execute(query.execution_options(yield_per=1000)) as result:
            for row in result.mappings():
                yield _chained(row)

    def page(self, words: str, *, limit: int, offset: int) -> tuple[Chained, ...]:
        """Return the newest entries whose actor, act or subject contains ``words``, newest first."""
        query = select(audit).order_by(audit.c.seq.desc()).limit(limit).offset(offset)
        if words:
            named = (audit.c.actor, audit.c.act, audit.c.subject)
            query = query.where(or_(*(column.icontains(words, autoescape=True) for column in named)))
        return tuple(_chained(row) for row in self._connection.execute(query).mappings())

    def verify(self) -> Break | None:
        """Return the first place where the chain does not hold, None where it holds to its head."""
        seq, previous = 0, GENESIS
        for chained in self.entries():
            if chained.seq != seq + 1:
                return Break(
                    seq + 1, say("entries %(first)s to %(last)s are missing", first=seq + 1, last=chained.seq - 1)
                )
            if chained.previous_hash != previous or chained.hash != link(previous, chained.seq, chained.entry):
                return Break(chained.seq, say("entry %(seq)s was changed", seq=chained.seq))
            seq, previous = chained.seq, chained.hash
        return self._head_break(seq, previous)

    def _head_break(self, seq: int, last_hash: str) -> Break | None:
        head = self._connection.execute(select(audit_head.c.seq, audit_head.c.hash)).one_or_none()
        expected = (0, GENESIS) if head is None else (head.seq, head.hash)
        if (seq, last_hash) == expected:
            return None
        return Break(seq + 1, say("the trail ends at entry %(seq)s, its head says %(head)s", seq=seq, head=expected[0]))


def _chained(row: RowMapping) -> Chained:
    said = {name: row[name] for name in ("at", "actor", "act", "subject", "before", "after", "detail")}
    return Chained(row["seq"], Entry(**said), row["previous_hash"], row["hash"])


def _chain(entries: list[Entry], seq: int, previous: str) -> tuple[list[dict[str, object]], str]:
    """Return the rows of ``entries`` after entry ``seq``, and the new head."""
    rows: list[dict[str, object]] = []
    for entry in entries:
        seq += 1
        digest = link(previous, seq, entry)
        said = {"at": entry.at, "actor": entry.actor, "act": entry.act, "subject": entry.subject}
        said |= {"before": entry.before, "after": entry.after, "detail": entry.detail}
        rows.append({"seq": seq, **said, "previous_hash": previous, "hash": digest})
        previous = digest
    return rows, previous
