"""Status lists: how fast one is read, sealed anew, and how long a revocation takes to reach the world.

A list of 131,072 entries in a database with thousands of its credentials, 3 % of them revoked. Reading is compared
with the same server handing out the same file as a static one, in turn; sealing anew includes reading the database
and replacing both files; the last figure is a real worker process on the embedded defaults.

    python -m tests.benchmarks.bench_status
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import structlog
from flask import send_from_directory
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from plugin import approving, issuer, revocation
from plugin.app import Bridge, create_app
from plugin.storage.credentials import Reserved
from plugin.storage.tables import awards, credentials
from tests.functional.test_revocation_line import a_bridge, issued, seconds_until_revoked, working

ISSUED, REVOKED = 20_000, 600
ROUNDS, REQUESTS = 15, 100


def fill(bridge: Bridge, award_id: str) -> None:
    """Copy one credential to as many others in the same list, some of them revoked."""
    indices = Random(1).sample(range(131_072), ISSUED)
    with bridge.storage.engine.begin() as connection:
        award = connection.execute(select(awards).where(awards.c.id == award_id)).one()._asdict()
        credential = connection.execute(select(credentials)).one()._asdict()
        others = [f"{number:036}" for number in range(ISSUED)]
        connection.execute(insert(awards), [award | {"id": other, "learner_id": other} for other in others])
        connection.execute(
            insert(credentials),
            [
                credential
                | {"id": other, "award_id": other, "status_index": index}
                | {"status": "revoked" if number < REVOKED else "valid"}
                for number, (other, index) in enumerate(zip(others, indices, strict=True))
                if index != credential["status_index"]
            ],
        )


def reading(bridge: Bridge, reserved: Reserved) -> tuple[float, float]:
    """Return microseconds of CPU for a GET of the list and of the same bytes as a static file; medians of rounds."""
    app = create_app(bridge.settings)
    folder, name = bridge.settings.data_dir / "status", reserved.envelope.status_list_url.rpartition("/")[2]
    app.add_url_rule("/plain/<name>", "plain", lambda name: send_from_directory(folder.absolute(), name))
    client = app.test_client()
    ours, static = [], []
    for _ in range(ROUNDS):
        ours.append(microseconds(lambda: got(client, f"/status/{name}")))
        static.append(microseconds(lambda: got(client, f"/plain/{name}")))
    return statistics.median(ours), statistics.median(static)


def got(client: FlaskClient, address: str) -> None:
    """Ask and read the whole answer."""
    with client.get(address) as answer:
        assert answer.status_code == 200
        assert answer.data


def microseconds(work: Callable[[], None]) -> float:
    """Return CPU time of one request."""
    begun = time.process_time()
    for _ in range(REQUESTS):
        work()
    return (time.process_time() - begun) / REQUESTS * 1e6


def main() -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        bridge = a_bridge(Path(folder))
        award_id, reserved = issued(bridge)
        fill(bridge, award_id)
        lists = issuer.status_tools(bridge.settings, bridge.storage, bridge.clock)
        name = reserved.envelope.status_list_url.rpartition("/")[2]
        revocation.publish(lists, name)
        published = microseconds(lambda: revocation.publish(lists, name))
        print(f"{published / 1000:>12,.1f}  ms of CPU to read, seal and replace a list (goal 100)")
        ours, static = reading(bridge, reserved)
        print(f"{static / ours:>12,.2f}  GET of a list, times the rate of a static file (goal 1)")
        worker = working(bridge, Path(folder))
        try:
            time.sleep(8)  # a worker that has been running
            approving.revoke(bridge.approving, award_id, by="bench", reason="bench")
            waited = seconds_until_revoked(bridge, reserved)
        finally:
            worker.stop()
        print(f"{waited or float('nan'):>12,.1f}  s from the revocation to the published list (goal 60)")
        bridge.storage.engine.dispose()


if __name__ == "__main__":
    main()
