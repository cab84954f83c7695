"""A proctoring service tells, and the sealed credential states it: the whole line, with a simulated Moodle."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from mappings.assessment import PlatformId
from mappings.elements import SupervisionCategory
from plugin import issuing, sync
from plugin.app import Bridge, assemble
from plugin.intake import IntakeTools, make_secret
from plugin.storage.awards import AwardRow, State
from plugin.storage.platforms import Connected
from tests import factories
from tests.factories import READ
from tests.functional.entrance import TOOL, Entrance, Visitor
from tests.functional.test_whole_line import enable, entrance, settled, token
from tests.plugin.test_intake import signed
from tests.simulators.moodle import TOKEN, MoodleSimulator

__all__ = ["entrance"]
ANNA = "4"


class Enabled:
    """The recorded course, enabled by a teacher, beside a vendor that may send."""

    def __init__(self, entrance: Entrance, moodle: MoodleSimulator) -> None:
        self.teacher: Visitor = entrance.browser()
        launched = self.teacher.launch("teacher")
        self.home, self.entrance = launched.location, entrance
        self.platform: PlatformId = entrance.launch_of(launched).platform
        self.bridge: Bridge = assemble(entrance.settings)
        with self.bridge.storage.begin() as work:
            work.platforms.connect(Connected(self.platform, "moodle", moodle.url, token=TOKEN), READ)
            work.profiles.keep_issuer(factories.issuer(), READ)
        self.secret = make_secret(IntakeTools(self.bridge.storage, self.bridge.clock, bool), self.platform, by="IT")
        enable(self.teacher, self.home)

    def tell(self, **changes: str) -> None:
        """Let the vendor send a record of Anna's sitting of every assessment."""
        said = {"course": "3", "learner": ANNA, "vendor": "Example Proctoring", "method": "person_online"}
        said |= {"identity_check": "passed", "reviewed_by": "Exam office", "result": "clear", "session": "a"}
        said |= {"time": "2026-06-30T10:15:00+02:00", **changes}
        with self.bridge.storage.reading() as work:
            (offer,) = work.offers.enabled()
            profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        records = [{**said, "assessment": each.activity} for each in profile.assessments]
        body = json.dumps({"records": records}).encode()
        stranger = self.entrance.app.test_client()
        headers = signed(self.secret, body, time.time(), self.platform)
        answer = stranger.post("/proctoring/sessions", data=body, headers=headers, base_url=TOOL)
        assert answer.status_code == 200

    def anna(self, awards: list[AwardRow]) -> AwardRow | None:
        """Anna's award, if it was issued."""
        return next((award for award in awards if award.learner == ANNA), None)

    def held(self) -> AwardRow:
        """Anna's award, which waits for a person."""
        with self.bridge.storage.reading() as work:
            (offer,) = work.offers.enabled()
            return next(award for award in work.awards.of_offer(offer.id, State.HELD) if award.learner == ANNA)

    def stated(self, award: AwardRow) -> tuple[SupervisionCategory, str]:
        """What Anna's credential states, as it was kept and as it was sealed."""
        with self.bridge.storage.reading() as work:
            reserved = work.credentials.of_award(award.id)
        assert reserved is not None
        learner = self.entrance.browser()
        home = learner.launch("learner", sub=ANNA).location
        shown = learner.get(f"{home}/credential/{reserved.envelope.id}").text
        return reserved.credential.supervision.value.category, shown


@pytest.fixture
def enabled(entrance: Entrance) -> Iterator[Enabled]:
    """The course."""
    with MoodleSimulator() as moodle:
        yield Enabled(entrance, moodle)


def test_a_watched_sitting_is_stated_in_the_sealed_credential(enabled: Enabled) -> None:
    """Signed record in, statement out: supervised online with the identity verified (Annex I, O2)."""
    enabled.tell()

    award = enabled.anna(settled(enabled.bridge))

    assert award is not None
    category, shown = enabled.stated(award)
    assert category is SupervisionCategory.SUPERVISED_ONLINE
    assert "Supervised online; identity verified" in shown


def test_a_finding_is_held_and_approved_by_a_named_person(enabled: Enabled) -> None:
    """Nobody is refused by a machine, and what is in question is not stated."""
    enabled.tell(result="flagged")
    assert enabled.anna(settled(enabled.bridge)) is None
    held = enabled.held()

    page = f"{enabled.home}/award/{held.id}"
    shown = enabled.teacher.get(page).text
    approval = {"reason": "Looked at the recording", "confirmed": "yes", "csrf_token": token(shown)}
    enabled.teacher.post(f"{page}/approve", approval)
    award = issuing.issue(enabled.bridge.issuing, held.id)

    assert "waits for a person" in shown
    assert award.state is State.SEALED
    assert award.ruled_by
    assert enabled.stated(award)[0] is SupervisionCategory.UNSUPERVISED


def test_a_teacher_s_upload_is_read_at_once(enabled: Enabled) -> None:
    """The same line by CSV: previewed, confirmed, with the name of who did it."""
    page = f"{enabled.home}/supervision"
    line = f"{ANNA},{{}},Example,person_online,passed,Exam office,flagged,2026-06-30T10:15:00+02:00"
    with enabled.bridge.storage.reading() as work:
        (offer,) = work.offers.enabled()
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
    head = "learner,assessment,vendor,method,identity_check,reviewed_by,result,time"
    text = "\n".join([head, *(line.format(each.activity) for each in profile.assessments)])

    preview = enabled.teacher.post(page, {"text": text, "csrf_token": token(enabled.teacher.get(page).text)})
    kept = enabled.teacher.post(page, {"text": text, "confirmed": "yes", "csrf_token": token(preview.text)})
    sync.sync(enabled.bridge.sync, offer.id)

    assert "Keep these records in my name" in preview.text
    assert "with your name" in kept.text
    assert [each.code for each in enabled.held().reasons if each.code == "open_flag"]
