"""The whole line against a real Moodle: a teacher enables, learners finish, credentials come without anybody pressing.

One bridge with its worker, one copy of the course. Each test brings a learner of its own to the end of the course.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from plugin.app import assemble
from plugin.settings import read_settings
from plugin.storage.awards import AwardRow
from plugin.storage.credentials import Reserved
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage, UnitOfWork
from tests.live.bridge import Bridge
from tests.live.conftest import LINE, named
from tests.live.course import LiveCourse, Person, copy_course, until
from tests.live.steps import connect, enable, launched, logged_in, messages_to, place, platform_key, register

pytestmark = [pytest.mark.live, pytest.mark.browser]


@pytest.fixture(scope="module")
def moodle() -> str:
    """Where Moodle is."""
    return named(LINE)


@pytest.fixture(scope="module")
def bridge(moodle: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """A running bridge with a worker, sealing for an institution."""
    running = Bridge(tmp_path_factory.mktemp("bridge"), worker=True)
    running.environment["MICROCRED_SYNC_MINUTES"] = "1"
    with running:
        yield running


@pytest.fixture(scope="module")
def course(moodle: str) -> LiveCourse:
    """A copy of the course of MOODLE_COURSE."""
    copied = copy_course(moodle, os.environ["MOODLE_COURSE"])
    # The form is filled in from what Moodle shows of a learner.
    copied.new_learner("Farid", "Haddad")
    return copied


@pytest.fixture(scope="module")
def activity(bridge: Bridge, chromium: Browser, course: LiveCourse, moodle: str) -> str:
    """The address of the placed tool, after the teacher has enabled the credential there."""
    register(bridge, chromium, moodle)
    connect(bridge, moodle)
    address = place(bridge, chromium, moodle, course.id)
    enable(chromium, moodle, address)
    return address


@pytest.fixture(scope="module")
def storage(bridge: Bridge) -> Storage:
    """What the bridge keeps."""
    return assemble(read_settings(bridge.environment)).storage


def told(bridge: Bridge) -> dict[str, Any]:
    """Return what the status says."""
    return dict(json.loads(bridge.run("status", "--json")))


def offer(bridge: Bridge) -> dict[str, Any]:
    """Return what the status says of the one course."""
    (known,) = told(bridge)["offers"]
    return dict(known)


def sealed(bridge: Bridge) -> int:
    """Return how many credentials are sealed."""
    states = offer(bridge)["states"]
    return sum(states[state]["count"] for state in ("sealed", "delivered") if state in states)


def downloaded(page: Page, activity: str, file: Path) -> Path:
    """Launch as a learner, find the credential, and download the European Digital Credential."""
    frame = launched(page, activity)
    frame.get_by_role("link", name="Open").click()
    with page.expect_download() as download:
        frame.get_by_role("link", name="European Digital Credential").click()
    download.value.save_as(file)
    return file


def test_a_learner_who_completes_finds_a_valid_credential(
    activity: str, bridge: Bridge, chromium: Browser, course: LiveCourse, moodle: str, tmp_path: Path
) -> None:
    """Nobody presses anything between Moodle's completion and the credential that verifies."""
    before, learner = sealed(bridge), course.new_learner("Greta", "Lindqvist")
    course.complete(learner)
    until(lambda: sealed(bridge) == before + 1)
    page = logged_in(chromium, moodle, learner.account)
    file = downloaded(page, activity, tmp_path / "credential.jsonld")
    page.context.close()

    verdict = json.loads(bridge.run("verify", "--json", str(file)))

    assert verdict["ok"], verdict


def test_a_completion_while_the_bridge_is_down_is_issued_after_the_restart(
    activity: str, bridge: Bridge, course: LiveCourse
) -> None:
    """No event, no launch: the next reading finds it."""
    before, learner = sealed(bridge), course.new_learner("Ines", "Moreau")
    bridge.stop()
    course.complete(learner)
    bridge.start()

    until(lambda: sealed(bridge) == before + 1)


def awards_of(work: UnitOfWork, learner: Person) -> list[AwardRow]:
    """Return the awards of a learner."""
    everybody = (award for each in work.offers.enabled() for award in work.awards.of_offer(each.id))
    return [award for award in everybody if award.learner == str(learner.id)]


def credential(storage: Storage, learner: Person) -> Reserved | None:
    """Return the one credential of a learner."""
    with storage.reading() as work:
        awards = awards_of(work, learner)
        return work.credentials.of_award(awards[0].id) if awards else None


