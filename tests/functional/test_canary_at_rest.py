"""A learner's name, mail address and number, and a platform's token, leave the database by no side door.

Logs, metrics, refusals and checks are watched in test_canary_words.py; here: the audit trail, the manifest of a backup,
the status of the work, the page and the log line of a fault of ours. The bridge keeps no traces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mappings.assessment import LearnerId
from plugin import meters, privacy
from plugin.exporting import Exporter, ExportTools
from plugin.privacy import PrivacyTools
from plugin.progress import progress
from plugin.safekeeping.backing_up import MANIFEST, back_up
from plugin.storage.platforms import Connected
from plugin.storage.sharing import Holder
from plugin.storage.tables import audit
from plugin.sync import sync
from plugin.web import verify
from tests.conftest import ROOT
from tests.functional.entrance import Entrance
from tests.functional.test_canary_words import MAIL, NAME, PLANTED, TOKEN
from tests.log_watch import plant
from tests.plugin.rows import MOODLE
from tests.plugin.safekeeping.house import Crowd, House, a_house
from tests.simulators.lti_platform import MOODLE as SIMULATED
from tests.simulators.lti_platform import LtiPlatform

NUMBER = "canary-student-77120954"
ALL = (*PLANTED, NUMBER)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two people with the canary in their names hold a credential, which one loses; the platform has its token.

    They are two: what seems to be one person in two accounts would wait for somebody to look.
    """
    house = a_house(f"sqlite:///{tmp_path / 'canary.sqlite3'}", tmp_path / "data", 2)
    with house.storage.begin() as work:
        connected = Connected(MOODLE, "moodle", "https://moodle.example.org", token=plant(TOKEN))
        work.platforms.connect(connected, house.bench.clock())
    crowd = house.bench.platform
    assert isinstance(crowd, Crowd)
    for learner, record in crowd.records.items():
        planted = replace(record.learner, full_name=f"{NAME} {learner}", given_name="Zsófia", family_name="Canarybird")
        planted = replace(planted, email=f"{learner}.{MAIL}", student_number=f"{NUMBER}{learner}")
        crowd.records[learner] = replace(record, learner=planted)
    sync(house.bench.sync, house.bench.offer.id)
    house.issue(range(2))
    house.publish()
    house.revoke(0)
    yield house
    for storage in house.opened:
        storage.engine.dispose()


def found_in(text: str) -> list[str]:
    """Return what of the canary is in a text, however JSON writes its letters."""
    unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    return [word for word in ALL if word in unescaped]


def test_the_canary_was_in_the_credentials(house: House) -> None:
    """Or the tests below would prove nothing."""
    assert NAME in found_in((house.bench.sealed("1") or b"").decode())


def test_the_audit_trail_names_no_learner(house: House) -> None:
    """Issuing, revoking, exporting and erasing are all in it, by number; whoever is given the trail learns no name."""
    tools, holder = PrivacyTools(house.storage, {}, house.bench.clock), Holder(MOODLE, LearnerId("1"))
    privacy.export(tools, holder)
    privacy.erase(tools, holder, by="Dr Vos", reason="asked for it")

    with house.storage.engine.connect() as connection:
        rows = connection.execute(sa.select(audit)).mappings().all()

    assert {"revoked"} & {row["after"] for row in rows} or any("revoke" in row["act"] for row in rows)
    assert found_in(json.dumps([dict(row) for row in rows], default=str)) == []


def test_a_backup_says_nothing_of_whom_it_holds(house: House, tmp_path: Path) -> None:
    """Its manifest, the names of its files, and what it has beside the database: lists and histories."""
    folder = back_up(house.backup_tools(), tmp_path / "backups")

    names = "\n".join(str(path) for path in folder.rglob("*"))
    beside = "".join(path.read_text() for path in folder.glob("status/*") if path.is_file())
    assert (folder / MANIFEST).is_file()
    assert found_in((folder / MANIFEST).read_text() + names + beside) == []


def test_a_token_is_in_no_file_of_a_backup(house: House, tmp_path: Path) -> None:
    """Not in the copy of the database either: it is encrypted there."""
    folder = back_up(house.backup_tools(), tmp_path / "backups")

    assert not [path for path in folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_the_status_of_the_work_names_nobody(house: House) -> None:
    """`microcred status` and `/status.json`."""
    later = house.bench.clock() + timedelta(hours=1)

    assert found_in(json.dumps(progress(house.storage, lambda: later).to_json())) == []


def test_the_metrics_name_nobody(house: House) -> None:
    """What is counted, and what rows tell when somebody looks: no name, no number of a person, no token."""
    later = house.bench.clock() + timedelta(hours=1)
    tools = ExportTools(house.storage, lambda: {"key": later}, lambda: None, lambda: later)

    told = (meters.counted() + Exporter(tools).exposition()).decode()

    assert 'microcred_awards{state="revoked"} 1.0' in told
    assert found_in(told) == []


def test_a_fault_of_ours_quotes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """An error that nobody foresaw may have anything in its text: neither page nor log line shows it."""
    caplog.set_level("DEBUG")

    def fails(*_: object) -> object:
        raise RuntimeError(" ".join(ALL))

    monkeypatch.setattr(verify, "render_template", fails)
    with LtiPlatform(SIMULATED) as platform:
        page = Entrance(tmp_path, platform).browser().get(f"/verify?name={NAME}")

    captured = capfd.readouterr()
    assert page.status_code == 500
    assert found_in(page.text + captured.out + captured.err + caplog.text) == []


def test_nothing_traces_requests() -> None:
    """No tracing or error-reporting library is in the image: there is no trace for a name to be in."""
    lock = (ROOT / "docker" / "requirements.lock").read_text().lower()

    assert not re.findall(r"^(?:opentelemetry|sentry|elastic-apm|ddtrace|newrelic|rollbar)\S*", lock, re.MULTILINE)
