from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery
from sqlalchemy import select

from lti.errors import Fault, PlatformError
from plugin.errors import ChangedMeanwhile, SealRejected
from plugin.jobs.bell import AGAIN_AFTER, Bell
from plugin.jobs.queue import make_queue, transport_options
from plugin.jobs.tasks import LEASE, MOST_ATTEMPTS, MOST_LOST, WORKER_LOST, Duty, Jobs, pause, singly
from plugin.jobs.watch import EXIT_CODE, HARD_LIMIT, Watch
from plugin.settings import Settings
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Topic
from plugin.storage.tables import outbox
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from plugin.turn import Turn
from plugin.worker import Supervisor, worker_command
from tests.plugin.conftest import SECRET_KEY
from tests.plugin.platforms import Clock
from tests.plugin.rows import an_offer

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    """The time of a test."""
    return Clock()


@pytest.fixture
def queue(tmp_path: Path) -> Celery:
    """The embedded broker in a folder of its own."""
    return make_queue(Settings(data_dir=tmp_path))


def messages(tmp_path: Path) -> int:
    """Count the messages that wait in the embedded broker."""
    return len(list((tmp_path / "queue" / "messages").iterdir()))


def jobs(storage: Storage, queue: Celery, clock: Clock, duty: Callable[[str], object]) -> Jobs:
    """Jobs whose only duty is ``duty``."""
    return Jobs(storage, Bell(storage, queue, 200, clock), {Topic.ISSUE: singly(duty)}, clock)


def request(storage: Storage, clock: Clock, *row_ids: str, batch: str = "") -> None:
    """Ask for awards to be issued."""
    with storage.begin() as work:
        work.outbox.request_all(Topic.ISSUE, row_ids, clock(), batch=batch)


def fails_with(error: Exception) -> Callable[[str], object]:
    """Return a duty that always fails."""

    def duty(row_id: str) -> object:
        raise error

    return duty


def test_a_message_is_done_once(storage: Storage, queue: Celery, clock: Clock) -> None:
    """A message that comes twice finds the work done."""
    done: list[str] = []
    bench = jobs(storage, queue, clock, done.append)
    request(storage, clock, "a")

    assert [bench.work(Topic.ISSUE, "a") for _ in range(3)] == [True, False, False]
    assert done == ["a"]


def test_a_message_without_work_does_nothing(storage: Storage, queue: Celery, clock: Clock) -> None:
    """Whatever somebody puts into the queue: without a row there is no work."""
    done: list[str] = []

    assert jobs(storage, queue, clock, done.append).work(Topic.ISSUE, "invented") is False
    assert done == []


@pytest.mark.parametrize(
    "error", [PlatformError(Fault.PLATFORM_DOWN, "place"), ChangedMeanwhile("row"), ValueError("unexpected")]
)
def test_what_may_pass_is_tried_again_later(storage: Storage, queue: Celery, clock: Clock, error: Exception) -> None:
    """After a pause the work is due again; nothing is parked."""
    bench = jobs(storage, queue, clock, fails_with(error))
    request(storage, clock, "a")

    bench.work(Topic.ISSUE, "a")

    with storage.begin() as work:
        assert work.outbox.parked() == ()
        assert work.outbox.claim(Topic.ISSUE, "a", clock(), LEASE) == ()
        assert work.outbox.claim(Topic.ISSUE, "a", clock() + HOUR, LEASE) != ()


@pytest.mark.parametrize("error", [PlatformError(Fault.TOKEN_REFUSED, "place"), SealRejected(("wrong",))])
def test_what_waiting_does_not_heal_is_parked_at_once(
    storage: Storage, queue: Celery, clock: Clock, error: PlatformError | SealRejected
) -> None:
    """It waits for a person with its code, and does not block the rest."""
    done: list[str] = []
    bench = jobs(storage, queue, clock, fails_with(error))
    request(storage, clock, "a", "b")

    bench.work(Topic.ISSUE, "a")

    with storage.reading() as work:
        assert [error.code in each.error for each in work.outbox.parked()] == [True]
    assert replace(bench, duties={Topic.ISSUE: singly(done.append)}).work(Topic.ISSUE, "b") is True


def test_poison_is_parked_after_some_attempts(storage: Storage, queue: Celery, clock: Clock) -> None:
    """An error of our own making is not tried for ever."""
    bench = jobs(storage, queue, clock, fails_with(ZeroDivisionError()))
    request(storage, clock, "a")

    for _ in range(MOST_ATTEMPTS):
        bench.work(Topic.ISSUE, "a")
        clock.pass_(HOUR)

    with storage.reading() as work:
        assert [each.error for each in work.outbox.parked()] == ["ZeroDivisionError"]


