"""Log lines: one JSON object each, with known keys only, so that no name, mail, grade or token can slip in."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

KEYS = frozenset(
    {
        "attempt",
        "award_id",
        "changed",
        "code",
        "count",
        "credential_id",
        "eligible",
        "error",
        "event",
        "key_id",
        "launch_id",
        "level",
        "logger",
        "offer_id",
        "place",
        "platform_id",
        "profile_version",
        "read",
        "registration_id",
        "row_id",
        "seconds",
        "service",
        "state",
        "timestamp",
        "topic",
    }
)
"""What may be logged. Ids are ours or the platform's; whoever adds a key answers for what is in it."""


def configure_logs(level: str = "INFO") -> None:
    """Write JSON lines to standard error from now on."""
    structlog.configure(
        processors=list(PROCESSORS),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def only_known_keys(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what is not on the list and say that something was dropped."""
    kept = {key: value for key, value in line.items() if key in KEYS}
    return kept if len(kept) == len(line) else {**kept, "dropped_keys": len(line) - len(kept)}


PROCESSORS = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    only_known_keys,
    structlog.processors.JSONRenderer(sort_keys=True),
)
"""What becomes of a line before it is written."""
