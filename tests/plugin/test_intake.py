"""Session records by a signed message: who may send, what a replay does, and what becomes of each record."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from lti.proctoring import RecordsRefused
from mappings.assessment import PlatformId
from plugin.errors import UnknownRow
from plugin.intake import REPLAY_WINDOW, IntakeRefused, IntakeTools, State, make_secret, take_signed
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from tests.factories import EXAM
from tests.plugin.bridges import a_bench
from tests.plugin.platforms import Clock
from tests.plugin.rows import ADA101, MOODLE, an_offer
from tests.plugin.test_assurance import SUPERVISED


@pytest.fixture
def clock() -> Clock:
    """The time of the records."""
    return Clock()


@pytest.fixture
def tools(storage: Storage, clock: Clock) -> IntakeTools:
    """The intake of a bridge with one course."""
    an_offer(storage)
    return IntakeTools(storage, clock, bool)


@pytest.fixture
def secret(tools: IntakeTools) -> str:
    """What the vendor signs with."""
    return make_secret(tools, MOODLE, by="Tessa")


def a_record(**changes: object) -> dict[str, object]:
    """One record, as a vendor sends it."""
    return {"course": ADA101, "learner": "4", "assessment": EXAM, **SUPERVISED, **changes}


def body_of(*records: dict[str, object]) -> bytes:
    """The body of a message."""
    return json.dumps({"records": list(records)}).encode()


def signed(secret: str, body: bytes, at: float, platform: str = MOODLE) -> dict[str, str]:
    """The headers that a vendor sends."""
    made = hmac.new(secret.encode(), f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
    said = {"X-Microcred-Timestamp": str(int(at)), "X-Microcred-Signature": f"v1={made}"}
    return {"X-Microcred-Platform": platform, **said}


def kept(storage: Storage) -> int:
    """How many sittings are known of the course."""
    with storage.reading() as work:
        return sum(len(each) for each in work.sessions.of_course(MOODLE, ADA101).values())


def test_a_signed_record_is_kept_and_the_course_read(tools: IntakeTools, secret: str, clock: Clock) -> None:
    """Of a learner whom nobody has read yet: kept until then."""
    body = body_of(a_record())

    states = take_signed(tools, signed(secret, body, clock().timestamp()), body)

    assert states == (State.UNKNOWN_LEARNER,)
    assert kept(tools.storage) == 1
    with tools.storage.reading() as work:
        assert work.outbox.waiting(Topic.SYNC) == 1


def test_each_record_is_told_what_is_known_of_its_place(storage: Storage) -> None:
    """Nothing is refused for what may be read tomorrow, and nobody has to guess."""
    bench = a_bench(storage)
    sync(bench.sync, bench.offer.id)
    tools = IntakeTools(storage, bench.clock, bool)
    secret = make_secret(tools, MOODLE, by="Tessa")
    other = [a_record(learner="404"), a_record(assessment="404"), a_record(course="404")]
    body = body_of(a_record(), *other, a_record())

    states = take_signed(tools, signed(secret, body, bench.clock().timestamp()), body)

    unknown = (State.UNKNOWN_LEARNER, State.UNKNOWN_ASSESSMENT, State.UNKNOWN_COURSE)
    assert states == (State.TAKEN, *unknown, State.KNOWN)


@pytest.mark.parametrize("off", [-REPLAY_WINDOW - 1, REPLAY_WINDOW + 1])
def test_an_old_or_future_message_is_refused(tools: IntakeTools, secret: str, clock: Clock, off: int) -> None:
    """Outside the replay window, however well it is signed."""
    body = body_of(a_record())

    with pytest.raises(IntakeRefused, match="time stamp"):
        take_signed(tools, signed(secret, body, clock().timestamp() + off), body)


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1e9", "²"])
def test_a_time_stamp_is_a_number(tools: IntakeTools, secret: str, clock: Clock, stamp: str) -> None:
    """Anything else is refused and not guessed at."""
    body = body_of(a_record())

    with pytest.raises(IntakeRefused, match="time stamp"):
        take_signed(tools, signed(secret, body, clock().timestamp()) | {"X-Microcred-Timestamp": stamp}, body)


@pytest.mark.parametrize("change", ["secret", "body", "stamp", "platform", "missing"])
def test_what_is_not_signed_as_it_is_is_refused(tools: IntakeTools, secret: str, clock: Clock, change: str) -> None:
    """Secret, body, time stamp and platform belong together; nothing is kept."""
    body, now = body_of(a_record()), clock().timestamp()
    headers = signed("guessed" if change == "secret" else secret, body, now)
    headers |= {
        "stamp": {"X-Microcred-Timestamp": str(int(now) - 1)},
        "platform": {"X-Microcred-Platform": "other"},
    }.get(change, {})
    if change == "missing":
        del headers["X-Microcred-Signature"]

    with pytest.raises(IntakeRefused, match="signature"):
        take_signed(tools, headers, body_of(a_record(result="cleared")) if change == "body" else body)

    assert kept(tools.storage) == 0


def test_a_platform_without_a_secret_takes_nothing(tools: IntakeTools, clock: Clock) -> None:
    """The empty secret signs nothing."""
    body = body_of(a_record())

    with pytest.raises(IntakeRefused):
        take_signed(tools, signed("", body, clock().timestamp()), body)


def test_a_replay_cannot_take_back_what_was_told_since(tools: IntakeTools, secret: str, clock: Clock) -> None:
    """«Clear», then «flagged»; the first message again changes nothing."""
    first, second = body_of(a_record(session="a")), body_of(a_record(session="a", result="flagged"))
    headers = signed(secret, first, clock().timestamp())
    take_signed(tools, headers, first)
    take_signed(tools, signed(secret, second, clock().timestamp()), second)

    again = take_signed(tools, headers, first)

    with tools.storage.reading() as work:
        [(told,)] = work.sessions.of_course(MOODLE, ADA101).values()
    assert again == (State.KNOWN,)
    assert told.evidence.open_flag


def test_one_wrong_record_keeps_all_out(tools: IntakeTools, secret: str, clock: Clock) -> None:
    """Every problem is named."""
    body = body_of(a_record(), a_record(time="yesterday", method="magic"))

    with pytest.raises(RecordsRefused) as raised:
        take_signed(tools, signed(secret, body, clock().timestamp()), body)

    assert {problem.partition(": ")[0] for problem in raised.value.problems} == {"records.1.time", "records.1.method"}
    assert kept(tools.storage) == 0


@pytest.mark.parametrize("body", [b"", b"no json", b"[" * 100_000, b'"text"', b"\xff"])
def test_what_is_no_list_of_records_is_named(tools: IntakeTools, secret: str, clock: Clock, body: bytes) -> None:
    """A signed message can be wrong too."""
    with pytest.raises(RecordsRefused):
        take_signed(tools, signed(secret, body, clock().timestamp()), body)


def test_a_secret_overlaps_with_the_next_one(tools: IntakeTools, secret: str, clock: Clock) -> None:
    """For a week, so that no record is lost while the vendor changes over."""
    make_secret(tools, MOODLE, by="Tessa")
    body = body_of(a_record())
    clock.pass_(timedelta(days=6))
    take_signed(tools, signed(secret, body, clock().timestamp()), body)

    clock.pass_(timedelta(days=1))
    with pytest.raises(IntakeRefused):
        take_signed(tools, signed(secret, body, clock().timestamp()), body)


def test_a_secret_that_leaked_ends_at_once(tools: IntakeTools, secret: str, clock: Clock) -> None:
    """On demand."""
    make_secret(tools, MOODLE, by="Tessa", at_once=True)
    body = body_of(a_record())

    with pytest.raises(IntakeRefused):
        take_signed(tools, signed(secret, body, clock().timestamp()), body)


def test_a_secret_is_stored_encrypted(tools: IntakeTools, secret: str) -> None:
    """Whoever reads the database cannot sign."""
    with tools.storage.read() as connection:
        stored = bytes(connection.exec_driver_sql("SELECT secret FROM intake_secrets").scalar_one())

    assert secret.encode() not in stored


def test_an_unknown_platform_has_no_secret(tools: IntakeTools) -> None:
    """The command says so."""
    with pytest.raises(UnknownRow):
        make_secret(tools, PlatformId("nowhere"), by="Tessa")
