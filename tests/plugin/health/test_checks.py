"""One set of checks: what each says when all is well, and when it is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text, update

from plugin.errors import InvalidSettings
from plugin.health import HealthTools, Readiness, Status, everything, inside, outside, sealing
from plugin.health.report import Finding, Health, Kept, bad, doubtful, good
from plugin.issuer import key_files
from plugin.mailing import Mailer, MailServer
from plugin.parts import health_tools
from plugin.sealing.development import development_seal
from plugin.sealing.errors import KeyUnreadable, TimestampUnavailable
from plugin.sealing.keys import SealKey, from_pem
from plugin.sealing.multikey import Algorithm
from plugin.settings import Settings
from plugin.storage.marks import Mark
from plugin.storage.migrate import go_back
from plugin.storage.outbox import Topic
from plugin.storage.pulses import BEAT, Pulse
from plugin.storage.tables import outbox
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.simulators.mail_server import MailServerSimulator

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def now() -> datetime:
    """A clock that stands still."""
    return NOW


def a_seal(at: datetime = NOW - timedelta(days=1)) -> SealKey:
    """A seal that begins ``at`` and holds for a year."""
    made = development_seal(factories.issuer(), at)
    return from_pem(made.key_pem, made.certificate_pem)


@pytest.fixture
def tools(sqlite_storage: Storage, tmp_path: Path) -> Iterator[HealthTools]:
    """What the checks work with where nothing is wrong, and nothing outside is configured."""
    url = f"sqlite:///{sqlite_storage.engine.url.database}"
    made = health_tools(Settings(data_dir=tmp_path, database_url=url, broker_url="memory://"), now)
    yield replace(made, storage=sqlite_storage)
    made.storage.engine.dispose()


def test_the_database_is_written_and_read(storage: Storage) -> None:
    """Green only where a row came back; on both databases."""
    assert inside.database(storage, now).status is Status.PASS
    with storage.reading() as work:
        assert work.pulses.last("readiness") == Pulse("readiness", NOW)


def test_a_database_that_cannot_be_written_is_red(sqlite_storage: Storage) -> None:
    """A read-only database is no database."""
    with sqlite_storage.engine.begin() as connection:
        connection.execute(text("CREATE TRIGGER no BEFORE INSERT ON pulses BEGIN SELECT RAISE(ABORT, 'no'); END"))

    found = inside.database(sqlite_storage, now)

    assert (found.status, found.fix != "") == (Status.FAIL, True)


def test_an_older_schema_is_red_and_a_newer_one_green(sqlite_storage: Storage) -> None:
    """A newer schema is fine: the code before must go on serving while an upgrade is taken back."""
    assert inside.schema(sqlite_storage).status is Status.PASS
    with sqlite_storage.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'zzzz' WHERE version_num NOT LIKE 'a%'"))
    assert inside.schema(sqlite_storage).status is Status.PASS
    with sqlite_storage.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0004' WHERE version_num = 'zzzz'"))

    found = inside.schema(sqlite_storage)

    assert (found.status, found.fix) == (Status.FAIL, "Run `microcred migrate`.")


@pytest.mark.parametrize(
    ("free", "status"), [(10 << 30, Status.PASS), (500 << 20, Status.WARN), (50 << 20, Status.FAIL)]
)
def test_the_disk_is_told_by_its_room(
    free: int, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scarce room is a warning before it is a failure."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))

    assert inside.disk(tmp_path / "not" / "there").status is status


def test_a_clock_that_differs_from_the_database_is_red(storage: Storage) -> None:
    """Compared where the database has a clock of its own."""
    off = datetime.now(UTC) + timedelta(seconds=30)

    found = inside.clock_skew(storage, lambda: off)

    expected = Status.FAIL if storage.engine.dialect.name == "postgresql" else Status.PASS
    assert found.status is expected


@pytest.mark.parametrize(("ago", "status"), [(5, Status.PASS), (3600, Status.WARN)])
def test_a_schedule_that_nobody_keeps_is_a_warning(ago: int, status: Status, sqlite_storage: Storage) -> None:
    """Pages are served without a worker; awards are not made."""
    assert inside.schedule(sqlite_storage, now).status is Status.WARN
    with sqlite_storage.begin() as work:
        work.pulses.beat(Pulse(BEAT, NOW - timedelta(seconds=ago)))

    assert inside.schedule(sqlite_storage, now).status is status


def test_parked_work_and_a_failing_seal_are_warnings(sqlite_storage: Storage) -> None:
    """With the error's code and what to do about it."""
    assert inside.work(sqlite_storage).status is Status.PASS
    with sqlite_storage.begin() as work:
        work.breakers.failed("seal", "timestamp_unavailable", NOW)
    assert "seal failed" in inside.work(sqlite_storage).sentence
    with sqlite_storage.begin() as work:
        work.outbox.request(Topic.SYNC, "x", NOW)
    with sqlite_storage.engine.begin() as connection:
        parked = update(outbox).values(parked_at=NOW, error="PlatformError:access_denied")
        connection.execute(parked)

    found = inside.work(sqlite_storage)

    assert found.status is Status.WARN
    assert "PlatformError:access_denied" in found.sentence


