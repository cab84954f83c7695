"""A real Celery worker of the bridge's own parts, with points in between; it lives in a forked process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import sqlalchemy.event
from celery import Celery
from cryptography import x509

from lti.platforms import Platform
from mappings.assessment import AssessmentRecord, Course, CourseId, Learner, LearnerId, PlatformId
from mappings.documents.envelope import Document, Envelope, Format
from mappings.documents.rendering import render
from mappings.elements import MicroCredential
from plugin import delivery, issuing, restating, scheduling, sync
from plugin.app import self_check
from plugin.delivery import DeliveryTools
from plugin.issuing import IssuingTools
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Duty, Jobs, singly
from plugin.notices import Notice, Sending
from plugin.scheduling import SchedulingTools
from plugin.sealing import Sealed
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import from_pem
from plugin.settings import Settings
from plugin.storage.awards import ISSUED
from plugin.storage.deliveries import Outcome
from plugin.storage.engine import open_engine
from plugin.storage.outbox import Ring, Topic
from plugin.storage.unit_of_work import Storage, UnitOfWork
from plugin.storage.vault import Vault
from plugin.sync import SyncTools
from plugin.verification import CheckContext, check
from plugin.web import letters
from tests import factories
from tests.crash.points import EARNERS, Orders, Points
from tests.plugin.bridges import seal
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.rows import MOODLE

LEASE, AGAIN_AFTER, SWEEP = timedelta(seconds=0.6), timedelta(seconds=0.4), 0.1
ANNA, CHIARA = LearnerId("4"), LearnerId("6")
CLASS = (ANNA, *(LearnerId(str(70 + number)) for number in range(1, EARNERS)))
"""Who has earned it: Anna, and others who did as well."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker works: database, broker, and a folder for notices and the names that the platform shows."""

    database: str
    broker: str
    folder: Path

    @property
    def notices(self) -> Path:
        """One line per notice that went out."""
        return self.folder / "notices"

    @property
    def names(self) -> Path:
        """The name that the platform shows of Anna and her class."""
        return self.folder / "name"

    def storage(self) -> Storage:
        """The database, without points."""
        return Storage(open_engine(self.database), Vault((SECRET_KEY,)), PUBLIC_URL)


