"""The epoch: a number that the database and a file beside it both know, so that an older database is recognised.

It counts up every hour and with every backup, in the database first and in the file then. Whoever restores the
database by other means than ``microcred restore`` brings an older number back: from then on no identifier and no
status index is handed out, because some that the database believes to be free are in use
(:func:`plugin.restoring.reconcile` finds them and begins a new epoch).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plugin.errors import RestoredElsewhere
from plugin.storage.marks import Marks
from plugin.whole_files import only_writer, replace_file


@dataclass(frozen=True, slots=True)
class EpochFile:
    """The number outside of the database."""

    path: Path

    def read(self) -> int:
        """Return the number, 0 where there is no file yet."""
        try:
            return int(self.path.read_text())
        except FileNotFoundError:
            return 0

    def raise_to(self, number: int) -> None:
        """Let the file say ``number``, unless it says more already."""
        if self.read() >= number:
            return
        with only_writer(self.path):
            if self.read() < number:
                replace_file(self.path, str(number).encode())

    def require(self, marks: Marks) -> None:
        """Raise :class:`RestoredElsewhere` where the database is behind. The file is read first: it follows."""
        outside = self.read()
        inside = marks.epoch()
        if inside < outside:
            raise RestoredElsewhere(
                f"the database knows epoch {inside}, {self.path} knows {outside}: it was restored by other means; "
                "run `microcred reconcile`"
            )
        self.raise_to(inside)
