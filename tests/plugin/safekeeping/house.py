"""An installation with a folder of its own, that a test can fill, back up, lose and restore."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from mappings.assessment import AssessmentRecord, CourseId, Learner, LearnerId
from plugin import approving, issuing, revocation
from plugin.approving import ApprovingTools
from plugin.revocation import StatusTools
from plugin.safekeeping.backing_up import BackupTools
from plugin.safekeeping.reconciling import ReconcilingTools
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from plugin.sync import sync
from tests import factories
from tests.conformance.issuer import TestIssuer
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.platforms import Clock, RecordedPlatform

ISSUER = TestIssuer()


class Crowd(RecordedPlatform):
    """A course that everybody in it has finished."""

    def __init__(self, clock: Clock, number: int) -> None:
        super().__init__(clock)
        anna = factories.record()
        self._anna = anna
        self.records = {
            id_: replace(
                anna, learner=replace(anna.learner, id=id_, full_name=f"Learner {id_}", student_number=f"s-{id_}")
            )
            for id_ in (LearnerId(str(each)) for each in range(number))
        }

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Return the learners."""
        return tuple(record.learner for record in self.records.values())

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield whom is asked for."""
        return super().read(course, learners, since)


@dataclass(frozen=True, slots=True)
class House:
    """A bridge with its database and its folder."""

    bench: Bench
    folder: Path
    lists: StatusTools
    opened: list[Storage]
    """Every database that was opened for it, to be closed at the end."""

    @property
    def storage(self) -> Storage:
        """The database."""
        return self.bench.storage

    def issue(self, learners: Collection[int]) -> None:
        """Seal the awards of these learners, forty at a time."""
        ids = [award.id for learner, award in self.bench.awards().items() if int(learner) in learners]
        for start in range(0, len(ids), 40):
            assert issuing.issue_all(self.bench.issuing, ids[start : start + 40]) == {}

    def revoke(self, learner: int) -> None:
        """Revoke a credential and publish its list."""
        tools = ApprovingTools(self.storage, self.bench.clock)
        approving.revoke(tools, self.bench.awards()[str(learner)].id, by="Dr Vos", reason="wrong person")
        self.publish()

    def publish(self) -> None:
        """Publish every list."""
        with self.storage.reading() as work:
            lists = work.credentials.status_list_ids()
        for each in lists:
            revocation.publish(self.lists, each)

    def backup_tools(self) -> BackupTools:
        """Return what backing up works with."""
        clock = self.bench.clock
        return BackupTools(self.storage, self.lists.folder, self.folder / "keys", lambda: clock() - LONG, clock)

    def reconciling_tools(self, *published: Path) -> ReconcilingTools:
        """Return what reconciling works with."""
        journal = self.folder / "journal"
        return ReconcilingTools(self.storage, (journal,), (self.lists.folder, *published), self.bench.clock)

    def on(self, url: str) -> House:
        """The same folder beside another database."""
        storage = open_storage(url, self.folder)
        bench = replace(self.bench, storage=storage, sync=replace(self.bench.sync, storage=storage))
        self.opened.append(storage)
        lists = replace(self.lists, storage=storage)
        return replace(self, bench=bench.with_issuing(storage=storage), lists=lists)


LONG = timedelta(days=90)
OpenHouse = Callable[[int], House]


def open_storage(url: str, folder: Path) -> Storage:
    """Open a database with its journal and epoch in ``folder``."""
    return Storage(open_engine(url), Vault((SECRET_KEY,)), PUBLIC_URL, folder)


def a_house(url: str, folder: Path, learners: int) -> House:
    """A migrated bridge whose course ``learners`` people have finished; nothing is sealed yet."""
    storage = open_storage(url, folder)
    upgrade(storage.engine)
    bench = a_bench(storage)
    crowd = Crowd(bench.clock, learners)
    reading = replace(bench.sync, connect=lambda _: crowd)
    bench = replace(bench, platform=crowd, sync=reading).with_issuing(connect=lambda _: crowd)
    sync(bench.sync, bench.offer.id)
    sealers = (DataIntegritySealer(ISSUER.eddsa, "did:web:credentials.example.org"), ISSUER.es256)
    lists = StatusTools(storage, PUBLIC_URL, lambda: sealers, folder / "status", bench.clock)
    return House(bench, folder, lists, [storage])