def test_what_fails_together_is_done_alone(storage: Storage, queue: Celery, clock: Clock) -> None:
    """One row that breaks its batch is put off alone; the others are done."""
    done: list[str] = []

    def together(row_ids: Sequence[str], _: object) -> dict[str, Exception]:
        if "b" in row_ids:
            raise ZeroDivisionError
        done.extend(row_ids)
        return {}

    bench = replace(jobs(storage, queue, clock, print), duties={Topic.ISSUE: Duty(together, 10)})
    request(storage, clock, "a", "b", "c", batch="course")

    assert bench.work(Topic.ISSUE, "course") is False
    assert done == ["a", "c"]
    with storage.reading() as work:
        assert work.outbox.waiting() == 1


def test_an_outage_is_met_once_for_all(storage: Storage, queue: Celery, clock: Clock) -> None:
    """Where the platform is down nobody asks it again for each row; all of them wait."""
    asked: list[Sequence[str]] = []

    def together(row_ids: Sequence[str], _: object) -> dict[str, Exception]:
        asked.append(row_ids)
        raise PlatformError(Fault.PLATFORM_DOWN, "place")

    bench = replace(jobs(storage, queue, clock, print), duties={Topic.ISSUE: Duty(together, 10)})
    request(storage, clock, "a", "b", batch="course")

    bench.work(Topic.ISSUE, "course")

    assert asked == [("a", "b")]
    with storage.begin() as work:
        assert work.outbox.waiting() == 2
        assert work.outbox.claim(Topic.ISSUE, "course", clock(), LEASE, most=10) == ()


def test_work_that_loses_its_workers_is_put_aside(storage: Storage, queue: Celery, clock: Clock) -> None:
    """A job that hangs or kills its process cannot say so: after five lost workers a person is asked."""
    bench = jobs(storage, queue, clock, print)
    request(storage, clock, "a")
    for _ in range(MOST_LOST):
        with storage.begin() as work:
            work.outbox.claim(Topic.ISSUE, "a", clock(), LEASE)
        clock.pass_(LEASE)

    assert bench.work(Topic.ISSUE, "a") is False
    with storage.reading() as work:
        assert [(each.row_id, each.error) for each in work.outbox.parked()] == [("a", WORKER_LOST)]


def test_a_job_that_takes_too_long_ends_its_process() -> None:
    """In whatever pool: the process is gone at the limit, however the job hangs."""
    hanging = (
        "import time\n"
        "from plugin.jobs.watch import Watch\n"
        "from plugin.turn import Turn\n"
        "with Watch(limit=0.2).over('issue', 'course', Turn(9, lambda: True, 9)):\n"
        "    time.sleep(600)\n"
    )

    ended = subprocess.run([sys.executable, "-c", hanging], capture_output=True, timeout=60, check=False)

    assert ended.returncode == EXIT_CODE
    assert b"job_too_long" in ended.stdout + ended.stderr


def test_the_watch_over_a_job_is_over_with_the_job() -> None:
    """A job in time ends nothing, however long its process lives on."""
    before = set(threading.enumerate())
    with Watch(limit=4_321, end=lambda: None).over("issue", "course", Turn(9, lambda: True, 9)):
        (watching,) = set(threading.enumerate()) - before

    watching.join(60)
    assert not watching.is_alive()


def test_the_text_of_a_foreign_error_is_not_kept(storage: Storage, queue: Celery, clock: Clock) -> None:
    """It may quote a name or a grade; the row keeps the type only."""
    bench = jobs(storage, queue, clock, fails_with(ValueError("Anna Kowalska scored 95")))
    request(storage, clock, "a")

    bench.work(Topic.ISSUE, "a")

    with storage.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT error FROM outbox").scalar_one()
    assert stored == "ValueError"


def test_the_bell_rings_once_and_again_when_nobody_answers(
    storage: Storage, queue: Celery, clock: Clock, tmp_path: Path
) -> None:
    """A lost message is sent again after a minute."""
    bell = Bell(storage, queue, 200, clock)
    request(storage, clock, "a", "b")

    assert (bell.ring(), bell.ring(), messages(tmp_path)) == (2, 0, 2)
    clock.pass_(AGAIN_AFTER)

    assert bell.ring() == 2


def test_a_broker_that_is_down_loses_nothing(storage: Storage, clock: Clock) -> None:
    """Ringing fails quietly; the row waits and is rung for later."""
    nowhere = make_queue(Settings(broker_url="redis://127.0.0.1:1/0"))
    request(storage, clock, "a")

    assert Bell(storage, nowhere, 200, clock).ring() == 0

    with storage.begin() as work:
        assert work.outbox.claim(Topic.ISSUE, "a", clock(), LEASE) != ()


