"""What the sub-commands share: the bridge of the environment's settings, and progress."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from plugin.app import Bridge, assemble
from plugin.settings import read_settings
from plugin.storage.migrate import require_current

T = TypeVar("T")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def open_bridge() -> Bridge:
    """Return the bridge of the environment's settings, on a database of the right schema."""
    bridge = assemble(read_settings(os.environ))
    require_current(bridge.storage.engine)
    return bridge


def whoami() -> str:
    """Return who acts at the command line, for the audit trail."""
    return f"command line: {getpass.getuser()}"


def watch(label: str, left: Callable[[], int], *, timeout: float) -> bool:
    """Show progress until nothing is left; False where it took longer than ``timeout`` seconds."""
    until, most = time.monotonic() + timeout, max(left(), 1)
    with click.progressbar(length=most, label=label, file=sys.stderr) as bar:
        while (now_left := left()) and time.monotonic() < until:
            if now_left > most:
                most = bar.length = now_left
            bar.update(most - now_left - bar.pos)
            time.sleep(0.2)
        bar.update(most - bar.pos)
    return now_left == 0
