"""Several processes serve as one: what they count adds up, also after one was killed; a worker has a heartbeat."""

from __future__ import annotations

import gc
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet
from flask import Flask

from plugin.serving import serve_by_threads, settled
from plugin.settings import read_settings
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from tests.services.postgres import free_port
from tests.services.redis import redis

TOKEN = "a-token-of-some-length"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An installation on SQLite, on a free port."""
    port = free_port()
    made = {
        "MICROCRED_DATA_DIR": str(tmp_path),
        "MICROCRED_PORT": str(port),
        "MICROCRED_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MICROCRED_SECRET_KEYS": Fernet.generate_key().decode(),
        "MICROCRED_OPERATOR_TOKEN": TOKEN,
    }
    upgrade(open_engine(read_settings(made).database))
    return {**{name: value for name, value in os.environ.items() if not name.startswith("MICROCRED_")}, **made}


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command ``microcred arguments``, ended afterwards."""
    log = Path(environment["MICROCRED_DATA_DIR"]) / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "plugin.cli", *arguments], env=environment, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def wait_until(said: str, condition: object) -> None:
    """Wait until ``condition`` holds; a minute is an error."""
    assert callable(condition)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(said)


def answers(url: str) -> bool:
    """Whether anybody serves there."""
    try:
        return requests.get(f"{url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def value(url: str, sample: str) -> float:
    """Return one sample of `/metrics`; nought where it is not there."""
    text = requests.get(f"{url}/metrics", headers=OPERATOR, timeout=20).text
    found = re.search(rf"^{re.escape(sample)} ([0-9.e+]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that serve."""
    said = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(each) for each in said.split()]


def test_four_processes_count_as_one(environment: dict[str, str]) -> None:
    """Every request is counted once, whoever answers; a killed process takes nothing along."""
    url = environment["MICROCRED_PUBLIC_URL"]
    refused = 'microcred_launch_refused_total{code="incomplete"}'
    with running(environment, "serve", "--no-worker", "--processes", "4") as server:
        wait_until("nobody serves", lambda: answers(url))
        wait_until("not all are there", lambda: len(children(server)) == 4)
        before = value(url, 'microcred_http_answers_total{kind="2xx"}')
        codes = set()
        with ThreadPoolExecutor(8) as pool:
            codes = {
                each.status_code for each in pool.map(lambda _: requests.get(f"{url}/version", timeout=20), range(200))
            }
            list(pool.map(lambda _: requests.post(f"{url}/lti/launch", data={"id_token": "x"}, timeout=20), range(40)))
        counted = value(url, 'microcred_http_answers_total{kind="2xx"}')
        text = requests.get(f"{url}/metrics", headers=OPERATOR, timeout=20).text
        launches = sum(
            float(each) for each in re.findall(r"^microcred_launch_refused_total\{.*\} (\S+)$", text, re.MULTILINE)
        )
        os.kill(children(server)[0], signal.SIGKILL)
        wait_until("nobody took its place", lambda: len(children(server)) == 4)
        after = value(url, 'microcred_http_answers_total{kind="2xx"}')

    assert codes == {200}
    assert counted - before == 201, "the requests, and the look before them"
    assert launches == 40, refused
    assert after >= counted


def ticked(url: str) -> bool:
    """Whether the schedule has been at work; asked as seldom as the limit of the address wants."""
    time.sleep(3)
    return "microcred_beat_age_seconds" in requests.get(f"{url}/metrics", headers=OPERATOR).text


def test_metrics_are_for_the_operator(environment: dict[str, str]) -> None:
    """Embedded, the supervised worker's counts come along; strangers get nothing."""
    url = environment["MICROCRED_PUBLIC_URL"]
    with running(environment, "serve"):
        wait_until("nobody serves", lambda: answers(url))
        wait_until("no tick", lambda: ticked(url))
        stranger = requests.get(f"{url}/metrics", timeout=20)

    assert (stranger.status_code, "microcred" in stranger.text.replace("microcred.css", "")) == (401, False)


def beats(file: Path) -> float:
    """When the heart last beat, nought where it never did."""
    return file.stat().st_mtime if file.exists() else 0.0


@pytest.mark.services
def test_a_worker_touches_its_heartbeat(environment: dict[str, str], tmp_path: Path) -> None:
    """On a broker with an event loop and on the file broker; a worker that is stopped beats no more."""
    file = tmp_path / "heartbeat"
    with redis() as broker:
        for url in ("filesystem://", broker.url):
            file.unlink(missing_ok=True)
            with running(
                {**environment, "MICROCRED_BROKER_URL": url}, "worker", "--beat", "--heartbeat", str(file)
            ) as worker:
                wait_until(f"no beat on {url}", lambda: beats(file))
                first = beats(file)
                wait_until(f"one beat only on {url}", lambda: beats(file) > first)  # noqa: B023 - called at once
                worker.send_signal(signal.SIGSTOP)
                stopped = beats(file)
                time.sleep(12)
                still = beats(file)
                worker.send_signal(signal.SIGCONT)
            assert still == stopped


def test_a_worker_of_its_own_shows_what_it_counts(environment: dict[str, str]) -> None:
    """On an address of its own, which only the network protects."""
    port = free_port()
    environment = {**environment, "MICROCRED_METRICS_LISTEN": f"127.0.0.1:{port}"}

    def text() -> str:
        try:
            return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        except requests.RequestException:
            return ""

    with running(environment, "worker"):
        wait_until("no metrics", lambda: "microcred_seal_seconds" in text())


def test_waiting_for_a_thread_is_no_line_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the beginning of a lesson a class launches at once, and the log is for what somebody should look at."""
    queue = logging.getLogger("waitress.queue")
    monkeypatch.setattr(queue, "level", logging.NOTSET)
    loud: list[bool] = []
    monkeypatch.setattr("waitress.serve", lambda *_, **__: loud.append(queue.isEnabledFor(logging.WARNING)))

    serve_by_threads(Flask("served"), "127.0.0.1", 8080)

    assert loud == [False]


def test_what_was_built_is_not_looked_through_for_garbage() -> None:
    """A full look stops all threads, also those in the middle of a launch."""
    try:
        settled(Flask("built"))
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
