"""The crash matrix: real workers, databases and brokers are hit at every named point; afterwards nothing is wrong.

``python -m tests.crash.matrix [--pairs sqlite,redis,rabbitmq] [--rounds N] [--report FILE]``. A round is a course of
its own: hit a worker at one point while it earns, seals and hands over a credential, or supersedes one because a
reading or the teacher says something else; let another worker recover, then look at everything. Ends with exit code 1
where anything was lost, doubled or told too early.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from sqlalchemy import func, select

from mappings.assessment import CourseId
from mappings.documents.envelope import Format
from plugin.logs import configure_logs
from plugin.storage.awards import AwardRow, State
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.profiles import Offer, Rule
from plugin.storage.tables import credentials, documents, outbox
from plugin.storage.unit_of_work import Storage, UnitOfWork
from plugin.verification import CheckContext, check
from tests import factories
from tests.crash.points import POINTS, Blow, Orders
from tests.crash.worker import CHIARA, CLASS, Place, run
from tests.plugin.bridges import seal
from tests.plugin.rows import MOODLE
from tests.services.postgres import Postgres, postgres
from tests.services.rabbitmq import RabbitMQ, rabbitmq
from tests.services.redis import Redis, redis

PAIRS = ("sqlite", "redis", "rabbitmq")
PATIENCE = 300.0
"""Seconds that a round may take to recover."""
SMALL_DISK = 1_024
"""Megabytes for the tables of the whole matrix."""


@dataclass(frozen=True, slots=True)
class World:
    """One pair of database and broker, and what can be stopped of it."""

    name: str
    place: Place
    database: Postgres | None = None
    broker: Redis | RabbitMQ | None = None
    disk: Path | None = None
    """The small disk of the tables, where one can be had."""

    @property
    def blows(self) -> tuple[Blow, ...]:
        """What else than SIGKILL can happen here."""
        if self.database is None:
            return (Blow.FULL, Blow.JUMP, Blow.TWICE)
        servers = (Blow.DATABASE, Blow.BROKER, Blow.JUMP, Blow.TWICE)
        return servers if self.disk is None else (*servers, Blow.FULL)


@dataclass(slots=True)
class Tally:
    """What happened on one pair."""

    pair: str
    rounds: int = 0
    blows: Counter[str] = field(default_factory=Counter)
    not_reached: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, object]:
        """Return it for the report."""
        return {
            "pair": self.pair,
            "rounds": self.rounds,
            "points": len(POINTS),
            "blows": dict(self.blows),
            "not_reached": sorted(set(self.not_reached)),
            "wrong": self.wrong,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, slots=True)
class Round:
    """One blow: at which point, by what, and in which phase (1 issues, 2 supersedes)."""

    number: int
    point: str
    blow: Blow
    phase: int
    workers: int = 1


@contextmanager
def world(pair: str) -> Iterator[World]:
    """Start the servers of a pair."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix=f"microcred-crash-{pair}-")))
        if pair == "sqlite":
            yield World(pair, Place(f"sqlite:///{folder / 'crash.sqlite3'}", "filesystem://", folder))
            return
        database = stack.enter_context(postgres())
        disk = stack.enter_context(database.small_disk(SMALL_DISK)) if os.geteuid() == 0 else None
        broker = stack.enter_context(redis() if pair == "redis" else rabbitmq())
        yield World(pair, Place(database.url, broker.url, folder), database, broker, disk)


def plan(here: World, rounds: int, skip: int = 0) -> Iterator[Round]:
    """Yield as many rounds as are asked for: each point by SIGKILL in both phases, every third by another blow too."""
    others = cycle(here.blows)
    everything = [
        (point, blow, phase)
        for index, point in enumerate(POINTS)
        for phase in (1, 2)
        for blow in ((Blow.KILL, next(others)) if (index + phase) % 3 == 0 else (Blow.KILL,))
        if phase in _phases(point)
    ]
    for number, (point, blow, phase) in enumerate(islice(cycle(everything), skip, skip + rounds)):
        workers = 2 if number % 5 == 4 or blow is Blow.TWICE else 1
        yield Round(number, point, blow, phase, workers)


def _phases(point: str) -> tuple[int, ...]:
    """Return when the work of a point is done: a hint comes before anything is sealed, a comparison after it."""
    return {"hint": (1,), "restate": (2,)}.get(point.partition(":")[0], (1, 2))