class PointedStorage(Storage):
    """The database, with points before and after each commit."""

    points: Points

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open a transaction that can be hit."""
        step = self.points.next_step()
        with super().begin() as work:
            yield work
            self.points.reach(f"{step}: before commit")
        self.points.reach(f"{step}: after commit")


@dataclass(frozen=True, slots=True)
class PointedJobs(Jobs):
    """Jobs that say which job they do."""

    points: Points = field(default_factory=lambda: Points(None))

    def work(self, topic: Topic, batch: str) -> bool:
        """Do work that can be hit."""
        with self.points.job(topic):
            return Jobs.work(self, topic, batch)

    def sweep(self) -> None:
        """Sweep as the beat does."""
        with self.points.job("sweep"):
            Jobs.sweep(self)


@dataclass(frozen=True, slots=True)
class PointedBell(Bell):
    """A bell whose messages can be hit."""

    points: Points = field(default_factory=lambda: Points(None))

    def ring(self) -> int:
        """Ring with points."""
        with self.points.job("ring"):
            return Bell.ring(self)

    def _send(self, ring: Ring) -> bool:
        with self.points.around("message"):
            return Bell._send(self, ring)


class SmallClass:
    """A platform where Anna and her class have finished any course and Chiara failed its exam."""

    id = MOODLE

    def __init__(self, place: Place, points: Points) -> None:
        self._place, self._points = place, points

    def course(self, course: CourseId) -> Course:
        """Return the course."""
        return factories.course(id=course)

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Nobody asks."""
        return ()

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield all, or who is asked for."""
        with self._points.around("reading"):
            recorded = {each.learner.id: each for each in factories.ada101().values()}
        name = self._place.names.read_text()
        for learner in (*CLASS, CHIARA) if learners is None else learners:
            theirs = recorded[CHIARA if learner == CHIARA else ANNA]
            own = factories.learner(name, learner, email=f"{learner}@example.org", student_number=f"s-{learner}")
            shown = theirs.learner if learner == CHIARA else own
            yield replace(theirs, course=self.course(course), learner=shown, read_at=datetime.now(UTC))


class NoticeFile:
    """A channel that appends to a file, and looks whether the seal is committed when it sends."""

    name = "file"

    def __init__(self, place: Place, points: Points) -> None:
        self._place, self._points = place, points
        self._storage = place.storage()

    def send(self, notice: Notice) -> Sending:
        """Append one line."""
        with self._storage.reading() as work:
            reserved = work.credentials.get(notice.credential_id)
            early = work.awards.get(reserved.award_id).state not in ISSUED
        with self._points.around("sending"), self._place.notices.open("a") as file:
            file.write(f"{notice.credential_id}{' early' if early else ''}\n")
            file.flush()
            os.fsync(file.fileno())
        return Sending(Outcome.SENT)


def run(place: Place, orders: Orders | None, hint: CourseId | None) -> None:
    """Work until killed; first take the hint that a platform sent, where there is one."""
    points = Points(orders)
    storage = PointedStorage(open_engine(place.database), Vault((SECRET_KEY,)), PUBLIC_URL)
    storage.points = points
    _let_the_disk_fill(storage, points)
    queue = make_queue(Settings(data_dir=place.folder, broker_url=place.broker))
    jobs = _jobs(place, storage, queue, points)
    jobs.install(queue)
    if hint is not None:
        with points.job("hint"):
            scheduling.take_hint(_plan(storage, _clock(points)), PlatformId(MOODLE), hint, f"event-{hint}")
    threading.Thread(target=_sweep_for_ever, args=(jobs,), daemon=True).start()
    queue.Worker(
        pool="solo", loglevel="ERROR", quiet=True, without_gossip=True, without_mingle=True, without_heartbeat=True
    ).start()


def _jobs(place: Place, storage: Storage, queue: Celery, points: Points) -> PointedJobs:
    clock = _clock(points)
    platform: Platform = SmallClass(place, points)
    reading = SyncTools(storage, lambda _: platform, clock, at_once=1)  # a point between any two learners
    sealing = _issuing(storage, platform, points, clock)
    handing_over = DeliveryTools(storage, (NoticeFile(place, points),), clock, letters.write)
    plan = _plan(storage, clock)
    return PointedJobs(
        storage=storage,
        bell=PointedBell(storage, queue, 200, clock, AGAIN_AFTER, {Topic.ISSUE: issuing.AT_ONCE}, points),
        duties={
            Topic.SYNC: singly(lambda row_id: sync.sync(reading, row_id)),
            Topic.RESTATE: singly(lambda row_id: restating.restate(storage, row_id, clock)),
            Topic.ISSUE: Duty(partial(issuing.issue_all, sealing), issuing.AT_ONCE),
            Topic.DELIVER: singly(lambda row_id: delivery.deliver(handing_over, row_id)),
            Topic.STATUS: singly(lambda _: None),
        },
        clock=clock,
        schedule=lambda: scheduling.schedule(plan),
        lease=LEASE,
        points=points,
    )


def _issuing(storage: Storage, platform: Platform, points: Points, clock: Callable[[], datetime]) -> IssuingTools:
    anchors = tuple(x509.load_pem_x509_certificates(seal().authority_pem))
    failures = self_check(lambda data: check(data, CheckContext(clock(), anchors)))
    sealer = _PointedSealer(points)

    def pointed_render(form: Format, credential: MicroCredential, envelope: Envelope) -> Document:
        with points.around(points.next_of("rendering")):
            return render(form, credential, envelope)

    def pointed_check(sealed: Sealed) -> tuple[str, ...]:
        with points.around(points.next_of("verifying")):
            return failures(sealed)

    return IssuingTools(storage, lambda _: platform, pointed_render, {Format.ELM: sealer}, pointed_check, clock, True)


class _PointedSealer:
    format = Format.ELM

    def __init__(self, points: Points) -> None:
        self._points = points
        self._sealer = JadesSealer(from_pem(seal().key_pem, seal().certificate_pem))

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Seal."""
        with self._points.around(self._points.next_of("sealing")):
            return self._sealer.seal(document, now)


def _clock(points: Points) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(seconds=points.skew)


def _plan(storage: Storage, clock: Callable[[], datetime]) -> SchedulingTools:
    return SchedulingTools(storage, timedelta(days=400), clock, Random())


def _sweep_for_ever(jobs: Jobs) -> None:
    while True:
        try:
            jobs.sweep()
        except Exception as error:  # noqa: BLE001 - as the beat: the next sweep tries again
            print("sweep:", type(error).__name__, flush=True)
        time.sleep(SWEEP)


def _let_the_disk_fill(storage: Storage, points: Points) -> None:
    """While the disk is full SQLite may not grow by a page."""

    def limit(connection: object, *_: object) -> None:
        pages = 1 if points.full.is_set() else 1_073_741_823
        if points.full.is_set():
            threading.Timer(0.5, points.full.clear).start()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    if storage.engine.dialect.name == "sqlite":
        sqlalchemy.event.listen(storage.engine, "begin", limit)
