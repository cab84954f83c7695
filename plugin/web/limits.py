"""How often a stranger may ask: per address, counted in memory of the process.

Several web processes each count for themselves, so the limit of an installation is at most so many times larger.
Launched pages are not limited: who gets there was let in by a platform.
"""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

PUBLIC = "60 per minute"
"""Pages that only read."""
CHECKS = "20 per minute"
"""Pages that compute on what was handed in, or ask a platform; attempts to guess an invite."""
RECOVERY = "10 per hour"
"""Attempts to open a recovery link, and to have one mailed."""

limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")
