"""Watches every log line of the whole test run: no name, mail, token or registration token may be in one.

What is looked for was planted: the people of the recorded courses and of the factories, secrets that simulators give
out (:func:`plant`), and everything that has the shape of a mail address, a JWT or an invitation. A test in whose time
such a line was written fails, with the line. Lines of processes that a test starts are not seen here; the demonstration
and the crash matrix start some.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from plugin.logs import PROCESSORS

NAMES = ("Anna", "Kowalska", "Bruno Silva", "Chiara", "Dieter Braun", "Nováková", "Farid", "Haddad", "Tessa", "STU-00")
SHAPES = {
    "a mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    "a JSON Web Token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]*"),
    "an invitation": re.compile(r"/lti/register/[\w-]{16,}"),
    "a bearer token": re.compile(r"\bBearer\s+\S"),
    "a secret in an address": re.compile(r"[?&](?:registration_token|wstoken|access_token|id_token|state|code)=[^&\s]"),
}
_planted: set[str] = set()
_METHODS = ("msg", "log", "debug", "info", "warn", "warning", "failure", "fatal", "err", "error", "critical")


def plant(secret: str) -> str:
    """Look for ``secret`` in every log line from now on, and return it."""
    _planted.add(secret)
    return secret


def found_in(line: str) -> str:
    """Return what ``line`` gives away, empty where it is nothing."""
    if any(name in line for name in NAMES):
        return "a name or number of a person"
    if any(secret in line for secret in _planted):
        return "a token"
    return next((what for what, shape in SHAPES.items() if shape.search(line)), "")


class Watch(logging.Handler):
    """Takes the lines of both kinds of loggers."""

    def __init__(self) -> None:
        super().__init__(level=logging.NOTSET)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of the standard library's loggers, with the traceback that it would show."""
        self.lines.append(self.format(record))

    def findings(self) -> list[str]:
        """Return what the lines so far give away, each with its line, and forget them."""
        lines, self.lines = self.lines, []
        return [f"a log line tells {what}: {line}" for line in lines if (what := found_in(line))]


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch all loggers of this process. The bridge's own lines are rendered as in production."""
    watch, written = Watch(), structlog.PrintLogger.msg

    def msg(logger: structlog.PrintLogger, message: str) -> None:
        watch.lines.append(message)
        written(logger, message)

    structlog.configure(processors=list(PROCESSORS), cache_logger_on_first_use=False)
    for method in _METHODS:
        setattr(structlog.PrintLogger, method, msg)
    logging.getLogger().addHandler(watch)
    try:
        yield watch
    finally:
        logging.getLogger().removeHandler(watch)
        for method in _METHODS:
            setattr(structlog.PrintLogger, method, written)
