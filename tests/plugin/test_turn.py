"""The soft limit of a job, the hard one where it gets on, and readings that take several jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery

from lti.platforms.moodle import Moodle
from mappings.assessment import LearnerId
from plugin import class_reading, sync, turn
from plugin.class_reading import ClassReadingTools
from plugin.errors import OutOfTime
from plugin.issuing import issue_all
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Duty, Jobs, singly
from plugin.jobs.watch import HARD_LIMIT, READING_LIMIT, SOFT_LIMIT, Watch
from plugin.progress import progress
from plugin.settings import Settings
from plugin.storage.awards import State
from plugin.storage.class_readings import Stage
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage, Strike
from plugin.turn import Turn, taking
from tests import factories
from tests.lti.conftest import LOCAL
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.platforms import Clock
from tests.plugin.rows import ADA101, MOODLE
from tests.simulators.moodle import TOKEN, MoodleSimulator, enlarged

MINUTE = timedelta(seconds=60)


@dataclass
class Seconds:
    """What a turn counts by; it passes only when a test lets it."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


@dataclass(frozen=True)
class Hall:
    """Jobs whose time a test lets pass."""

    jobs: Jobs
    clock: Clock
    ticks: Seconds

    def pass_(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self.clock.pass_(timedelta(seconds=seconds))
        self.ticks.now += seconds

    def is_free(self, row_id: str) -> bool:
        """Whether another worker would take the work."""
        with self.jobs.storage.begin() as work:
            return bool(work.outbox.claim(Topic.ISSUE, row_id, self.clock(), MINUTE))


@pytest.fixture
def queue(tmp_path: Path) -> Celery:
    """The embedded broker in a folder of its own."""
    return make_queue(Settings(data_dir=tmp_path))


@pytest.fixture
def hall(storage: Storage, queue: Celery) -> Hall:
    """Jobs without a duty, whose work is held for a minute."""
    clock, ticks = Clock(), Seconds()
    return Hall(Jobs(storage, Bell(storage, queue, 200, clock), {}, clock, lease=MINUTE, ticks=ticks), clock, ticks)


def do(hall: Hall, duty: Duty, *row_ids: str) -> bool:
    """Do work that was asked for."""
    with hall.jobs.storage.begin() as work:
        work.outbox.request_all(Topic.ISSUE, row_ids, hall.clock(), batch=row_ids[0])
    return replace(hall.jobs, duties={Topic.ISSUE: duty}).work(Topic.ISSUE, row_ids[0])


def test_a_job_is_told_to_stop_before_its_process_is_ended() -> None:
    """Only a reading may take longer: it gets on with every answer, and the hard limit counts from the last one."""
    assert SOFT_LIMIT < HARD_LIMIT < READING_LIMIT


def test_a_job_that_gets_on_is_not_ended() -> None:
    """The hard limit counts from the last answer or row, not from the beginning."""
    ticks, ended = Seconds(), threading.Event()
    of_job = Turn(9_999, lambda: True, 9_999, ticks)

    with Watch(limit=0.01, end=ended.set).over("sync", "course", of_job):
        early = ended.wait(0.1)  # by the seconds of the turn nothing has passed
        ticks.now += 1

        assert not early
        assert ended.wait(60)


def test_a_job_that_gets_on_holds_its_work_for_longer(hall: Hall) -> None:
    """A reading of many minutes is one reading: nobody else takes it while answers come."""
    free: list[bool] = []

    def read(row_id: str) -> None:
        for _ in range(3):
            hall.pass_(50)  # of the sixty that the work is held for
            turn.get_on()
            free.append(hall.is_free(row_id))

    assert do(hall, singly(read), "a")

    assert free == [False, False, False]


def test_who_has_lost_its_work_is_told_to_stop(hall: Hall) -> None:
    """A worker that slept for too long leaves the work to whoever took it meanwhile."""
    over: list[bool] = []

    def sleep(row_id: str) -> None:
        hall.pass_(61)
        assert hall.is_free(row_id)
        turn.get_on()
        over.append(turn.is_over())

    do(hall, singly(sleep), "a")

    assert over == [True]


def test_without_a_job_there_is_all_the_time_there_is() -> None:
    """A command may take as long as it does."""
    turn.get_on()

    assert not turn.is_over()


def test_work_that_stops_at_its_soft_limit_goes_back_with_its_reason(hall: Hall) -> None:
    """It is due again at once, no attempt is lost, and the status says why it is done in parts."""

    def stop(row_ids: Sequence[str], _: Strike) -> dict[str, Exception]:
        hall.pass_(SOFT_LIMIT - 1)
        assert not turn.is_over()
        hall.pass_(1)
        return {row_id: OutOfTime(hall.clock()) for row_id in row_ids if turn.is_over()}

    assert not do(hall, Duty(stop), "a")

    (trouble,) = progress(hall.jobs.storage, hall.clock).troubles
    assert (trouble.topic, trouble.error, trouble.count) == (Topic.ISSUE, "OutOfTime:out_of_time", 1)
    hall.pass_(3)
    with hall.jobs.storage.begin() as work:
        (lease,) = work.outbox.claim(Topic.ISSUE, "a", hall.clock(), MINUTE)
    assert (lease.attempt, lease.abandoned) == (1, 0)


def test_a_batch_that_is_done_one_by_one_stops_between_two(hall: Hall) -> None:
    """After a failure of the whole each is done alone, but not beyond the limit."""
    alone: list[str] = []

    def poisoned(row_ids: Sequence[str], _: Strike) -> dict[str, Exception]:
        if len(row_ids) > 1:
            raise ValueError("unforeseen")
        hall.pass_(SOFT_LIMIT / 2)
        alone.extend(row_ids)
        return {}

    do(hall, Duty(poisoned, at_once=3), "a", "b", "c")

    assert len(alone) == 2
    (trouble,) = progress(hall.jobs.storage, hall.clock).troubles
    assert (trouble.error, trouble.count) == ("OutOfTime:out_of_time", 1)


def in_turn(act: Callable[[], object], *, over: bool) -> object:
    """Do something as a job whose time is up from the beginning, or never is."""
    with taking(Turn(0 if over else 9_999, lambda: True, 9_999)):
        return act()


def test_issuing_keeps_what_is_sealed_and_gives_back_the_rest(sqlite_storage: Storage) -> None:
    """However slow platform and seal are: one award is sealed by every job."""
    bench = a_bench(sqlite_storage, outcomes=factories.outcomes_by_assessment())
    sync.sync(bench.sync, bench.offer.id)
    eligible = [award.id for award in bench.awards().values() if award.state is State.ELIGIBLE]

    failures = in_turn(lambda: issue_all(bench.issuing, eligible), over=True)

    assert isinstance(failures, dict)
    states = [award.state for award in bench.awards().values() if award.id in eligible]
    assert sorted(states) == [State.RESERVED, State.RESERVED, State.SEALED]
    assert [type(error) for error in failures.values()] == [OutOfTime, OutOfTime]


def read_in_parts(read: Callable[[], object]) -> int:
    """Read as jobs whose time is up after each part; returns how many it took."""
    for jobs in range(1, 20):
        try:
            in_turn(read, over=True)
        except OutOfTime:
            continue
        return jobs
    raise AssertionError("the reading does not end")


def offer_of(bench: Bench) -> tuple[object, object]:
    """Until when a course was read, and since when it is being read."""
    with bench.storage.reading() as work:
        offer = work.offers.get(bench.offer.id)
    return offer.synced_at, offer.reading_since


def test_a_reading_that_is_too_long_goes_on_with_the_next_job(storage: Storage) -> None:
    """Everybody is read once, and the course counts as read from when the first job began."""
    bench = a_bench(storage)
    parts, began = replace(bench.sync, at_once=4), bench.clock()
    with pytest.raises(OutOfTime):
        in_turn(lambda: sync.sync(parts, bench.offer.id), over=True)
    first = set(bench.awards())
    bench.clock.pass_(timedelta(minutes=20))

    report = in_turn(lambda: sync.sync(parts, bench.offer.id), over=False)

    assert (len(first), len(bench.awards())) == (4, 6)
    assert isinstance(report, sync.SyncReport)
    assert (report.read, report.changed) == (6, 2)  # of six that count, two were asked for
    assert offer_of(bench) == (began, None)


def test_after_a_reading_in_parts_the_course_is_read_once_more(sqlite_storage: Storage) -> None:
    """Who was read by the first job may have finished since, and their event came while the reading was under way."""
    bench = a_bench(sqlite_storage)
    parts = replace(bench.sync, at_once=4)
    with pytest.raises(OutOfTime):
        in_turn(lambda: sync.sync(parts, bench.offer.id), over=True)

    in_turn(lambda: sync.sync(parts, bench.offer.id), over=False)

    with bench.storage.begin() as work:
        early = work.outbox.claim(Topic.SYNC, bench.offer.id, bench.clock(), MINUTE)
        bench.clock.pass_(sync.AFTER_PARTS)
        due = work.outbox.claim(Topic.SYNC, bench.offer.id, bench.clock(), MINUTE)
        work.outbox.finish(due)
    sync.sync(parts, bench.offer.id)
    with bench.storage.reading() as work:
        assert (len(early), len(due), work.outbox.waiting(Topic.SYNC)) == (0, 1, 0)


def test_a_course_that_is_read_in_part_does_not_count_as_read(sqlite_storage: Storage) -> None:
    """Nobody takes those who were not read yet for people who have left."""
    bench = a_bench(sqlite_storage)
    began = bench.clock()

    with pytest.raises(OutOfTime):
        in_turn(lambda: sync.sync(replace(bench.sync, at_once=4), bench.offer.id), over=True)

    assert offer_of(bench) == (None, began)
    assert {award.learner for award in bench.awards().values()} < set(bench.platform.records)


def test_what_an_unfinished_reading_kept_is_judged_by_the_profile_of_now(sqlite_storage: Storage) -> None:
    """Also where the teacher states another one between two jobs of a reading."""
    bench = a_bench(sqlite_storage)
    parts = replace(bench.sync, at_once=4)
    with pytest.raises(OutOfTime):
        in_turn(lambda: sync.sync(parts, bench.offer.id), over=True)
    newer = replace(factories.profile(workload=None), version=2)
    with bench.storage.begin() as work:
        work.profiles.keep_course_profile(newer, bench.clock())
        issuer = work.profiles.issuer(bench.offer.issuer_id, bench.offer.issuer_version)
        work.offers.enable(MOODLE, bench.offer.course, profile=newer, issuer=issuer, now=bench.clock())

    in_turn(lambda: sync.sync(parts, bench.offer.id), over=False)

    assert State.ELIGIBLE not in {award.state for award in bench.awards().values()}


def test_a_reading_that_was_left_for_a_day_begins_anew(sqlite_storage: Storage) -> None:
    """What was read then says nothing of today."""
    bench = a_bench(sqlite_storage)
    with pytest.raises(OutOfTime):
        in_turn(lambda: sync.sync(replace(bench.sync, at_once=4), bench.offer.id), over=True)
    bench.clock.pass_(sync.FULL_EVERY)

    sync.sync(bench.sync, bench.offer.id)

    assert offer_of(bench) == (bench.clock(), None)


def test_a_large_moodle_is_read_in_parts_and_every_answer_counts_as_getting_on(sqlite_storage: Storage) -> None:
    """Over HTTP: nobody's completion is asked for twice, and each answer tells the job that it gets on."""
    bench, answers = a_bench(sqlite_storage), list[int]()
    with MoodleSimulator(enlarged(50), batch=True) as serving:
        network = replace(LOCAL, answered=lambda: answers.append(1))
        moodle = Moodle.connect(MOODLE, serving.url, TOKEN, network)
        reading = replace(bench.sync, connect=lambda _: moodle, at_once=20)

        jobs = read_in_parts(lambda: sync.sync(reading, bench.offer.id))

    completions = [each for each in serving.asked if "completion" in str(each)]
    assert jobs >= 3
    assert len(answers) == len(serving.asked)
    assert len(completions) == len(set(map(str, completions)))


def test_a_class_that_a_teacher_waits_for_is_read_in_parts(sqlite_storage: Storage) -> None:
    """The page goes on counting, and the class is whole in the end."""
    bench = a_bench(sqlite_storage)
    course = bench.offer.course
    tools = ClassReadingTools(bench.storage, lambda _: bench.platform, lambda: None, bench.clock)
    asked = class_reading.begin(tools, MOODLE, course)

    jobs = read_in_parts(lambda: class_reading.read(tools, asked.id))

    with bench.storage.reading() as work:
        done = work.class_readings.get(MOODLE, course)
        everybody = class_reading.everybody(work, MOODLE, course)
    assert done is not None
    assert (done.stage, len(everybody), jobs) == (Stage.DONE, 6, 7)
    assert course == ADA101
    assert {each.learner.id for each in everybody} == set(map(LearnerId, bench.platform.records))
