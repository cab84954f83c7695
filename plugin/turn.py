"""The turn of a job: how it says that it gets on, and learns that it should stop where nothing is half done.

A turn has a soft limit. Work asks at its safe points whether that is over, and gives back what it has not done
(:class:`plugin.errors.OutOfTime`): the rows say where it was, and the next message goes on. A job that is stuck asks
nothing; it has the hard limit of :mod:`plugin.jobs.watch`, which counts from the last time that the job got on. Whoever
works outside of a job, such as a command, has no turn and all the time there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turn:
    """One job's time. ``hold`` holds the work for longer, and says False where others have it already.

    ``seconds`` is the soft limit; the work is held anew when it gets on, at most every ``hold_every`` seconds.
    ``closing`` says whether the process is told to end.
    """

    seconds: float
    hold: Callable[[], bool]
    hold_every: float
    clock: Callable[[], float] = time.monotonic
    closing: Callable[[], bool] = lambda: False
    _began: float = field(init=False)
    _got_on: float = field(init=False)
    _held: float = field(init=False)
    _lost: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._began = self._got_on = self._held = self.clock()

    @property
    def is_over(self) -> bool:
        """Whether to stop at the next safe point."""
        return self._lost or self.closing() or self.clock() - self._began >= self.seconds

    @property
    def idle(self) -> float:
        """Seconds since the job got on."""
        return self.clock() - self._got_on

    def get_on(self) -> None:
        """Note that something was done, and hold the rest for longer."""
        self._got_on = now = self.clock()
        if now - self._held >= self.hold_every:
            self._held, self._lost = now, not self.hold()


_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def taking(turn: Turn) -> Iterator[None]:
    """Let ``turn`` be the one of whatever is done in this block, by this thread."""
    before = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(before)


def is_over() -> bool:
    """Whether to stop here: asked where nothing is half done."""
    turn = _turn.get()
    return turn is not None and turn.is_over


def get_on() -> None:
    """Say that something was done: others answered, or something was kept. Never inside a transaction."""
    turn = _turn.get()
    if turn is not None:
        turn.get_on()
