"""How gunicorn serves the pages from several processes: counts that add up, and logs without addresses.

Read by gunicorn itself (``microcred serve --processes 4``), in whose words the functions are named.
"""

from __future__ import annotations

from typing import Any

import structlog
from gunicorn.glogging import Logger

from plugin import meters
from plugin.logs import configure_logs

preload_app = False
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 30
keepalive = 5
control_socket_disable = True
forwarded_allow_ips = (
    "*"  # the application believes as many proxies as MICROCRED_PROXY_HOPS says, gunicorn decides nothing
)
log = structlog.get_logger("web_server")


class JsonLogger(Logger):  # type: ignore[misc]  # the library has no types
    """Says what happened by gunicorn's own sentence without its values: they hold addresses, and those hold tokens."""

    def setup(self, cfg: Any) -> None:  # noqa: ARG002 - gunicorn's own signature
        """Write like the rest of the bridge."""
        configure_logs("WARNING")

    def info(self, msg: str, *args: object, **kwargs: object) -> None:
        """Say nothing: starts and stops are told by who starts and stops."""

    debug = info

    def warning(self, msg: str, *_args: object, **_kwargs: object) -> None:
        """Tell what may matter."""
        log.warning("web_server", error=str(msg))

    def error(self, msg: str, *_args: object, **_kwargs: object) -> None:
        """Tell what went wrong."""
        log.error("web_server", error=str(msg))

    critical = exception = error

    def access(self, *_args: object) -> None:
        """Write no access log: the proxy has one."""


logger_class = JsonLogger


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the live values of a process that has ended."""
    meters.bury(worker.pid)
