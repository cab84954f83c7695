"""How long a page takes on the server, as a ratio to an empty page of the same server, with 1,000 learners.

Run it with ``python -m tests.benchmarks.bench_pages``. Every page is asked in turn, round by round, so that whatever
else the machine does falls on all of them alike; the 95th percentile of each is compared.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lti.roles import Role
from mappings.assessment import AssessmentRecord, LearnerId
from mappings.documents.envelope import Format
from plugin import sharing
from plugin.sharing import SharingTools
from plugin.storage.awards import Move, State
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

LEARNERS, ROUNDS = 1_000, 30
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


def a_site(folder: Path) -> tuple[Site, str, bytes]:
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
    tools = SharingTools(storage, lambda: site.now)
    token = sharing.share(tools, Holder(PLATFORM, LearnerId("4")), issued.envelope.id, None)
    with storage.reading() as work:
        sealed = work.credentials.document(issued.envelope.id, Format.ELM)
    assert sealed is not None
    return site, token, sealed.body


def pages(site: Site, token: str, document: bytes) -> dict[str, Callable[[], int]]:
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
        "learner": lambda: anna.get(mine).status_code,
        "teacher, list": lambda: teacher.get(teach).status_code,
        "teacher, search": lambda: teacher.get(f"{teach}?words=0999").status_code,
        "teacher, last page": lambda: teacher.get(f"{teach}?page=20").status_code,
        "teacher, setup": lambda: teacher.get(f"{teach}/setup").status_code,
        "teacher, export": lambda: teacher.get(f"{teach}/list.csv").status_code,
        "teacher, dry run of 1,000": lambda: teacher.get(f"{teach}/preview").status_code,
    }


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        site, token, document = a_site(Path(folder))
        asked = pages(site, token, document)
        taken: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(ROUNDS):
            for name, ask in asked.items():
                begun = time.perf_counter()
                status = ask()
                taken[name].append(time.perf_counter() - begun)
                assert status == 200, (name, status)
        site.storage.engine.dispose()
    percentile = {name: statistics.quantiles(each, n=20)[-1] for name, each in taken.items()}
    for name, p95 in percentile.items():
        ratio = p95 / percentile["empty page"]
        print(f"{name:28} p95 {p95 * 1000:8.1f} ms   {ratio:8.1f} times an empty page")


if __name__ == "__main__":
    main()
