"""Places in status lists: random, so that a place tells nothing about when a credential was issued.

Which places are taken is answered by the unique key of the credentials alone; a list that is full enough is closed
for new ones and another one is opened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import Connection, insert, select, update

from plugin.storage.tables import status_lists

LIST_SIZE = 131_072
"""Entries of a status list: the smallest that hides whom one asks about (Bitstring Status List 1.0, section 3.1)."""
DECOYS = 1024
"""Entries of a list that are set from the start and belong to nobody: how many are set tells nothing."""


@dataclass(frozen=True, slots=True)
class OpenList:
    """A list that indices are taken from."""

    id: str
    decoys: frozenset[int]


class StatusIndices:
    """The lists that take new credentials, within one transaction.

    ``may_allocate`` raises where no index may be handed out (:mod:`plugin.storage.epoch`).
    """

    def __init__(self, connection: Connection, chance: Random, may_allocate: Callable[[], None]) -> None:
        self._connection = connection
        self._chance = chance
        self._may_allocate = may_allocate

    def open_list(self, now: datetime) -> OpenList:
        """Return the list that indices are taken from, the first of all where there is none.

        Raises :class:`plugin.errors.RestoredElsewhere`.
        """
        self._may_allocate()
        found = select(status_lists.c.id, status_lists.c.decoys).where(status_lists.c.open)
        row = self._connection.execute(found.order_by(status_lists.c.created_at.desc()).limit(1)).one_or_none()
        return OpenList(str(row.id), frozenset(row.decoys)) if row is not None else self._new_list(now)

    def next_list(self, full: OpenList, now: datetime) -> OpenList:
        """Close a list for new indices and open another one."""
        self._connection.execute(update(status_lists).where(status_lists.c.id == full.id).values(open=False))
        return self.open_list(now)

    def pick(self, open_list: OpenList) -> int:
        """Return a random index that belongs to somebody, or will."""
        while (index := self._chance.randrange(LIST_SIZE)) in open_list.decoys:
            pass
        return index

    def _new_list(self, now: datetime) -> OpenList:
        list_id, decoys = uuid.uuid4().hex, self._chance.sample(range(LIST_SIZE), DECOYS)
        row = {"id": list_id, "size": LIST_SIZE, "open": True, "decoys": decoys, "created_at": now}
        self._connection.execute(insert(status_lists).values(**row))
        return OpenList(list_id, frozenset(decoys))
