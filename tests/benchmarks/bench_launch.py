"""Whole launches: login and launch POST, all checks and the launch stored, beside a plain Flask + pylti1p3 tool.

``python -m tests.benchmarks.bench_launch [--launches 120] [--users 8] [--rounds 15] [--server waitress]``. Both tools
run under the same server on this machine, one process of eight threads: waitress, which is ``microcred serve``, and
then gunicorn, which is ``microcred serve --processes``. They take the same message, signed with the same key; both
store each launch. Rounds are short and alternate, so that what else the machine does meets both alike;
medians are shown. Launches per second per core are counted in CPU seconds of the tool's processes and of its store
(Redis; SQLite is inside the process): waiting does not count. Latency is that of eight users at once. The bridge runs
a second time with a key host that answers after 50 ms: keys in memory make that unseen.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode, urlsplit

from cryptography.fernet import Fernet

from plugin.app import assemble
from plugin.settings import Settings
from plugin.storage.migrate import upgrade
from plugin.storage.registrations import Registrations
from tests.conftest import ROOT, require_program
from tests.lti.launching import CLIENT, registration_of
from tests.services.postgres import free_port
from tests.simulators.lti_platform import MOODLE, LtiPlatform

BRIDGE, PLAIN = "bridge", "plain Flask + pylti1p3"
PLAIN_CLIENT = "plain"
Serve = Callable[[str, int], list[str]]
"""Makes the command that serves an application on a port."""


@dataclass(frozen=True)
class Tool:
    """A running tool: where it is, which platform launches it, and the processes whose CPU time it costs."""

    name: str
    platform: LtiPlatform
    client_id: str
    url: str
    processes: tuple[int, ...]

    @property
    def cpu(self) -> float:
        """CPU seconds that the tool has used so far."""
        return sum(_cpu(each) for parent in self.processes for each in (parent, *_children(parent)))


@dataclass(frozen=True)
class Round:
    """What one round gave: launches per second and core, and latencies in milliseconds."""

    per_core: float
    p50: float
    p95: float


def _cpu(process: int) -> float:
    """Return the CPU seconds of all threads of a process: its clock (clock_getcpuclockid) counts nanoseconds."""
    return time.clock_gettime((~process << 3) | 2)


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@contextmanager
def started(command: list[str], port: int, **environment: str) -> Iterator[int]:
    """Run a server until it is no longer needed; wait until it answers."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("a server did not start")


def waitress(application: str, port: int) -> list[str]:
    """Return the command that serves ``application`` as ``microcred serve`` does."""
    return [sys.executable, "-m", "tests.benchmarks.by_waitress", application, str(port)]


def gunicorn(application: str, port: int) -> list[str]:
    """Return the command that serves ``application`` with one worker of eight threads."""
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    return [sys.executable, "-m", "gunicorn", *options, "--log-level", "error", application]


SERVERS: dict[str, Serve] = {"waitress": waitress, "gunicorn": gunicorn}


def the_bridge(stack: ExitStack, name: str, platform: LtiPlatform, serve: Serve) -> Tool:
    """Start the bridge on its embedded defaults, with the platform registered."""
    folder = Path(stack.enter_context(TemporaryDirectory()))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(data_dir=folder, public_url=url, secret_keys=(Fernet.generate_key().decode(),))
    bridge = assemble(settings)
    upgrade(bridge.storage.engine)
    platform.add_tool(CLIENT, f"{url}/lti/launch")
    Registrations(bridge.storage).save(registration_of(platform), datetime.now(UTC))
    environment = {
        "MICROCRED_DATA_DIR": str(folder),
        "MICROCRED_PUBLIC_URL": url,
        "MICROCRED_SECRET_KEYS": settings.secret_keys[0],
        "MICROCRED_PRIVATE_NETWORKS": "127.0.0.0/8",
    }
    command = serve("tests.benchmarks.bridge_application:app", port)
    return Tool(name, platform, CLIENT, url, (stack.enter_context(started(command, port, **environment)),))