def strike(tally: Tally, rounds: int, skip: int = 0) -> Iterator[Tally]:
    """Run the rounds of one pair, and yield what is known after each of them."""
    pair, began = tally.pair, time.monotonic()
    with world(pair) as here:
        storage = here.place.storage()
        upgrade(storage.engine)
        for each in plan(here, rounds, skip):
            play(here, storage, each, tally)
            tally.seconds = time.monotonic() - began
            yield tally
            print(f"\r{pair}: {tally.rounds}/{rounds} rounds, {len(tally.wrong)} wrong", end="", file=sys.stderr)
        tally.wrong += list(everywhere(here, storage))
        storage.engine.dispose()
    print(file=sys.stderr)


def write(tallies: Sequence[Tally], report: Path) -> None:
    """Write what is known by now: a run that is cut off has counted, too."""
    told = {"pairs": [tally.to_json() for tally in tallies], "kills": sum(each.blows[Blow.KILL] for each in tallies)}
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(told, indent=2))


def play(here: World, storage: Storage, one: Round, tally: Tally) -> None:
    """Play one round on a course of its own."""
    course = CourseId(f"course-{one.number}")
    here.place.names.write_text("Anna Kowalska")
    offer = _enable(storage, course)
    orders = Orders(one.point, one.blow, here.place.folder / f"marker-{one.number}")
    if one.phase == 1:
        _hit_and_recover(here, storage, offer, one, orders)
    else:
        _recover(here, storage, offer, course, editions=1)
        _say_something_else(here, storage, offer, one)
        _hit_and_recover(here, storage, offer, one, orders)
    tally.rounds += 1
    if orders.marker.exists():
        tally.blows[one.blow] += 1
    else:
        tally.not_reached.append(f"{one.point} (phase {one.phase})")
    tally.wrong += [
        f"round {one.number}, {one.blow} at {one.point}: {fault}" for fault in faults(storage, offer, one.phase)
    ]


def _say_something_else(here: World, storage: Storage, offer: Offer, one: Round) -> None:
    """Let the teacher state a newer profile, where its comparison is to be hit; else the platform shows other names."""
    now, restates = datetime.now(UTC), one.point.startswith("restate")
    if not restates:
        here.place.names.write_text("Anna Kowalska-Nowak")
    with storage.begin() as work:
        if restates:
            newer = replace(factories.profile(), version=2, title=factories.text("Data Analysis, second edition"))
            work.profiles.keep_course_profile(newer, now)
            work.offers.enable(offer.platform, offer.course, profile=newer, issuer=factories.issuer(), now=now)
        work.outbox.request(Topic.RESTATE if restates else Topic.SYNC, offer.id, now)


def _enable(storage: Storage, course: CourseId) -> Offer:
    profile, issuer, now = factories.profile(), factories.issuer(), datetime.now(UTC)
    with storage.begin() as work:
        work.platforms.connect(Connected(MOODLE, "moodle", "https://moodle.example.org"), now)
        work.profiles.keep_course_profile(profile, now)
        work.profiles.keep_issuer(issuer, now)
        offer = work.offers.enable(MOODLE, course, profile=profile, issuer=issuer, now=now)
        work.offers.correct_by(offer.id, Rule("supersede"))
        return offer


def _hit_and_recover(here: World, storage: Storage, offer: Offer, one: Round, orders: Orders) -> None:
    hint = offer.course if one.phase == 1 else None
    workers = [_fork(here.place, orders, hint), *(_fork(here.place, None, None) for _ in range(one.workers - 1))]
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not orders.marker.exists() and not _settled(storage, offer, one.phase):
        time.sleep(0.02)
    if orders.marker.exists():
        _from_outside(here, storage, one.blow)
    if one.blow is Blow.KILL:
        _end(workers)
    _recover(here, storage, offer, hint, editions=one.phase)
    _end(workers)


def _recover(here: World, storage: Storage, offer: Offer, hint: CourseId | None, *, editions: int) -> None:
    """Let a worker that nothing happens to do what is left. The platform sends its hint again."""
    worker = _fork(here.place, None, hint)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not _settled(storage, offer, editions):
        time.sleep(0.05)
        if os.waitpid(worker, os.WNOHANG) != (0, 0):  # the supervisor starts it again, as it does in earnest
            worker = _fork(here.place, None, hint)
    _end([worker])


def _from_outside(here: World, storage: Storage, blow: Blow) -> None:
    """Do what a worker cannot do to itself: stop a server as a power cut would and start it again, or fill its disk."""
    server = {Blow.DATABASE: here.database, Blow.BROKER: here.broker}.get(blow)
    if server is not None:
        storage.engine.dispose()
        server.stop()
        time.sleep(0.3)
        server.start()
    elif blow is Blow.FULL and here.disk is not None:
        filler = here.disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(65_536)):
                pass
        time.sleep(0.7)
        filler.unlink()


