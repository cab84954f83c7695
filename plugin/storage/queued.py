"""What the outbox tells of the work in it: its kinds, how much waits for each course, what fails and is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Topic(StrEnum):
    """Kinds of work, each on a row by its id.

    SYNC and RESTATE are about an offer, READ a class reading, STATUS a status list, RECOVER a request; the others about
    an award.
    """

    READ = "read"
    SYNC = "sync"
    RESTATE = "restate"
    """Compare what is sealed with profiles that were stated since."""
    ISSUE = "issue"
    DELIVER = "deliver"
    STATUS = "status"
    RECOVER = "recover"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Work that failed, and is tried again by itself: how much of it, by its last error."""

    topic: Topic
    error: str
    count: int
    next_due: datetime


@dataclass(frozen=True, slots=True)
class Queued:
    """What is asked for of one course: rows that wait, rows put aside, and when the next is tried."""

    waiting: int = 0
    parked: int = 0
    next_due: datetime | None = None
