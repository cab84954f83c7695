"""The demonstration: a recorded Moodle course becomes sealed credentials on the embedded defaults.

``python -m tests.demo [--once]``. A simulator serves the recording of a real Moodle 4.5.6 at Moodle's own URLs, and is
registered, launched and set up as a real one is (:mod:`tests.demo_journey`); one supervised worker reads, decides,
describes, reserves, renders, seals and verifies as jobs. Everything is kept in ``var/demo``: run again, nothing is
issued twice.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

import waitress
from cryptography.fernet import Fernet

from mappings.assessment import CourseId, Learner, PlatformId
from mappings.documents.envelope import Format
from plugin.app import Bridge, assemble, create_app
from plugin.commands.bridge import watch
from plugin.commands.seals import institution_or_fail, write_development_seal
from plugin.logs import configure_logs
from plugin.settings import read_settings
from plugin.storage.awards import ISSUED, AwardRow
from plugin.storage.migrate import upgrade
from plugin.verification import CheckContext, Report, check
from plugin.worker import Supervisor, worker_command
from tests.demo_journey import Journey
from tests.simulators.campus import Campus
from tests.simulators.lti_platform import MOODLE

COURSE = CourseId("3")
PROFILES = Path(__file__).parent / "profiles"
PATIENCE = 120.0
"""Seconds after which the demonstration gives up on its worker."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: an award, the file it was sealed into, and what verification says of that file."""

    learner: Learner
    award: AwardRow
    file: Path | None = None
    report: Report | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """The outcome as a person reads it, line by line."""
        if self.file is None or self.report is None:
            return (str(self.award.state), *(f"- {reason.sentence}" for reason in self.award.reasons))
        return (f"sealed, {'verified' if self.report.ok else 'NOT VERIFIED'}", str(self.file))


def main() -> None:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=main.__doc__)
    parser.add_argument("--once", action="store_true", help="end after the table")
    parser.add_argument("--folder", type=Path, default=Path("var/demo"), help="where everything is kept")
    options = parser.parse_args()
    configure_logs("WARNING")
    environment = prepare(options.folder)
    bridge = assemble(read_settings(environment))
    upgrade(bridge.storage.engine)
    with Campus(MOODLE, port=_port(8100)) as campus, worker(environment, options.folder / "worker.log"):
        serve(bridge)
        journey = Journey(bridge, campus, lambda words: print(f"- {words}.", flush=True))
        journey.set_up(PROFILES / "institution.yaml")
        finished = watch("reading, deciding, sealing", lambda: left(bridge), timeout=PATIENCE)
        lines = tuple(table(bridge, journey.platform, options.folder / "credentials"))
        if sealed := [line.learner.id for line in lines if line.file]:
            journey.see_own(sealed[0])
        show(lines)
        if not options.once:
            stay(bridge, campus)
    sys.exit(0 if finished and all(line.report is None or line.report.ok for line in lines) else 1)


def prepare(folder: Path) -> dict[str, str]:
    """Make the secrets of a first run and return the environment that the bridge and its worker share."""
    folder.mkdir(parents=True, exist_ok=True)
    secret, seal = folder / "secret.key", folder / "seal.pem"
    if not secret.exists():
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
    if not seal.exists():
        write_development_seal(institution_or_fail(PROFILES / "institution.yaml"), seal)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MICROCRED_")}
    port = _port(8080)
    return inherited | {
        "MICROCRED_DATA_DIR": str(folder),
        "MICROCRED_SECRET_KEYS_FILE": str(secret),
        "MICROCRED_SEAL_FILE": str(seal),
        "MICROCRED_TRUST_FILE": str(folder / "seal-authority.pem"),
        "MICROCRED_PORT": str(port),
        "MICROCRED_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MICROCRED_PRIVATE_NETWORKS": "127.0.0.0/8",
    }


@contextmanager
def worker(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """Keep one worker running."""
    supervisor = Supervisor(worker_command(beat=True), environment, log)
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


def left(bridge: Bridge) -> int:
    """Count the work that is not done."""
    with bridge.storage.reading() as work:
        return work.outbox.waiting()


def table(bridge: Bridge, platform: PlatformId, folder: Path) -> Iterator[Line]:
    """Write every sealed file to ``folder``, verify it there, and yield a line per learner."""
    folder.mkdir(parents=True, exist_ok=True)
    with bridge.storage.reading() as work:
        (offer,) = work.offers.of_course(platform, COURSE)
        awards = tuple(work.awards.of_offer(offer.id))
        records = {record.learner.id: record for record in work.assessments.of_course(platform, COURSE)}
        for award in awards:
            learner = records[award.learner].learner
            reserved = work.credentials.of_award(award.id) if award.state in ISSUED else None
            sealed = work.credentials.document(reserved.envelope.id, Format.ELM) if reserved else None
            if sealed is None:
                yield Line(learner, award)
                continue
            file = folder / f"{learner.student_number or learner.id}.jsonld"
            file.write_bytes(sealed.body)
            yield Line(learner, award, file, check(file.read_bytes(), CheckContext(datetime.now(UTC), bridge.anchors)))


def show(lines: tuple[Line, ...]) -> None:
    """Print the table and its sums."""
    width = max((len(line.learner.full_name) for line in lines), default=0)
    print(f"\n{'learner':<{width}} | outcome\n{'-' * width}-+-{'-' * 90}")
    for line in lines:
        for name, told in zip_longest((line.learner.full_name,), line.told, fillvalue=""):
            print(f"{name:<{width}} | {told}")
    sealed = [line for line in lines if line.file]
    verified = sum(line.report is not None and line.report.ok for line in sealed)
    waiting = len(lines) - len(sealed)
    print(
        f"\n{len(lines)} learners: {len(sealed)} sealed, {verified} of them verified; {waiting} withheld.", flush=True
    )


def serve(bridge: Bridge) -> None:
    """Serve the pages as long as the process lives."""
    settings = bridge.settings
    port, host = settings.port, settings.host
    application, options = create_app(settings), {"port": port, "host": host, "ident": "microcred", "_quiet": True}
    threading.Thread(target=waitress.serve, args=(application,), kwargs=options, daemon=True).start()
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)


def stay(bridge: Bridge, campus: Campus) -> None:
    """Say where people can look, and wait for Ctrl-C."""
    print(f"\nThe recorded Moodle: {campus.url}/ (enter as the teacher or as a learner)")
    print(f"The bridge:          {bridge.settings.public_url}/verify (check a file)")
    print("Ctrl-C ends.", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print("\nEnded.")


def _port(wanted: int) -> int:
    """Return ``wanted`` where nobody listens on it, else any free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
