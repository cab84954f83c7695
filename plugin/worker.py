"""The worker process, and who restarts it.

An embedded installation has exactly one worker with its beat inside; a larger one starts ``microcred worker`` as
often as it likes and ``microcred worker --beat`` once.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from celery import Celery
from celery.beat import EmbeddedService
from prometheus_client import start_http_server

from plugin import meters
from plugin.app import Bridge
from plugin.heartbeat import beating

log = structlog.get_logger(__name__)
SHORTEST_LIFE = 10.0
PAUSE = 2.0
"""Seconds: a worker that lived shorter than the first is restarted only after the second."""


def run_worker(bridge: Bridge, *, beat: bool, heartbeat: Path | None = None) -> None:
    """Work off the queue until a signal ends the process; touch ``heartbeat`` as long as the loop goes round."""
    bridge.bell.ring()
    has_loop = not bridge.settings.broker_url.startswith("filesystem")
    if heartbeat is not None:
        beating(bridge.queue, heartbeat, has_loop=has_loop)
    if bridge.settings.metrics_listen:
        host, _, port = bridge.settings.metrics_listen.rpartition(":")
        start_http_server(int(port), host, meters.REGISTRY)
    worker = bridge.queue.Worker(
        pool="threads",
        concurrency=bridge.settings.worker_threads,
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=not has_loop,
    )
    if beat:
        start_beat(bridge.queue, bridge.settings.data_dir / "beat-schedule")
    worker.start()
    sys.exit(worker.exitcode)


def start_beat(queue: Celery, schedule: Path) -> None:
    """Start the beat in a thread. As a process, Celery's own way, it outlives a worker that is killed and rings on."""
    EmbeddedService(queue, thread=True, schedule_filename=str(schedule)).start()  # type: ignore[union-attr]  # a thread


def worker_command(*, beat: bool, quiet: bool = False) -> list[str]:
    """Return the command that starts a worker with this very Python."""
    before = ["--quiet"] if quiet else []
    return [sys.executable, "-m", "plugin.cli", *before, "worker", *(["--beat"] if beat else [])]


@dataclass(slots=True)
class Supervisor:
    """Keeps one worker process alive until it is told to stop. ``log`` gets what it prints, else the terminal.

    One that lived a short time is started again after ``pause`` seconds.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None = None
    pause: float = PAUSE
    _stopping: threading.Event = field(default_factory=threading.Event)
    _process: subprocess.Popen[bytes] | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the worker and watch it in a thread."""
        self._thread = threading.Thread(target=self._watch, name="worker-supervisor", daemon=True)
        self._thread.start()

    def stop(self, patience: float = 20.0) -> None:
        """Ask the worker to finish its jobs; after ``patience`` seconds it is killed, its leases end by themselves."""
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._process = self._start()
            code = self._process.wait()
            if not self._stopping.is_set():
                log.warning("worker_ended", code=code)
                self._stopping.wait(0.0 if time.monotonic() - began > SHORTEST_LIFE else self.pause)

    def _start(self) -> subprocess.Popen[bytes]:
        if self.log is None:
            return subprocess.Popen(self.command, env=dict(self.environment))  # noqa: S603 - our own command
        with self.log.open("ab") as out:
            return subprocess.Popen(self.command, env=dict(self.environment), stdout=out, stderr=out)  # noqa: S603
