"""A worker's heartbeat: a file whose time says when its loop last went round.

Asking a worker over the broker costs seconds; a file costs nothing. Where the broker has an event loop, a tick of that
very loop passes the pool of threads and touches the file: a loop that hangs or a pool that is stuck lets it grow old.
The file broker has no such loop; there each sweep that the one worker does touches the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import Celery, bootsteps

EVERY = 10.0
"""Seconds between two beats; whoever looks takes three missed ones for a dead worker."""


def beating(queue: Celery, file: Path, *, has_loop: bool) -> None:
    """Let the workers of ``queue`` in this process touch ``file`` as long as they work."""
    if has_loop:
        queue.steps["worker"].add(_step(file))
        return
    sweep = queue.tasks["microcred.sweep"]

    class Touching(sweep.__class__):  # type: ignore[name-defined, misc]  # Celery makes a class per task
        """The sweep, which tells that it went round."""

        def on_success(self, *_: object, **__: object) -> None:
            """Touch the file after the sweep."""
            file.touch()

    sweep.__class__ = Touching


def _step(file: Path) -> type:
    class Heartbeat(bootsteps.StartStopStep):
        """Asks the pool to touch the file, by the worker's own timer."""

        requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

        def start(self, parent: Any) -> None:
            """Begin to beat."""
            self.timer = parent.timer.call_repeatedly(EVERY, parent.pool.apply_async, (file.touch,), priority=10)

        def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery's own signature
            """End; a file that stays would tell of a worker that is not there."""
            self.timer.cancel()
            file.unlink(missing_ok=True)

    return Heartbeat