def test_what_could_not_be_sent_is_rung_for_by_the_next_sweep(
    storage: Storage, queue: Celery, clock: Clock, tmp_path: Path
) -> None:
    """A broker that comes back finds no minute of silence: only messages that were sent can be lost."""
    request(storage, clock, "a", "b")
    Bell(storage, make_queue(Settings(broker_url="redis://127.0.0.1:1/0")), 200, clock).ring()

    assert (Bell(storage, queue, 200, clock).ring(), messages(tmp_path)) == (2, 2)


def test_a_message_that_was_half_written_ends_no_worker(queue: Celery, tmp_path: Path) -> None:
    """A worker that is killed while it rings leaves part of a file: it is passed over, the next message is read."""
    queue.send_task("microcred.issue", args=("a",))
    (whole,) = (tmp_path / "queue" / "messages").iterdir()
    (whole.parent / f"0_half.{whole.name.partition('.')[2]}").write_text('{"body": "Ww')

    with queue.connection_for_read() as connection:
        found = connection.SimpleQueue("microcred").get(timeout=5)

    assert found.headers["task"] == "microcred.issue"


def test_messages_appear_whole(queue: Celery, tmp_path: Path) -> None:
    """Nobody finds a message that is still being written: it gets its name with its last byte."""
    queue.send_task("microcred.issue", args=("a",))

    (message,) = (tmp_path / "queue" / "messages").iterdir()

    assert json.loads(message.read_text())["headers"]["task"] == "microcred.issue"
    assert type(queue.connection_for_write().default_channel).__module__ == "plugin.jobs.files"


def test_a_binding_that_was_half_written_is_written_anew(queue: Celery, tmp_path: Path) -> None:
    """A power cut during the very first start does not end every start after it."""
    binding = tmp_path / "queue" / "control" / "microcred.exchange"
    binding.write_text("")

    with queue.connection_for_write() as connection:
        unread = connection.default_channel.get_table("microcred")
        connection.default_channel._queue_bind("microcred", "microcred", "", "microcred")
        bound = connection.default_channel.get_table("microcred")

    assert (unread, [each.queue for each in bound]) == ([], ["microcred"])


def test_pauses_grow_and_are_spread() -> None:
    """Doubling with jitter, at most a quarter of an hour."""
    first, last = [pause(1).total_seconds() for _ in range(20)], [pause(30).total_seconds() for _ in range(20)]

    assert all(1 <= each <= 2 for each in first)
    assert all(450 <= each <= 900 for each in last)
    assert len(set(first)) > 1


def test_redis_gives_back_only_what_no_job_can_still_be_doing() -> None:
    """The visibility timeout exceeds the longest job, or every long job would run twice."""
    options = transport_options(Settings(broker_url="redis://127.0.0.1:6379/0"))

    assert options["visibility_timeout"] > HARD_LIMIT


def test_the_schedule_can_be_sent_and_done(storage: Storage, queue: Celery, clock: Clock, tmp_path: Path) -> None:
    """What the beat sends every few seconds is a message, and doing it asks for courses and rings for what is due."""
    asked: list[bool] = []
    bench = replace(jobs(storage, queue, clock, print), schedule=lambda: asked.append(True))
    bench.install(queue)
    request(storage, clock, "a")
    (entry,) = queue.conf.beat_schedule.values()

    queue.tasks[entry["task"]].apply_async()
    queue.tasks[entry["task"]].apply(throw=True)

    assert (asked, messages(tmp_path)) == ([True], 2)


def test_a_worker_with_its_beat_notices_a_course_that_is_due(tmp_path: Path) -> None:
    """A real worker process, nothing but the schedule: the course is asked for without a launch, event or command."""
    settings = Settings(data_dir=tmp_path, secret_keys=(SECRET_KEY,))
    engine = open_engine(settings.database)
    upgrade(engine)
    storage = Storage(engine, Vault(settings.secret_keys), settings.public_url)
    offer = an_offer(storage)
    environment = {**os.environ, "MICROCRED_DATA_DIR": str(tmp_path), "MICROCRED_SECRET_KEYS": SECRET_KEY}
    worker = Supervisor(worker_command(beat=True), environment, tmp_path / "worker.log")
    worker.start()
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and not _was_asked_for(storage, offer.id):
            time.sleep(0.2)
    finally:
        worker.stop()

    assert _was_asked_for(storage, offer.id), (tmp_path / "worker.log").read_text()[-2000:]
    engine.dispose()


def _was_asked_for(storage: Storage, offer_id: str) -> bool:
    query = select(outbox.c.row_id).where(outbox.c.topic == Topic.SYNC, outbox.c.row_id == offer_id)
    with storage.engine.connect() as connection:
        return connection.execute(query).first() is not None