def test_a_pause_after_a_restore_is_a_warning(sqlite_storage: Storage) -> None:
    """Whoever forgets to end it would wonder why nothing comes."""
    with sqlite_storage.begin() as work:
        work.marks.set(Mark.PAUSED, "after a restore", NOW)

    found = inside.work(sqlite_storage)

    assert found.status is Status.WARN
    assert "microcred resume" in found.fix


def test_the_names_of_the_folders_are_ours() -> None:
    """Green here; red would mean that another package's `lti` is imported."""
    assert inside.names().status is Status.PASS


def test_a_name_of_somebody_else_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that installs a top-level `lti` breaks the bridge in strange ways."""
    monkeypatch.setattr(inside, "lti", SimpleNamespace(__name__="lti", __file__="/elsewhere/lti/__init__.py"))

    found = inside.names()

    assert (found.status, "lti come(s) from another" in found.sentence) == (Status.FAIL, True)


def test_a_seal_is_tried_by_a_real_signature() -> None:
    """A development seal is green on this machine and red at a public address."""
    assert sealing.seal(a_seal, public=False).status is Status.PASS
    assert sealing.seal(a_seal, public=True).status is Status.FAIL


def test_a_seal_whose_key_is_another_one_s_is_red() -> None:
    """Key and certificate that do not fit are found before anything is sealed."""
    broken = replace(a_seal(), signing_key=a_seal().signing_key)

    assert sealing.seal(lambda: broken, public=False).status is Status.FAIL


def test_a_seal_that_cannot_be_read_says_why() -> None:
    """With its code; no seal at all is a warning, because everything else works."""

    def unreadable() -> SealKey:
        raise KeyUnreadable("its password is wrong")

    found = sealing.seal(unreadable, public=False)

    assert found.status is Status.FAIL
    assert "[key_unreadable]" in found.sentence
    assert sealing.seal(lambda: None, public=False).status is Status.WARN
    assert sealing.certificate(unreadable, now).status is Status.WARN
    assert sealing.institution(unreadable, tuple).status is Status.WARN


@pytest.mark.parametrize(
    ("age", "status", "said"),
    [
        (10, Status.PASS, "Valid until"),
        (310, Status.WARN, "within 60 days"),
        (340, Status.WARN, "within 30 days"),
        (360, Status.WARN, "within 7 days"),
        (400, Status.FAIL, "not valid now"),
        (-5, Status.FAIL, "not valid now"),
    ],
)
def test_the_end_of_a_certificate_is_told_ahead(age: int, status: Status, said: str) -> None:
    """60, 30 and 7 days before a year is over; red after that and before it begins."""
    key = a_seal(NOW - timedelta(days=age))

    found = sealing.certificate(lambda: key, now)

    assert found.status is status
    assert said in found.sentence


def test_the_certificate_must_name_the_institution_of_the_profile() -> None:
    """Compared before the first credential is refused for it."""
    key, issuer = a_seal(), factories.issuer()
    other = replace(issuer, eidas_identifier="VATBE-9999999999")

    assert sealing.institution(lambda: key, lambda: (issuer,)).status is Status.PASS
    assert sealing.institution(lambda: key, tuple).status is Status.WARN
    assert sealing.institution(lambda: None, lambda: (issuer,)).status is Status.WARN
    found = sealing.institution(lambda: key, lambda: (other,))
    assert found.status is Status.FAIL
    assert "VATBE-9999999999" in found.sentence


def test_credential_keys_are_tried(tools: HealthTools) -> None:
    """None is a warning; a history whose key is gone is red."""
    assert sealing.credential_keys(tools.keys, now).status is Status.WARN
    tools.keys.rotate(Algorithm.EDDSA, NOW)
    assert "EdDSA" in sealing.credential_keys(tools.keys, now).sentence
    next(tools.keys.folder.glob("*.pem")).unlink()

    assert sealing.credential_keys(tools.keys, now).status is Status.FAIL


def test_a_timestamp_authority_that_is_away_is_a_warning() -> None:
    """Seals wait for it; no page does."""

    def away(_: bytes) -> bytes:
        raise TimestampUnavailable("it did not answer")

    assert sealing.timestamps(away).status is Status.WARN
    assert sealing.timestamps(lambda data: data).status is Status.PASS
    assert sealing.timestamps(None).status is Status.PASS


def test_a_broker_that_is_away_is_red() -> None:
    """The reason is a type, never an address with a password."""

    def away() -> None:
        raise ConnectionRefusedError("redis://:secret@broker")

    found = outside.broker(away)

    assert (found.status, "secret" in found.sentence) == (Status.FAIL, False)
    assert outside.broker(lambda: None).status is Status.PASS


def test_a_mail_server_is_tried_without_sending() -> None:
    """As whoever sends notices logs in; none is none; one that is away makes mails wait."""
    with MailServerSimulator() as running:
        server = MailServer(host="127.0.0.1", port=running.port, tls="none", sender="desk@example.org")
        there = outside.mail(Mailer(server, lambda: NOW).reach)
    away = outside.mail(Mailer(server, lambda: NOW).reach)

    assert (there.status, running.received) == (Status.PASS, [])
    assert away.status is Status.WARN
    assert "MICROCRED_MAIL_" in away.fix
    assert outside.mail(None).status is Status.PASS


def test_an_address_that_leads_nowhere_is_a_warning() -> None:
    """The proxy may come later; so may its certificate."""
    assert outside.address("http://127.0.0.1:1").status is Status.WARN
    assert outside.tls("https://127.0.0.1:1", now).status is Status.WARN
    assert outside.tls("http://127.0.0.1:1", now).status is Status.PASS


def test_readiness_asks_nobody_outside_and_signs_once_a_minute(tools: HealthTools) -> None:
    """A hundred questions cost one signature."""
    signatures: list[int] = []

    def counted() -> SealKey:
        signatures.append(1)
        return a_seal()

    ready = Readiness(replace(tools, seal=counted, stamp=None))
    asked = [ready().status for _ in range(5)]

    assert asked == [Status.WARN] * 5, "no worker keeps the schedule here"
    assert len(signatures) == 2, "one for the signature, one for the certificate's dates"


def test_everything_is_tried_and_told(tools: HealthTools) -> None:
    """Each part once, in the form of the IETF draft; with an older schema too."""
    go_back(tools.storage.engine, "0004")

    health = everything(replace(tools, seal=a_seal))

    said = json.loads(json.dumps(health.to_json()))
    assert said["status"] == "fail"
    wanted = {
        "database",
        "schema",
        "broker",
        "seal",
        "certificate",
        "institution",
        "disk",
        "clock",
        "names",
        "schedule",
    }
    assert wanted | {"work", "timestamp authority", "tls", "public address", "credential keys"} <= set(said["checks"])
    assert "output" not in said["checks"]["names"][0]
    assert "microcred migrate" in said["checks"]["schema"][0]["output"]


def test_the_worst_counts() -> None:
    """One red makes it red, one yellow yellow."""
    assert Health((good("a", ""), doubtful("b", "", ""))).status is Status.WARN
    assert Health((bad("a", "", ""), doubtful("b", "", ""))).status is Status.FAIL
    assert Health(()).status is Status.PASS


def test_an_answer_is_kept_for_a_while() -> None:
    """And asked again after that."""
    asked: list[Finding] = []
    times = iter([0.0, 59.0, 60.0])

    def check() -> Finding:
        asked.append(good("x", str(len(asked))))
        return asked[-1]

    kept = Kept(check, 60, lambda: next(times))

    assert [kept().sentence for _ in range(3)] == ["0", "0", "1"]


def test_settings_that_name_a_broken_seal_still_give_tools(tmp_path: Path) -> None:
    """Whoever looks for what is wrong must not be stopped by it."""
    tools = health_tools(Settings(data_dir=tmp_path, seal_file=tmp_path / "missing.pem", broker_url="memory://"))

    with pytest.raises(InvalidSettings):
        tools.seal()
    assert key_files(tools.settings).folder == tools.keys.folder


@pytest.mark.parametrize(
    ("url", "contact", "status"),
    [
        ("http://127.0.0.1:8080", "", Status.PASS),
        ("https://credentials.example", "", Status.WARN),
        ("https://credentials.example", "mailto:security@university.example", Status.PASS),
    ],
)
def test_a_public_bridge_says_whom_to_tell_about_a_weakness(url: str, contact: str, status: Status) -> None:
    """Yellow where strangers cannot find out (RFC 9116)."""
    settings = Settings(public_url=url, security_contact=contact)

    assert inside.security_contact(settings).status is status
