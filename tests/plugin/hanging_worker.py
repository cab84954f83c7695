"""A worker whose jobs hang: ``python -m tests.plugin.hanging_worker DATABASE BROKER FOLDER``.

The row «hangs once» hangs until its worker is ended and is then done; «poison» hangs whoever takes it; «slow» works
without end the first time, but asks at its safe points whether to stop, and so does all that is read, which has no
soft limit here. Each attempt is a line of ``FOLDER/attempts``. All else is the bridge's own, with limits of a second
or less.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plugin.errors import OutOfTime
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Duty, Jobs
from plugin.jobs.watch import Watch
from plugin.settings import Settings
from plugin.storage.engine import open_engine
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage, Strike
from plugin.storage.vault import Vault
from plugin.turn import is_over
from plugin.worker import start_beat
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY

HANGS_ONCE, POISON, SLOW = "hangs-once", "poison", "slow"
SOFT_LIMIT, LIMIT, SWEEP, LEASE = 0.1, 0.4, 0.3, timedelta(seconds=1)


def main(database: str, broker: str, folder: Path) -> None:
    """Work until ended."""
    storage = Storage(open_engine(database), Vault((SECRET_KEY,)), PUBLIC_URL)
    queue = make_queue(Settings(data_dir=folder, broker_url=broker))
    attempts = folder / "attempts"

    def hang(row_ids: Sequence[str], _: Strike) -> dict[str, Exception]:
        (row_id,) = row_ids
        if is_first(row_id) or row_id == POISON:
            threading.Event().wait()
        return {}

    def go_on(row_ids: Sequence[str], _: Strike) -> dict[str, Exception]:
        (row_id,) = row_ids
        is_new = is_first(row_id)
        while is_new:
            threading.Event().wait(0.01)
            if is_over():
                return {row_id: OutOfTime(_now())}
        return {}

    def is_first(row_id: str) -> bool:
        before = attempts.read_text().split() if attempts.exists() else []
        with attempts.open("a") as file:
            file.write(f"{row_id}\n")
        return row_id not in before

    bell = Bell(storage, queue, 200, _now, again_after=LEASE)
    duties = {
        Topic.ISSUE: Duty(hang),
        Topic.SYNC: Duty(go_on, seconds=SOFT_LIMIT),
        Topic.READ: Duty(go_on, seconds=600),
    }
    Jobs(storage, bell, duties, _now, lease=LEASE, watch=Watch(LIMIT)).install(queue)
    queue.conf.beat_schedule["sweep"]["schedule"] = SWEEP
    bell.ring()
    start_beat(queue, folder / "beat-schedule")
    queue.Worker(
        pool="threads",
        concurrency=2,
        loglevel="ERROR",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
    ).start()


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