def outcomes(storage: Storage, learner: Person) -> list[str]:
    """Return what became of telling a learner, with the code where it failed."""
    reserved = credential(storage, learner)
    with storage.reading() as work:
        found = work.deliveries.of((reserved.envelope.id,)).get(reserved.envelope.id, ()) if reserved else ()
    return [each.error or each.outcome for each in found]


def deliver_again(bridge: Bridge, storage: Storage, learner: Person) -> None:
    """Have the learner told as far as that is not done, and wait until the worker is through."""
    with storage.begin() as work:
        (award,) = awards_of(work, learner)
        work.outbox.request(Topic.DELIVER, award.id, datetime.now(UTC))
    until(lambda: told(bridge)["waiting"]["deliver"] == 0)


def test_whom_moodle_lets_nobody_message_is_told_to_the_teacher_and_not_tried_again(
    activity: str, bridge: Bridge, chromium: Browser, course: LiveCourse, moodle: str, storage: Storage
) -> None:
    """An account without moodle/site:messageanyuser: Moodle answers -1, and that is an end."""
    learner = course.new_learner("Yara", "Demir")
    course.complete(learner)
    until(lambda: outcomes(storage, learner) == ["not_wanted"])
    deliver_again(bridge, storage, learner)

    page = logged_in(chromium, moodle, os.environ["MOODLE_TEACHER"])
    row = launched(page, activity).get_by_role("row").filter(has_text="Yara Demir")
    expect(row).to_contain_text("the person takes no messages from the bridge's account")
    page.context.close()
    assert messages_to(chromium, moodle, learner) == []
    assert (outcomes(storage, learner), told(bridge)["parked"]) == (["not_wanted"], [])


def test_a_learner_has_one_message_in_moodle_when_the_credential_is_sealed(
    activity: str, bridge: Bridge, chromium: Browser, course: LiveCourse, moodle: str, storage: Storage
) -> None:
    """With the right to message anybody: after the seal, and none more when delivery runs again."""
    connect(bridge, moodle, "MOODLE_TOKEN_MESSAGES")
    bridge.stop()
    bridge.start()
    assert "green messages" in bridge.run("registrations")
    learner = course.new_learner("Zoe", "Janssens")
    course.complete(learner)
    until(lambda: outcomes(storage, learner) == ["sent"])
    (message,) = messages_to(chromium, moodle, learner)

    deliver_again(bridge, storage, learner)

    assert messages_to(chromium, moodle, learner) == [message]
    reserved = credential(storage, learner)
    assert reserved is not None
    assert reserved.sealed_at is not None
    assert message["timecreated"] >= int(reserved.sealed_at.timestamp())
    assert f"{bridge.url}/notices/" in message["fullmessagehtml"]
    assert "Janssens" not in message["fullmessagehtml"]


def push(bridge: Bridge, course: LiveCourse, learner: Person, secret: str) -> int:
    """Send the event of a completed course as the plugin in a Moodle does; return the status of the answer."""
    stamp, event = str(int(time.time())), uuid.uuid4().hex
    body = json.dumps(
        {
            "iss": course.setup.moodle,
            "sentAt": int(stamp),
            "type": "course_completed",
            "userId": str(learner.id),
            "courseId": course.id,
            "eventId": event,
        }
    ).encode()
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": event,
        "X-Moodle-Timestamp": stamp,
        "X-Moodle-Signature": f"v1={signature}",
    }
    return requests.post(f"{bridge.url}/hints/{platform_key(bridge)}", body, headers=headers, timeout=30).status_code


def test_a_pushed_event_has_the_course_read_at_once(activity: str, bridge: Bridge, course: LiveCourse) -> None:
    """Where courses are read once a day, the event is what brings the credential."""
    (secret := bridge.log.parent / "push-secret").write_text(uuid.uuid4().hex)
    bridge.run("push", platform_key(bridge), str(secret))
    bridge.stop()
    bridge.environment["MICROCRED_SYNC_MINUTES"] = "1440"
    bridge.start()
    last = offer(bridge)["synced_at"]
    until(lambda: bool(offer(bridge)["synced_at"] != last))
    before, learner = sealed(bridge), course.new_learner("Noor", "Peeters")
    course.complete(learner)
    assert sealed(bridge) == before

    assert push(bridge, course, learner, secret.read_text()) == 204

    until(lambda: sealed(bridge) == before + 1)
