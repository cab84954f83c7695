from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from flask.testing import FlaskClient

from lti.errors import Fault, PlatformError
from lti.keysets import PublicKey
from mappings.assessment import CourseId
from plugin.app import create_app
from plugin.hinting import REPLAY_WINDOW, Event, HintRefused, canvas_event, moodle_event
from plugin.settings import Settings
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from tests.plugin.rows import MOODLE, an_offer

SECRET = "a secret that only the two of them know"
ACCOUNT = "VicYj3cu5BIFpoZhDVU4DZumnlBrWi1grgJEzADs"
SENT = datetime.fromtimestamp(1795437208, UTC)
BODY = b'{"iss":"http://127.0.0.1:8100","sentAt":1795437208,"type":"course_completed","userId":"8","courseId":"3","eventId":"cc-5","timeCompleted":1795437200}'
"""As recorded from the push plugin in a Moodle 4.5.6."""
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(body: bytes = BODY, at: datetime = SENT, secret: str = SECRET) -> dict[str, str]:
    """The headers of a pushed event."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Moodle-Timestamp": stamp, "X-Moodle-Signature": f"v1={digest}"}


def live_event(alg: str = "RS256", **metadata: Any) -> bytes:
    """A live event as Canvas signs it."""
    said = {"context_type": "Course", "context_id": "21070000000000565", "event_name": "grade_change"}
    said |= {"request_id": "1dd9dc6f", "event_time": "2019-11-01T19:11:05.222Z", "root_account_uuid": ACCOUNT}
    payload = {"metadata": {**said, **metadata}, "body": {"user_id": "1"}}
    parts = [urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in ({"alg": alg, "kid": "k"}, payload)]
    signature = KEY.sign(b".".join(parts), padding.PKCS1v15(), SHA256())
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")])


def find_key(key_id: str) -> PublicKey:
    """The key set of Instructure, with one key."""
    if key_id != "k":
        raise PlatformError(Fault.NOT_FOUND, "keys")
    return PublicKey(KEY.public_key())


def test_an_event_of_moodle_names_course_and_event() -> None:
    """Nothing else is taken from it."""
    assert moodle_event(SECRET, signed(), BODY, SENT) == Event(CourseId("3"), "cc-5")


@pytest.mark.parametrize(
    ("headers", "body", "at"),
    [
        ({}, BODY, SENT),
        (signed(secret="another"), BODY, SENT),
        (signed(), BODY.replace(b'"8"', b'"9"'), SENT),
        (signed(), BODY, SENT + timedelta(seconds=REPLAY_WINDOW + 1)),
        (signed(at=SENT + timedelta(days=1)), BODY, SENT),
        ({**signed(), "X-Moodle-Timestamp": "later"}, BODY, SENT),
        (signed(b"[]"), b"[]", SENT),
        (signed(b'{"courseId": 3}'), b'{"courseId": 3}', SENT),
        (signed(b"\xff"), b"\xff", SENT),
    ],
)
def test_an_event_that_is_not_moodle_s_own_is_refused(headers: dict[str, str], body: bytes, at: datetime) -> None:
    """Unsigned, signed by another, changed, replayed later, from the future, or without form."""
    with pytest.raises(HintRefused):
        moodle_event(SECRET, headers, body, at)


def test_without_a_secret_nothing_is_accepted() -> None:
    """A platform that was not told to push is not believed, also not with an empty key."""
    with pytest.raises(HintRefused):
        moodle_event("", signed(secret=""), BODY, SENT)


def test_a_live_event_names_the_course_by_its_local_id() -> None:
    """Canvas writes 21070000000000565 in one event and 565 in another: the same course."""
    found = [canvas_event(ACCOUNT, live_event(context_id=each), find_key) for each in ("21070000000000565", "565")]

    assert [event.course for event in found if event] == ["565", "565"]


def test_a_live_event_about_no_course_is_no_hint() -> None:
    """Account events are none of our business."""
    assert canvas_event(ACCOUNT, live_event(context_type="Account"), find_key) is None


@pytest.mark.parametrize(
    "token",
    [
        json.dumps({"metadata": {}}).encode(),
        live_event(alg="none"),
        live_event(alg="ES256"),
        live_event(root_account_uuid="another institution"),
        live_event() + b"AA",
        live_event().replace(b".", b".e30", 1),
        b"a.b.c",
        b"e30.e30.\xff",
    ],
)
def test_a_live_event_that_cannot_be_told_is_refused(token: bytes) -> None:
    """Unsigned, another algorithm, another institution, or changed."""
    with pytest.raises((HintRefused, PlatformError)):
        canvas_event(ACCOUNT, token, find_key)


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """The application with one course whose Moodle pushes."""
    settings = Settings(data_dir=tmp_path, secret_keys=(Fernet.generate_key().decode(),), operator_token="operator")
    engine = open_engine(settings.database)
    upgrade(engine)
    storage = Storage(engine, Vault(settings.secret_keys), settings.public_url)
    an_offer(storage)
    with storage.begin() as work:
        work.platforms.expect_push(MOODLE, SECRET)
    engine.dispose()
    return create_app(settings).test_client()


def waiting(client: FlaskClient) -> int:
    """How many courses wait to be read, as the operator sees it."""
    answer = client.get("/status.json", headers={"Authorization": "Bearer operator"})
    return int(answer.get_json()["waiting"][Topic.SYNC])


def test_a_pushed_event_has_the_course_read(client: FlaskClient) -> None:
    """Once, however often it comes; the answer is the same."""
    headers = signed(at=datetime.now(UTC))

    answers = [client.post(f"/hints/{MOODLE}", data=BODY, headers=headers).status_code for _ in range(2)]

    assert (answers, waiting(client)) == ([204, 204], 1)


@pytest.mark.parametrize("path", [f"/hints/{MOODLE}", "/hints/unknown"])
def test_a_stranger_s_event_changes_nothing(client: FlaskClient, path: str) -> None:
    """401, the same for a wrong signature and for a platform that does not exist."""
    answer = client.post(path, data=BODY, headers=signed(secret="wrong", at=datetime.now(UTC)))

    assert (answer.status_code, waiting(client)) == (401, 0)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}])
def test_the_status_is_for_the_operator(client: FlaskClient, header: dict[str, str]) -> None:
    """Without the token nothing is told."""
    assert client.get("/status.json", headers=header).status_code == 401
