"""What this process did a moment ago, so that it need not be asked for again."""

from __future__ import annotations

import time
from collections.abc import Callable

_MOST_REMEMBERED = 10_000


class Recent:
    """Remembers in this process what was done within the last ``seconds``, so that it need not be asked for again."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._done: dict[object, float] = {}

    def first(self, key: object) -> bool:
        """Say whether this is the first time for ``key`` in a while, and remember it."""
        now = self._clock()
        if now - self._done.get(key, float("-inf")) < self._seconds:
            return False
        if len(self._done) > _MOST_REMEMBERED:
            self._done.clear()
        self._done[key] = now
        return True
