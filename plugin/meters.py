"""What a process counts about itself, for Prometheus. Labels name states, codes and platforms; never users or courses.

With ``PROMETHEUS_MULTIPROC_DIR`` set before Python starts, all processes of a service count into files of that folder,
and each of them tells the sum; without it each tells its own. What rows know is not counted here but asked from the
database when somebody looks (:mod:`plugin.exporting`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from lti.errors import PlatformError
from lti.platforms import Platform
from lti.platforms.brevity import in_brief
from lti.preflight import Finding
from mappings.assessment import AssessmentRecord, Course, CourseId, Learner, LearnerId, PlatformId
from mappings.documents.envelope import Document, Format
from plugin.sealing import Sealed, Sealer
from plugin.sealing.errors import SealError
from plugin.storage.platforms import Connected

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
REGISTRY = CollectorRegistry()
"""One per process by nature: whoever counts must not need to be handed it."""

seal_seconds = Histogram(
    "microcred_seal_seconds",
    "How long one seal takes, timestamp included.",
    ["format"],
    registry=REGISTRY,
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0),
)
seal_failures = Counter("microcred_seal_failures", "Seals that failed, by error code.", ["reason"], registry=REGISTRY)
platform_requests = Counter(
    "microcred_platform_requests", "Readings of a platform, by outcome.", ["platform", "outcome"], registry=REGISTRY
)
launch_refused = Counter(
    "microcred_launch_refused", "Launches that were refused, by code.", ["code"], registry=REGISTRY
)
http_answers = Counter("microcred_http_answers", "Answers of the web server, by kind.", ["kind"], registry=REGISTRY)


def counted() -> bytes:
    """Return what was counted, by all processes of the service where they share a folder, as Prometheus reads it."""
    if FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types there
    return generate_latest(registry)


def forget_earlier(folder: str) -> None:
    """Make or empty the shared folder: what an earlier life of the service counted is over. Before processes start."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for file in Path(folder).glob("*.db"):
        file.unlink(missing_ok=True)


def bury(process_id: int) -> None:
    """Forget the live values of a process that has ended; what it counted stays in the sums."""
    if FOLDER in os.environ:
        mark_process_dead(process_id)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class MeasuredSealer:
    """A sealer whose seals are timed and whose failures are counted."""

    sealer: Sealer

    @property
    def format(self) -> Format:
        """The format of the sealer."""
        return self.sealer.format

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Seal, as the sealer does."""
        began = time.perf_counter()
        try:
            sealed = self.sealer.seal(document, now)
        except SealError as error:
            seal_failures.labels(error.code).inc()
            raise
        seal_seconds.labels(self.format).observe(time.perf_counter() - began)
        return sealed


@dataclass(frozen=True, slots=True)
class MeasuredPlatform:
    """A platform whose readings are counted by their outcome: ``ok``, or the code of the error."""

    platform: Platform

    @property
    def id(self) -> PlatformId:
        """The registration that the connection belongs to."""
        return self.platform.id

    def in_brief(self) -> MeasuredPlatform:
        """Read the platform in brief, where it can be."""
        return replace(self, platform=in_brief(self.platform))

    def course(self, course: CourseId) -> Course:
        """Return what the platform says about the course."""
        with self._counting():
            return self.platform.course(course)

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Return everybody in the course."""
        with self._counting():
            return self.platform.people(course)

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield one record per learner."""
        with self._counting():
            yield from self.platform.read(course, learners, since)

    def preflight(self, course: CourseId | None) -> tuple[Finding, ...]:
        """Try on one course whether all can be read."""
        return self.platform.preflight(course)

    @contextmanager
    def _counting(self) -> Iterator[None]:
        outcome = "ok"
        try:
            yield
        except PlatformError as error:
            outcome = error.code
            raise
        finally:
            platform_requests.labels(self.id, outcome).inc()


def measured(connect: Callable[[Connected], Platform]) -> Callable[[Connected], Platform]:
    """Return ``connect`` whose platforms are counted."""
    return lambda connected: MeasuredPlatform(connect(connected))
