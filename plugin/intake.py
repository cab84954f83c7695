"""Taking session records of proctoring: signed by a vendor, or uploaded by a teacher, and always whole or not at all.

The body is JSON in the form of :mod:`lti.proctoring`. Three headers tell who sends:

- ``X-Microcred-Platform``: the platform key that ``microcred registrations`` prints;
- ``X-Microcred-Timestamp``: seconds since 1970;
- ``X-Microcred-Signature``: ``v1=<hex>``, HMAC-SHA256 over ``<timestamp>.<body>`` with the platform's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from lti.proctoring import RecordsRefused, SessionRecord, read_records
from mappings.assessment import CourseId, PlatformId
from plugin.errors import BridgeError
from plugin.storage.audit import Entry
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage, UnitOfWork

log = structlog.get_logger(__name__)
REPLAY_WINDOW = 300
"""Seconds that the clocks of sender and bridge may differ; an older message is refused."""
OVERLAP = timedelta(days=7)
"""So long the secret before the newest one is still accepted."""


class IntakeRefused(BridgeError):
    """Session records whose sender cannot be told. ``str()`` says which check failed and quotes nothing."""

    code = "intake_refused"


class State(StrEnum):
    """What became of one record. All are kept: who or what is unknown today may be read tomorrow."""

    TAKEN = "taken"
    KNOWN = "known already"
    UNKNOWN_COURSE = "kept; no credential is enabled in this course"
    UNKNOWN_LEARNER = "kept; no such learner was read in this course yet"
    UNKNOWN_ASSESSMENT = "kept; no such assessment was read in this course yet"


@dataclass(frozen=True, slots=True)
class IntakeTools:
    """What the intake works with. ``clock`` returns aware UTC; ``ring`` sends what became due."""

    storage: Storage
    clock: Callable[[], datetime]
    ring: Callable[[], object]


def make_secret(tools: IntakeTools, platform: PlatformId, *, by: str, at_once: bool = False) -> str:
    """Make and return a new secret; it is shown this once. Raises :class:`plugin.errors.UnknownRow`.

    Older ones end after :data:`OVERLAP`, or now with ``at_once``.
    """
    now, secret = tools.clock(), secrets.token_urlsafe(32)
    with tools.storage.begin() as work:
        work.platforms.get(platform)
        work.intake_secrets.make(platform, secret, now=now, old_ends_at=now if at_once else now + OVERLAP)
        work.audit.note(Entry(at=now, actor=by, act="make_intake_secret", subject=platform))
    return secret


def take_signed(tools: IntakeTools, headers: Mapping[str, str], body: bytes) -> tuple[State, ...]:
    """Take a signed message. Raises :class:`IntakeRefused` or :class:`lti.proctoring.RecordsRefused`.

    1. The time stamp is inside the replay window. 2. The signature over time stamp and body is right by one of the
    platform's secrets, compared in constant time. 3. Every record has the form that was agreed. 4. A message that
    came before changes nothing, also after something newer was told.
    """
    now = tools.clock()
    platform, stamp = PlatformId(headers.get("X-Microcred-Platform", "")), headers.get("X-Microcred-Timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now.timestamp() - int(stamp[:12])) > REPLAY_WINDOW:
        raise IntakeRefused("the time stamp is missing or too old")
    with tools.storage.reading() as work:
        known = work.intake_secrets.of(platform, now)
    if not _is_signed(known, stamp, body, headers.get("X-Microcred-Signature", "")):
        raise IntakeRefused("the signature is missing or wrong")
    message = hashlib.sha256(f"{stamp}.".encode() + body).hexdigest()
    return take(tools, platform, read_records(_document(body)), sent_by="intake", message=message)


def _is_signed(known: Iterable[str], stamp: str, body: bytes, signature: str) -> bool:
    """Say whether one of the secrets made the signature."""
    signed = f"{stamp}.".encode() + body
    made = ["v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in known]
    return any(hmac.compare_digest(each.encode(), signature.encode()) for each in made)


def _document(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RecordsRefused(("records: not JSON",)) from error


def take(
    tools: IntakeTools, platform: PlatformId, records: Sequence[SessionRecord], *, sent_by: str, message: str = ""
) -> tuple[State, ...]:
    """Keep records, and have every course read again in which something was told. Returns a state per record."""
    now = tools.clock()
    with tools.storage.begin() as work:
        again = bool(message) and not work.hints.take(platform, f"proctoring:{message}", now)
        if again:
            return (State.KNOWN,) * len(records)
        records = _as_launches_name_them(work, platform, records)
        new = [work.sessions.add(platform, record, sent_by=sent_by, now=now) for record in records]
        told = [record.course for record, is_new in zip(records, new, strict=True) if is_new]
        _have_read(work, platform, told, now)
        known = _Known(work, platform)
        states = tuple(
            known.state(record) if is_new else State.KNOWN for record, is_new in zip(records, new, strict=True)
        )
        detail = f"{len(told)} of {len(records)} new"
        work.audit.note(Entry(at=now, actor=sent_by, act="session_records", subject=platform, detail=detail))
    tools.ring()
    log.info("session_records_taken", platform_id=platform, read=len(records), changed=len(told))
    return states


def _as_launches_name_them(
    work: UnitOfWork, platform: PlatformId, records: Sequence[SessionRecord]
) -> tuple[SessionRecord, ...]:
    """Return the records by the ids of launches: a vendor may know course and learner by those of Canvas itself."""
    people = work.courses.people(platform)
    courses = {each: work.courses.by_own_id(platform, each) for each in {record.course for record in records}}
    return tuple(record.named(courses[record.course], people.get(record.learner, record.learner)) for record in records)


def _have_read(work: UnitOfWork, platform: PlatformId, courses: Iterable[CourseId], now: datetime) -> None:
    for course in dict.fromkeys(courses):
        for offer in work.offers.of_course(platform, course):
            if offer.enabled:
                work.outbox.request(Topic.SYNC, offer.id, now)


class _Known:
    """What was read of a platform's courses, asked for once each."""

    def __init__(self, work: UnitOfWork, platform: PlatformId) -> None:
        self._work, self._platform = work, platform
        self._offered: dict[CourseId, bool] = {}

    def state(self, record: SessionRecord) -> State:
        """Say what is known of the place that ``record`` names."""
        if record.course not in self._offered:
            self._offered[record.course] = bool(self._work.offers.of_course(self._platform, record.course))
        if not self._offered[record.course]:
            return State.UNKNOWN_COURSE
        read = self._work.assessments.get(self._platform, record.course, record.learner)
        if read is None:
            return State.UNKNOWN_LEARNER
        if record.evidence.activity not in {activity.id for activity in read.activities}:
            return State.UNKNOWN_ASSESSMENT
        return State.TAKEN
