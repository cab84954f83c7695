"""The bridge as a server of the benchmarks loads it."""

from __future__ import annotations

from plugin.logs import configure_logs
from plugin.serving import application

configure_logs("WARNING")
app = application()