def the_plain_tool(stack: ExitStack, name: str, platform: LtiPlatform, serve: Serve) -> Tool:
    """Start Redis and the plain tool."""
    folder = stack.enter_context(TemporaryDirectory())
    redis_port, port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    store = [require_program("redis-server"), "--port", str(redis_port), "--dir", folder, "--save", ""]
    redis = stack.enter_context(started(store, redis_port))
    platform.add_tool(PLAIN_CLIENT, f"{url}/lti/launch")
    environment = {
        "BENCH_ISSUER": platform.issuer,
        "BENCH_CLIENT": PLAIN_CLIENT,
        "BENCH_LAUNCH_URL": f"{url}/lti/launch",
        "BENCH_REDIS": f"redis://127.0.0.1:{redis_port}/0",
    }
    command = serve("tests.benchmarks.plain_lti_tool:create_app()", port)
    return Tool(name, platform, PLAIN_CLIENT, url, (stack.enter_context(started(command, port, **environment)), redis))


class User:
    """One person's browser: a connection that stays open, and cookies."""

    def __init__(self, tool: Tool) -> None:
        self._client_id = tool.client_id
        self._platform = tool.platform
        self._connection = http.client.HTTPConnection(urlsplit(tool.url).netloc, timeout=30)
        self._cookies: dict[str, str] = {}

    def launch(self) -> float:
        """Log in and launch once; return the milliseconds that the tool took for both.

        Cookies of one launch are forgotten with it: the plain tool sets another one for every login, and nobody
        launches often enough to pile them up.
        """
        self._cookies = {name: value for name, value in self._cookies.items() if name.startswith("__Host-")}
        login = self._platform.click("learner", self._client_id)
        first, location = self._post("/lti/login", login)
        second, _ = self._post("/lti/launch", self._platform.authorize(location))
        return first + second

    def _post(self, path: str, form: dict[str, str]) -> tuple[float, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        began = time.perf_counter()
        self._connection.request("POST", path, urlencode(form), headers)
        answer = self._connection.getresponse()
        answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status not in {200, 302, 303}:
            raise RuntimeError(f"{path} answered {answer.status}")
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return took, answer.headers.get("Location", "")


def one_round(tool: Tool, users: int, launches: int) -> Round:
    """Let ``users`` launch at once until ``launches`` are done."""
    people = [User(tool) for _ in range(users)]
    for person in people:
        person.launch()
    before = tool.cpu
    with ThreadPoolExecutor(users) as pool:
        took = [each for part in pool.map(lambda user: _many(user, launches // users), people) for each in part]
    used = tool.cpu - before
    cuts = statistics.quantiles(took, n=100)
    return Round(len(took) / used, cuts[49], cuts[94])


def _many(user: User, count: int) -> list[float]:
    return [user.launch() for _ in range(count)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--launches", type=int, default=120)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--server", choices=SERVERS, action="append", help="all of them, unless named")
    wanted = parser.parse_args()
    for server in wanted.server or SERVERS:
        found = measured(SERVERS[server], wanted)
        show(server, found, wanted.users)


def measured(serve: Serve, wanted: argparse.Namespace) -> list[dict[str, Round]]:
    """Return what each round gave for each tool under one server."""
    with ExitStack() as stack:
        prompt, slow = (stack.enter_context(LtiPlatform(MOODLE, key_delay=delay)) for delay in (0.0, 0.05))
        tools = (
            the_bridge(stack, BRIDGE, prompt, serve),
            the_plain_tool(stack, PLAIN, prompt, serve),
            the_bridge(stack, "bridge, keys after 50 ms", slow, serve),
        )
        return [
            {tool.name: one_round(tool, wanted.users, wanted.launches) for tool in tools} for _ in range(wanted.rounds)
        ]


def show(server: str, rounds: list[dict[str, Round]], users: int) -> None:
    """Print the medians, and the median of the ratios of the rounds."""
    print(f"whole launches under {server}, {users} users at once, medians of {len(rounds)} rounds")
    print(f"{'tool':<26}{'CPU ms':>8}{'per s and core':>16}{'p50 ms':>10}{'p95 ms':>10}")
    for name in rounds[0]:
        per_core, p50, p95 = (
            statistics.median(getattr(each[name], what) for each in rounds) for what in ("per_core", "p50", "p95")
        )
        print(f"{name:<26}{1000 / per_core:>8.2f}{per_core:>16.0f}{p50:>10.1f}{p95:>10.1f}")
    ratios = [each[BRIDGE].per_core / each[PLAIN].per_core for each in rounds]
    low, _, high = statistics.quantiles(ratios)
    print(f"{BRIDGE} : {PLAIN} = {statistics.median(ratios):.2f} : 1 (half of the rounds: {low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
