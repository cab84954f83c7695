"""The bridge as gunicorn loads it for the benchmarks."""

from __future__ import annotations

import os

from plugin.app import create_app
from plugin.logs import configure_logs
from plugin.settings import read_settings

configure_logs("WARNING")
app = create_app(read_settings(os.environ))