def _fork(place: Place, orders: Orders | None, hint: CourseId | None) -> int:
    """Start a worker in a process of its own, with everything imported already."""
    pid = os.fork()
    if pid:
        return pid
    log = os.open(place.folder / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        run(place, orders, hint)
    finally:
        traceback.print_exc()
        os._exit(1)


def _end(workers: list[int]) -> None:
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    workers.clear()


def _settled(storage: Storage, offer: Offer, editions: int) -> bool:
    """Whether nothing is left to do for a course and everybody has what is theirs."""
    with storage.reading() as work:
        newest = [work.awards.latest(offer, learner) for learner in CLASS]
        ids = [offer.id, *(award.id for award in work.awards.of_offer(offer.id))]
    if any(award is None or (award.edition, award.state) != (editions, State.DELIVERED) for award in newest):
        return False
    query = select(func.count()).select_from(outbox).where(outbox.c.row_id.in_(ids))
    with storage.engine.connect() as connection:
        return connection.execute(query).scalar_one() == 0


def faults(storage: Storage, offer: Offer, editions: int) -> Iterator[str]:
    """Say what is wrong with the awards of one course."""
    with storage.reading() as work:
        awards = tuple(work.awards.of_offer(offer.id))
        if [award.state for award in awards if award.learner == CHIARA] != [State.WITHHELD]:
            yield "Chiara is not withheld"
        yield from (f"not done in time: {each.topic}, {each.error}" for each in work.outbox.troubles())
        for learner in CLASS:
            theirs = [award for award in awards if award.learner == learner]
            states = [award.state for award in theirs]
            if states != [State.SUPERSEDED] * (editions - 1) + [State.DELIVERED]:
                yield f"lost or doubled: {learner} has {states}"
            for award in theirs:
                yield from _credential_faults(work, award, editions)


def _credential_faults(work: UnitOfWork, award: AwardRow, editions: int) -> Iterator[str]:
    reserved = work.credentials.of_award(award.id)
    sealed = work.credentials.document(reserved.envelope.id, Format.ELM) if reserved else None
    if reserved is None or sealed is None:
        yield f"edition {award.edition} has no sealed document"
    elif reserved.envelope.id not in sealed.body.decode() or not _verifies(sealed.body):
        yield f"edition {award.edition} does not verify"
    if reserved and (reserved.status == "valid") != (award.edition == editions):
        yield f"edition {award.edition} has status {reserved.status}"


def _verifies(body: bytes) -> bool:
    anchors = tuple(x509.load_pem_x509_certificates(seal().authority_pem))
    after_any_jump = datetime.now(UTC) + timedelta(days=2)
    return check(body, CheckContext(after_any_jump, anchors)).ok


def everywhere(here: World, storage: Storage) -> Iterator[str]:
    """Say what is wrong with the whole installation: indices, notices, trail."""
    with storage.engine.connect() as connection:
        number = connection.execute(select(func.count()).select_from(credentials)).scalar_one()
        places = select(credentials.c.status_list_id, credentials.c.status_index).distinct()
        distinct = connection.execute(select(func.count()).select_from(places.subquery())).scalar_one()
        sealed = connection.execute(select(func.count()).select_from(documents)).scalar_one()
    if number != distinct:
        yield f"{number - distinct} status indices used twice"
    if number != sealed:
        yield f"{number} credentials, {sealed} sealed documents"
    notices = here.place.notices.read_text().splitlines() if here.place.notices.exists() else []
    if doubled := [line for line, times in Counter(notices).items() if times > 1]:
        yield f"{len(doubled)} notices sent twice"
    if early := [line for line in notices if line.endswith("early")]:
        yield f"{len(early)} notices before the seal"
    with storage.reading() as work:
        if broken := work.audit.verify():
            yield f"the trail is broken: {broken.sentence}"


def main() -> None:
    """Run the matrix and write its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.matrix", description=main.__doc__)
    parser.add_argument("--pairs", default=",".join(PAIRS), help="of " + ", ".join(PAIRS))
    parser.add_argument("--rounds", type=int, default=500, help="on each pair: over 1,000 kills on all three")
    parser.add_argument("--skip", type=int, default=0, help="so many rounds of the plan, which another run does")
    parser.add_argument("--report", type=Path, default=Path("var/crash.json"))
    options = parser.parse_args()
    configure_logs("CRITICAL")
    seal()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # stops the servers and takes the disks away
    tallies = [Tally(pair) for pair in options.pairs.split(",")]
    for tally in tallies:
        for _ in strike(tally, options.rounds, options.skip):
            write(tallies, options.report)
    write(tallies, options.report)
    print(options.report.read_text())
    sys.exit(1 if any(tally.wrong for tally in tallies) else 0)


if __name__ == "__main__":
    main()
