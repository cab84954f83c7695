"""The seam between the one report and the many formats.

A :class:`Checker` knows one format: whether what was received is of it, and which steps it can take. The table of
checkers is in :mod:`plugin.verification`; whoever adds a format adds one line there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugin.verification.context import CheckContext
from plugin.verification.report import SealFacts, Step


@dataclass(frozen=True, slots=True)
class Received:
    """What somebody handed in, within the limits.

    ``text`` is empty where ``data`` is not UTF-8; ``value`` is the parsed JSON, None where it is no JSON (a compact JWS
    or SD-JWT, an image).
    """

    data: bytes
    text: str = ""
    value: object = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What one checker found: its steps in any order (a step it leaves out is told as not reached)."""

    steps: tuple[Step, ...]
    seal: SealFacts | None = None


@dataclass(frozen=True, slots=True)
class Checker:
    """One format. ``check`` answers with findings for any input that ``recognises`` accepts, and never raises."""

    format: str
    recognises: Callable[[Received], bool]
    check: Callable[[Received, CheckContext], Findings]
