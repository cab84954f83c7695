"""A real RabbitMQ, started by the tests as a node of its own, with its own name service."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.conftest import require_program, unavailable
from tests.services.postgres import free_port
from tests.services.redis import wait_for_port

SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The server itself; the command in PATH changes the user and needs the system's folders."""


class RabbitMQ:
    """One node that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._ports = {"ERL_EPMD_PORT": free_port(), "RABBITMQ_DIST_PORT": free_port()}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for Celery."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def _environment(self) -> dict[str, str]:
        own = {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"microcred{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
            "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
        }
        return {**os.environ, **own, **{name: str(port) for name, port in self._ports.items()}}

    def start(self) -> None:
        """Start and wait until it answers."""
        if not SCRIPT.exists():
            unavailable("RabbitMQ")
        (self.folder / "plugins").write_text("[].")
        out = (self.folder / "out").open("ab")
        self._process = subprocess.Popen(
            [str(SCRIPT)], env=self._environment(), stdout=out, stderr=out, start_new_session=True
        )
        out.close()
        wait_for_port(self.port, 120)

    def stop(self) -> None:
        """Kill the node with everything that it started."""
        if self._process is not None:
            os.killpg(self._process.pid, 9)
            self._process.wait(30)
            self._process = None

    def stop_names(self) -> None:
        """End the name service of this node."""
        epmd = [require_program("epmd"), "-port", str(self._ports["ERL_EPMD_PORT"]), "-kill"]
        subprocess.run(epmd, env=self._environment(), capture_output=True)


@contextmanager
def rabbitmq() -> Iterator[RabbitMQ]:
    """A running RabbitMQ; everything of it is removed at the end."""
    server = RabbitMQ(Path(mkdtemp(prefix="microcred-rabbit-")))
    try:
        server.start()
        yield server
    finally:
        server.stop()
        server.stop_names()
        shutil.rmtree(server.folder, ignore_errors=True)
