"""The bridge as gunicorn loads it for the benchmarks."""

from __future__ import annotations

from plugin.logs import configure_logs
from plugin.serving import application

configure_logs("WARNING")
app = application()
