"""Alert rules, dashboard and docs speak of the metrics that the code exports, and of each of them."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import timedelta

import pytest
import yaml
from sqlalchemy import insert, select

from plugin import meters
from plugin.exporting import Exporter, ExportTools
from plugin.storage.awards import State
from plugin.storage.marks import Mark
from plugin.storage.outbox import Topic
from plugin.storage.pulses import BEAT, PROBE, Pulse
from plugin.storage.tables import awards, hints, platforms, status_lists
from plugin.storage.totals import CANARY, Totals
from plugin.storage.unit_of_work import Storage
from tests.conftest import ROOT, require_program
from tests.factories import READ
from tests.plugin.bridges import a_bench
from tests.plugin.conftest import sqlite_storage

__all__ = ["sqlite_storage"]

MONITORING = ROOT / "deploy" / "monitoring"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
PANELS = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
SAID = re.compile(r"\bmicrocred_[a-z_]+")
LABELS = {"state", "topic", "key", "step", "code", "reason", "format", "platform", "outcome", "kind", "le"}
NOW = READ + timedelta(hours=1)


def tools(storage: Storage) -> ExportTools:
    """What the gauges are asked with, an hour after everything was read."""
    ends = {"signs": NOW + timedelta(days=10), "planned": NOW + timedelta(days=700)}
    return ExportTools(storage, lambda: ends, lambda: timedelta(seconds=-2), lambda: NOW)


def samples(exposition: bytes) -> dict[str, float]:
    """Return every sample of an exposition by name and labels."""
    lines = [line.rpartition(" ") for line in exposition.decode().splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


@pytest.fixture
def busy(sqlite_storage: Storage) -> Storage:
    """A bridge in which everything that can be told has happened."""
    a_bench(sqlite_storage).seal_all()
    with sqlite_storage.begin() as work:
        work.pulses.beat(Pulse(BEAT, READ))
        work.pulses.beat(Pulse(f"{PROBE}verify", READ, ok=False, seconds=1.5))
        work.outbox.request(Topic.STATUS, "list", READ)
        work.marks.set(Mark.BACKUP, "a folder", READ - timedelta(hours=1))
        work.marks.set(Mark.REHEARSAL, "a folder", READ)
    with sqlite_storage.engine.begin() as connection:
        platform = connection.execute(select(platforms.c.id)).scalars().first()
        connection.execute(insert(hints).values(platform_id=platform, event_id="e", received_at=READ))
        if connection.execute(select(status_lists.c.id)).first() is None:
            connection.execute(insert(status_lists).values(id="l", size=131072, open=True, decoys=[1], created_at=READ))
        one = select(awards.c.id).where(awards.c.state == State.WITHHELD).limit(1).scalar_subquery()
        held = {"state": State.HELD, "reasons": [{"code": "open_flag"}, {"code": "approval"}]}
        connection.execute(awards.update().where(awards.c.id == one).values(**held))
    return sqlite_storage


def exported(storage: Storage) -> set[str]:
    """The names of all that is exported, as they are asked for."""
    counted = {f"{family.name}_total" for family in meters.REGISTRY.collect() if family.type == "counter"}
    counted |= {family.name for family in meters.REGISTRY.collect() if family.type == "histogram"}
    return counted | {name.partition("{")[0] for name in samples(Exporter(tools(storage)).exposition())}


def asked(expressions: list[str]) -> set[str]:
    """The names of the metrics in expressions."""
    return {name.removesuffix("_bucket") for each in expressions for name in SAID.findall(each)}


def test_alerts_dashboard_and_docs_name_what_is_exported(busy: Storage) -> None:
    """Nothing is asked for that does not exist; the dashboard and operations.md show everything."""
    there = exported(busy)

    assert asked([rule["expr"] for rule in RULES]) <= there
    assert asked([target["expr"] for panel in PANELS for target in panel["targets"]]) == there
    assert set(re.findall(r"^\| `(microcred_[a-z_]+)", OPERATIONS, re.MULTILINE)) == there


def test_every_alert_says_what_to_do() -> None:
    """Its runbook is a heading of operations.md, and no heading is left over."""
    headings = {each.lower().replace(" ", "-") for each in re.findall(r"^### (.+)$", OPERATIONS, re.MULTILINE)}

    assert {rule["annotations"]["runbook_url"].partition("#")[2] for rule in RULES} == headings


def test_rows_are_told_as_they_are(busy: Storage) -> None:
    """Counts and ages come from the database, by whoever is asked."""
    told = samples(Exporter(tools(busy)).exposition())

    assert told['microcred_awards{state="sealed"}'] == 2
    assert told['microcred_awards{state="withheld"}'] == 3
    assert told['microcred_held{reason="open_flag"}'] == told['microcred_held{reason="approval"}'] == 1
    assert told['microcred_probe_success{step="verify"}'] == 0
    assert told['microcred_probe_seconds{step="verify"}'] == 1.5
    assert told["microcred_beat_age_seconds"] == 3600
    assert told["microcred_status_list_age_seconds"] == 3600
    assert told["microcred_clock_skew_seconds"] == 2
    assert told["microcred_certificate_expires_seconds"] == 864000
    assert told['microcred_key_expires_seconds{key="planned"}'] == 700 * 86400
    assert told["microcred_backup_age_seconds"] == 7200
    assert told["microcred_restore_test_age_seconds"] == 3600


def test_no_label_names_a_person_or_a_course(busy: Storage) -> None:
    """Labels are states, codes, topics, steps and platforms."""
    text = (meters.counted() + Exporter(tools(busy)).exposition()).decode()

    assert set(re.findall(r"[{,]([a-z_]+)=", text)) <= LABELS


def test_the_database_is_asked_once_in_a_while(busy: Storage) -> None:
    """Whoever scrapes every second costs no more than who scrapes every 15."""
    times = iter([0.0, 14.9, 15.0])
    exporter = Exporter(tools(busy), lambda: next(times))
    first = samples(exporter.exposition())
    with busy.begin() as work:
        work.pulses.beat(Pulse(BEAT, NOW))

    assert samples(exporter.exposition()) == first
    assert samples(exporter.exposition())["microcred_beat_age_seconds"] == 0


def test_the_canary_is_no_statistic(busy: Storage) -> None:
    """What the prober issues is nobody's award."""
    with busy.begin() as work:
        first = work.offers.enabled()[0].platform
    with busy.engine.begin() as connection:
        connection.execute(platforms.update().where(platforms.c.id == first).values(kind=CANARY))
        assert Totals(connection).awards() == {}


@pytest.mark.services
def test_prometheus_accepts_the_rules_and_they_fire() -> None:
    """Each fires when it should and is quiet when it should be."""
    promtool = require_program("promtool")
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]):
        said = subprocess.run([promtool, *arguments], cwd=MONITORING, capture_output=True, text=True)
        assert said.returncode == 0, said.stdout + said.stderr
    tests = (MONITORING / "alerts.test.yml").read_text()
    assert [rule["alert"] for rule in RULES if tests.count(f"alertname: {rule['alert']}\n") < 2] == []
