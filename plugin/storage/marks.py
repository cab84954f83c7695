"""Marks: single facts about the installation as a whole, such as since when it is paused and when it was backed up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from plugin.errors import WorkPaused
from plugin.storage.tables import marks
from plugin.storage.writing import conflict_insert

LOOK_AGAIN = timedelta(minutes=1)
"""After that work that is paused is looked at again."""


class Mark(StrEnum):
    """What is kept."""

    EPOCH = "epoch"
    """Counts up; :mod:`plugin.storage.epoch` says what for."""
    PAUSED = "paused"
    """Nothing is sealed and nothing sent; the value says why."""
    BACKUP = "backup"
    """The last backup; the value is its folder's name."""
    REHEARSAL = "rehearsal"
    """The last backup that was restored on trial; the value is its folder's name."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark as it stands."""

    value: str
    at: datetime


class Marks:
    """Marks within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, mark: Mark) -> Marked | None:
        """Return a mark, None where it was never set."""
        row = self._connection.execute(select(marks).where(marks.c.name == mark)).one_or_none()
        return None if row is None else Marked(row.value, row.at)

    def set(self, mark: Mark, value: str, now: datetime) -> None:
        """Set a mark."""
        said = {"value": value, "at": now}
        insert = conflict_insert(self._connection, marks).values(name=mark, **said)
        self._connection.execute(insert.on_conflict_do_update(index_elements=[marks.c.name], set_=said))

    def clear(self, mark: Mark) -> None:
        """Take a mark away."""
        self._connection.execute(delete(marks).where(marks.c.name == mark))

    def require_running(self, now: datetime) -> None:
        """Raise :class:`WorkPaused` while nothing may be sealed or sent."""
        if self.get(Mark.PAUSED) is not None:
            raise WorkPaused(now + LOOK_AGAIN)

    def epoch(self) -> int:
        """Return the epoch, 0 where none was begun; whoever asks within a writing transaction is alone with it."""
        query = select(marks.c.value).where(marks.c.name == Mark.EPOCH).with_for_update()
        return int(self._connection.execute(query).scalar() or 0)
