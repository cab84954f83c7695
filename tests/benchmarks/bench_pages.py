"""How long a page takes on the server, as a ratio to an empty page of the same server, with 1,000 learners.

Run it with ``python -m tests.benchmarks.bench_pages``. The course stands beside ten others of an institution, each with
a thousand credentials, so that a query that goes through all of them shows; Anna holds one in each. Every page is asked
in turn, round by round, so that whatever else the machine does falls on all of them alike; the 95th percentile of each
is compared. Processor time, the number of queries, and how often a page waited for disk or lock (gave up the processor
of its own will) are told beside it: they hold on a busy machine too, where the seconds hold whatever else ran.
"""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import event

from lti.roles import Role
from mappings.assessment import AssessmentRecord, LearnerId
from mappings.documents.envelope import Format
from plugin import sharing
from plugin.sharing import SharingTools
from plugin.storage.awards import Move, State
from plugin.storage.columns import metadata
from plugin.storage.drafts import Draft
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from tests import factories
from tests.factories import READ
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.web.site import RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import COURSE, PLATFORM, an_offer, records, sealed_credential

LEARNERS, ROUNDS, NEIGHBOURS = 1_000, 30, 10
TEACHER, ANNA = a_launch(Role.TEACHER, "2"), a_launch(Role.LEARNER, "4")


def a_class() -> dict[str, AssessmentRecord]:
    """The six recorded learners, again and again under other ids and names."""
    recorded = list(records().values())
    found = {}
    for number in range(LEARNERS):
        record = recorded[number % len(recorded)]
        name = f"{record.learner.full_name} {number:04}"
        learner = replace(record.learner, id=LearnerId(f"n{number}"), full_name=name)
        found[learner.id] = replace(record, learner=learner, read_at=factories.ISSUED)
    return found


def a_site(folder: Path) -> tuple[Site, str, str, bytes]:
    """Return a course of a thousand, a share link, and a sealed European Digital Credential."""
    engine = open_engine(f"sqlite:///{folder / 'bench.sqlite3'}")
    upgrade(engine)
    storage = Storage(engine, Vault((SECRET_KEY,)), PUBLIC_URL)
    site = Site(storage, RecordedPlatform(a_class()))
    site.app.add_url_rule("/empty", "empty", lambda: "")
    offer = an_offer(storage)
    issued = sealed_credential(storage, offer)
    with storage.begin() as work:
        for record in a_class().values():
            work.assessments.record(record)
            row = work.awards.open(offer, record.learner.id, READ)
            work.awards.move(row, Move(to=State.WITHHELD, now=READ, actor="bench"))
        draft = Draft(profile=factories.profile(), origins={}, saved_by="Tessa Teacher", saved_at=READ)
        work.drafts.save(PLATFORM, COURSE, draft)
        work.class_readings.request(PLATFORM, COURSE, factories.ISSUED)
        reading = work.class_readings.get(PLATFORM, COURSE)
        assert reading is not None
        work.class_readings.finish(reading, factories.ISSUED)
    neighbours(storage, issued.envelope.id)
    tools = SharingTools(storage, lambda: site.now)
    token = sharing.share(tools, Holder(PLATFORM, LearnerId("4")), issued.envelope.id, None)
    with storage.reading() as work:
        sealed = work.credentials.document(issued.envelope.id, Format.ELM)
    assert sealed is not None
    return site, token, issued.envelope.id, sealed.body


def neighbours(storage: Storage, credential_id: str) -> None:
    """Set other courses beside the first one: its awards again and again, and for each a copy of the one credential."""
    with storage.engine.begin() as connection:
        for number in range(NEIGHBOURS):
            own = {"id": f"id || '-{number}'", "course_id": f"'n{number}'"}
            connection.exec_driver_sql(_copied("offers", own) + " WHERE course_id = ?", (COURSE,))
            own |= {"offer_id": f"offer_id || '-{number}'"}
            connection.exec_driver_sql(_copied("awards", own) + " WHERE course_id = ?", (COURSE,))
            own = {
                "id": "award.id || '-c'",
                "award_id": "award.id",
                "status_index": f"{100_000 * number + 1} + award.rowid",
            }
            chosen = f" JOIN awards AS award ON award.course_id = 'n{number}' WHERE credentials.id = ?"
            connection.exec_driver_sql(_copied("credentials", own) + chosen, (credential_id,))
        connection.exec_driver_sql("ANALYZE")


