"""What reading a course costs: requests, seconds and memory for 100, 1,000 and 10,000 learners, Moodle and Canvas.

``python -m tests.benchmarks.bench_sync [--learners 100,1000,10000]``. The simulators answer over HTTP from this
process; a process of its own reads with the bridge's parts into an empty SQLite database on disk: first everything,
then again when nothing has changed. Everybody did the same, so that all are kept and decided upon. Seconds of the
reader's processor are beside those of the clock, in which the simulators' own work is. Without LTI roster.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from lti.platforms import Platform
from lti.platforms.canvas import Canvas
from lti.platforms.moodle import Moodle
from lti.tokens import Client, RefreshedToken, RefreshGrant, TokensInMemory
from plugin.logs import configure_logs
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from plugin.sync import SyncTools, sync
from tests.lti.conftest import LOCAL
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.rows import ADA101, MOODLE, an_offer
from tests.simulators.canvas import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, CanvasSimulator
from tests.simulators.canvas_course import large
from tests.simulators.moodle import TOKEN, MoodleSimulator, enlarged
from tests.simulators.server import Simulator

READINGS = ("everything", "no changes")


def main() -> None:
    """Measure and tell, or be the process that reads."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_sync", description=main.__doc__)
    parser.add_argument("--learners", default="100,1000,10000")
    parser.add_argument("--read", nargs=2, metavar=("KIND", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    configure_logs("CRITICAL")
    if options.read:
        return read(*options.read)
    print(f"load {os.getloadavg()[0]:.1f} at the beginning on {os.cpu_count()} cores")
    for kind in ("moodle", "canvas"):
        print(f"{kind}: learners, reading, requests, seconds, of these the reader's processor, its memory at most (MB)")
        for learners in (int(each) for each in options.learners.split(",")):
            for name, requests, said in measure(kind, learners):
                seconds = f"{said['seconds']:7.1f} {said['processor']:7.1f}"
                print(f"  {learners:6} {name:10} {requests:6} {seconds} {said['memory']:6.0f}", flush=True)
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    return None


def measure(kind: str, learners: int) -> Iterator[tuple[str, int, dict[str, float]]]:
    """Yield the name of each reading, how many requests it made, and what the reader says of itself."""
    with simulator(kind, learners) as serving:
        command = [sys.executable, "-m", "tests.benchmarks.bench_sync", "--read", kind, serving.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            for name in READINGS:
                before, line = len(serving.asked), reader.stdout.readline()
                yield name, len(serving.asked) - before, json.loads(line)


def simulator(kind: str, learners: int) -> Simulator:
    """Return the platform with a course of so many."""
    if kind == "moodle":
        return MoodleSimulator(enlarged(learners), batch=True)
    course = large(learners)
    course.course["id"] = int(ADA101)
    return CanvasSimulator(course)


def read(kind: str, url: str) -> None:
    """Read twice, and print a line of JSON after each."""
    with TemporaryDirectory(prefix="microcred-bench-") as folder:
        storage = Storage(
            open_engine(f"sqlite:///{folder}/one.sqlite3"), Vault((SECRET_KEY,)), PUBLIC_URL, Path(folder)
        )
        upgrade(storage.engine)
        platform = _platform(kind, url)
        offer = an_offer(storage)
        tools = SyncTools(storage, lambda _: platform, lambda: datetime.now(UTC))
        for _ in READINGS:
            began, used = time.perf_counter(), time.process_time()
            sync(tools, offer.id)
            seconds, processor = time.perf_counter() - began, time.process_time() - used
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            print(json.dumps({"seconds": seconds, "processor": processor, "memory": memory}), flush=True)
        storage.engine.dispose()


def _platform(kind: str, url: str) -> Platform:
    if kind == "moodle":
        return Moodle.connect(MOODLE, url, TOKEN, LOCAL)
    client = Client("https://canvas.instructure.com", CLIENT_ID, f"{url}/login/oauth2/token")
    tokens = RefreshedToken(RefreshGrant(client, CLIENT_SECRET, REFRESH_TOKEN), LOCAL, store=TokensInMemory())
    return Canvas.connect(MOODLE, url, tokens, LOCAL)


if __name__ == "__main__":
    main()
