"""Pulses: the last sign of life of what runs by itself, one row per name. No history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Connection, Float, PrimaryKeyConstraint, Table, select, update

from plugin.storage.columns import key, metadata, moment
from plugin.storage.writing import insert_if_absent

pulses = Table(
    "pulses",
    metadata,
    key("name"),
    moment("at"),
    Column("ok", Boolean, nullable=False),
    Column("seconds", Float, nullable=False, server_default="0"),
    PrimaryKeyConstraint("name"),
)
BEAT = "beat"
"""The schedule: each tick that a worker took up."""
READINESS = "readiness"
"""Written to see whether the database can be written."""
PROBE = "probe:"
"""Before the name of a step of the prober."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """When something ran last, whether it went well, and how many ``seconds`` it took."""

    name: str
    at: datetime
    ok: bool = True
    seconds: float = 0.0


class Pulses:
    """Pulses within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(self, pulse: Pulse) -> None:
        """Keep the newest sign of life, in place of the one before."""
        said = {"at": pulse.at, "ok": pulse.ok, "seconds": pulse.seconds}
        if not insert_if_absent(self._connection, pulses, {"name": pulse.name, **said}):
            self._connection.execute(update(pulses).where(pulses.c.name == pulse.name).values(**said))

    def last(self, name: str) -> Pulse | None:
        """Return the last pulse of ``name``, None where there never was one."""
        row = self._connection.execute(select(pulses).where(pulses.c.name == name)).one_or_none()
        return None if row is None else Pulse(row.name, row.at, row.ok, row.seconds)

    def all(self) -> tuple[Pulse, ...]:
        """Return the last pulse of everything, by name."""
        rows = self._connection.execute(select(pulses).order_by(pulses.c.name))
        return tuple(Pulse(row.name, row.at, row.ok, row.seconds) for row in rows)