def _copied(table: str, changes: dict[str, str]) -> str:
    """An INSERT of rows of a table with some columns changed; what to copy follows."""
    names = [column.name for column in metadata.tables[table].columns]
    values = ", ".join(changes.get(name, f"{table}.{name}") for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table}"


def pages(site: Site, token: str, credential_id: str, document: bytes) -> dict[str, Callable[[], int]]:
    """Return what is asked, by name; each answers with its status."""
    stranger, anna, teacher = site.browser().client, site.browser(ANNA).client, site.browser(TEACHER).client
    mine, teach = f"/mine/{ANNA.id}", f"/teach/{TEACHER.id}"
    return {
        "empty page": lambda: stranger.get("/empty").status_code,
        "/verify, form": lambda: stranger.get("/verify").status_code,
        "/verify, ELM file": lambda: (
            stranger.post("/verify", data=document, content_type="application/ld+json").status_code
        ),
        "/c, shared credential": lambda: stranger.get(f"/c/{token}").status_code,
        "/c, how it stands": lambda: stranger.get(f"/c/{credential_id}").status_code,
        "/recover, form": lambda: stranger.get("/recover").status_code,
        "learner": lambda: anna.get(mine).status_code,
        "learner, one credential": lambda: anna.get(f"{mine}/credential/{credential_id}").status_code,
        "teacher, list": lambda: teacher.get(teach).status_code,
        "teacher, search": lambda: teacher.get(f"{teach}?words=0999").status_code,
        "teacher, last page": lambda: teacher.get(f"{teach}?page=20").status_code,
        "teacher, setup": lambda: teacher.get(f"{teach}/setup").status_code,
        "teacher, export": lambda: teacher.get(f"{teach}/list.csv").status_code,
        "teacher, dry run of 1,000": lambda: teacher.get(f"{teach}/preview").status_code,
    }


@dataclass
class Taken:
    """What a page took, round by round: seconds, seconds of the processor, waits, queries."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    queries: int = 0

    @property
    def p95(self) -> float:
        """The 95th percentile of the seconds."""
        return statistics.quantiles(self.seconds, n=20)[-1]


def measured(site: Site, asked: dict[str, Callable[[], int]]) -> dict[str, Taken]:
    """Ask every page once in each round."""
    taken = {name: Taken() for name in asked}
    queries = 0

    def count(*_: object) -> None:
        nonlocal queries
        queries += 1

    event.listen(site.storage.engine, "before_cursor_execute", count)
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            queries, waited, begun, worked = 0, _waits(), time.perf_counter(), time.process_time()
            status = ask()
            taken[name].seconds.append(time.perf_counter() - begun)
            taken[name].processor.append(time.process_time() - worked)
            taken[name].waits.append(_waits() - waited)
            taken[name].queries = queries
            assert status == 200, (name, status)
    return taken


def _waits() -> int:
    """How often this process has given up the processor of its own will, until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        site, token, credential_id, document = a_site(Path(folder))
        taken = measured(site, pages(site, token, credential_id, document))
        site.storage.engine.dispose()
    empty = taken["empty page"]
    for name, each in taken.items():
        processor = statistics.median(each.processor)
        print(
            f"{name:26} p95 {each.p95 * 1000:7.1f} ms  {each.p95 / empty.p95:7.1f} times an empty page"
            f"   processor {processor * 1000:6.1f} ms   {each.queries:3} queries"
            f"   {statistics.median(each.waits):3.0f} waits"
        )


if __name__ == "__main__":
    main()
