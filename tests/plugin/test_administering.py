"""What an administrator does: come in by a link, let deployments in, try parked work again; all of it noted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lti.claims import platform_id
from lti.stores import Deployment, Registration
from mappings.assessment import PlatformId
from plugin import signing_in
from plugin.administering import LINK_LIVES, AdministeringTools, come_in, decide_deployment, make_link, retry
from plugin.errors import NoReasonGiven
from plugin.storage.audit import Entry
from plugin.storage.outbox import Topic
from plugin.storage.registrations import Registrations
from plugin.storage.unit_of_work import Storage
from tests.factories import ISSUED
from tests.plugin.rows import park

LMS = "https://lms.example"
MOODLE = Registration(LMS, "client", f"{LMS}/auth", f"{LMS}/token", f"{LMS}/jwks", "moodle", "LMS", (LMS,))
DEPLOYMENT = platform_id(LMS, "client", "1")
SECOND = timedelta(seconds=1)


class Desk:
    """An administrator's tools, and when the bell was rung."""

    def __init__(self, storage: Storage) -> None:
        self.stored, self.rung, self.now = Registrations(storage), list[datetime](), ISSUED
        self.tools = AdministeringTools(storage, self._allow, lambda: self.rung.append(self.now), lambda: self.now)
        self.stored.save(MOODLE, ISSUED)
        self.stored.note_deployment(Deployment(MOODLE.id, "1", DEPLOYMENT, allowed=False, first_seen_at=ISSUED))

    def _allow(self, platform: PlatformId, allowed: bool) -> bool:
        return self.stored.allow_deployment(platform, allowed=allowed)

    def may_launch(self) -> bool:
        """Whether the one deployment is let in."""
        (deployment,) = self.stored.deployments(MOODLE.id)
        return deployment.allowed


@pytest.fixture
def desk(storage: Storage) -> Desk:
    """An administrator's tools, with a deployment that waits."""
    return Desk(storage)


def trail(storage: Storage) -> list[Entry]:
    """What was noted so far."""
    with storage.reading() as work:
        return [chained.entry for chained in work.audit.entries()]


def test_a_link_lets_its_person_in_once(storage: Storage) -> None:
    """Whoever finds it in a history later stays outside."""
    token = make_link(storage, "Ada Admin", ISSUED)

    assert come_in(storage, token, ISSUED) == "Ada Admin"
    assert come_in(storage, token, ISSUED) == ""


def test_a_link_is_over_after_ten_minutes(storage: Storage) -> None:
    """To the second."""
    early, late = (make_link(storage, "Ada Admin", ISSUED) for _ in range(2))

    assert timedelta(minutes=10) == LINK_LIVES
    assert come_in(storage, late, ISSUED + LINK_LIVES) == ""
    assert come_in(storage, early, ISSUED + LINK_LIVES - SECOND) == "Ada Admin"


def test_an_unknown_link_opens_nothing_and_is_not_noted(storage: Storage) -> None:
    """Guessing leaves no act in anybody's name."""
    assert come_in(storage, "guessed", ISSUED) == ""
    assert trail(storage) == []


def test_a_link_for_nobody_is_refused(storage: Storage) -> None:
    """The trail would say that nobody did it."""
    with pytest.raises(NoReasonGiven):
        make_link(storage, " ", ISSUED)

    assert trail(storage) == []


def test_the_trail_says_for_whom_a_link_was_made_and_who_came_in(storage: Storage) -> None:
    """Under the name, without the token or what the browser holds."""
    token = make_link(storage, " Ada Admin ", ISSUED)
    held = signing_in.begin(storage, come_in(storage, token, ISSUED + SECOND), "link", ISSUED + SECOND)

    noted = trail(storage)
    assert [(each.at, each.actor, each.act) for each in noted] == [
        (ISSUED, "Ada Admin", "link"),
        (ISSUED + SECOND, "Ada Admin", "sign-in"),
    ]
    assert token not in str(noted)
    assert held not in str(noted)


@pytest.mark.parametrize(("allowed", "act"), [(True, "allow"), (False, "stop")])
def test_a_decision_about_a_deployment_holds_and_is_noted(
    storage: Storage, desk: Desk, allowed: bool, act: str
) -> None:
    """Who let it launch, or stopped it, and when."""
    desk.stored.allow_deployment(DEPLOYMENT, allowed=not allowed)

    assert decide_deployment(desk.tools, DEPLOYMENT, allowed=allowed, by="Ada Admin")

    assert desk.may_launch() is allowed
    assert trail(storage) == [Entry(at=ISSUED, actor="Ada Admin", act=act, subject=DEPLOYMENT)]


def test_no_decision_is_noted_about_a_deployment_that_is_not_there(storage: Storage, desk: Desk) -> None:
    """The trail holds what was done."""
    assert not decide_deployment(desk.tools, PlatformId("unknown"), allowed=True, by="Ada Admin")

    assert trail(storage) == []


def test_trying_again_makes_parked_work_due_and_rings(storage: Storage, desk: Desk) -> None:
    """It is taken up at once, and counted from the start."""
    park(storage, Topic.SYNC, "offer-1", "unreachable", ISSUED)
    desk.now = ISSUED + timedelta(hours=1)

    assert retry(desk.tools, "Ada Admin") == 1

    with storage.begin() as work:
        assert work.outbox.parked() == ()
        (lease,) = work.outbox.claim(Topic.SYNC, "offer-1", desk.now, timedelta(minutes=1))
    assert lease.attempt == 1
    assert desk.rung == [desk.now]
    assert [(each.actor, each.act, each.after) for each in trail(storage)] == [("Ada Admin", "retry", "1 due")]
