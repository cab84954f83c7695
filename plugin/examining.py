"""What strangers hand in is checked under a hard time limit, by processes of its own.

A thread cannot be stopped, so a file that makes a check run on and on would take a thread of the web server with it.
Here a few processes stay warm and check one file after the other; one that overruns is killed, and so is the file's
claim on us. They are started when they are first needed, which is after a pre-forking web server has forked.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import Empty, LifoQueue

import structlog

from plugin.verification import Report, StepName, arranged, failed

log = structlog.get_logger(__name__)
Check = Callable[[bytes], Report]
LIMIT = 20.0
"""Seconds for one file: asking an issuer and its status list may take 8 seconds each (:mod:`plugin.verification`)."""
PROCESSES = 2
"""How many files are checked at the same time, by each web process."""
_START = 60.0
"""Seconds for a process to start, which is not the file's fault."""


class Examiner:
    """Checks in processes that ``make`` is called in; ``make`` goes there by pickle: a function of a module."""

    def __init__(self, make: Callable[[], Check], *, limit: float = LIMIT, processes: int = PROCESSES) -> None:
        self._make, self._limit = make, limit
        self._free: LifoQueue[_Process | None] = LifoQueue()
        for _ in range(processes):
            self._free.put(None)

    def check(self, data: bytes) -> Report:
        """Check ``data``; a report says so where no process was free in time, or the check did not come to an end."""
        try:
            process = self._free.get(timeout=self._limit)
        except Empty:
            return _unread("busy", "Too many files are being checked at the moment.")
        try:
            process = process or _Process(self._make)
            report = process.ask(data, self._limit)
        finally:
            self._free.put(process if process and process.is_usable else None)
        if report is None:
            log.warning("check_stopped")
            return _unread("too_slow", f"The check did not come to an end within {self._limit:g} seconds.")
        return report

    def close(self) -> None:
        """End the processes that wait; they end by themselves with the one that started them."""
        for _ in range(self._free.qsize()):
            if process := self._free.get():
                process.kill()


class _Process:
    """One process and the pipe to it."""

    def __init__(self, make: Callable[[], Check]) -> None:
        context = get_context("spawn")  # a fork would copy the locks of the web server's threads
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, make), daemon=True, name="examiner")
        with _starting:
            self._process.start()
        theirs.close()
        self._is_ready = False
        self.is_usable = True

    def ask(self, data: bytes, seconds: float) -> Report | None:
        """Have ``data`` checked; None where that took too long or ended the process, which is then gone."""
        try:
            self._is_ready = self._is_ready or bool(self._answer(_START))
            self._pipe.send_bytes(data)
            report = self._answer(seconds)
        except (EOFError, OSError):
            report = None
        if not isinstance(report, Report):
            self.kill()
            return None
        return report

    def _answer(self, seconds: float) -> object:
        return self._pipe.recv() if self._pipe.poll(seconds) else None

    def kill(self) -> None:
        """End it at once."""
        self.is_usable = False
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()


_starting = threading.Lock()
"""Starting processes from several threads at once lets one inherit the pipe of another."""


def _serve(pipe: Connection, make: Callable[[], Check]) -> None:
    """Check one file after the other until the web process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the web server's to answer
    check = make()
    pipe.send(True)
    while True:
        try:
            data = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send(check(data))


def _unread(code: str, sentence: str) -> Report:
    return Report("", arranged([failed(StepName.FORMAT, code, sentence)]))
