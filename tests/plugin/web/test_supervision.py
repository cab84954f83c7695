"""How the assessments were watched: who says what, what will be stated, and session records as CSV or signed."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from lti.roles import Role
from mappings.assessment import EvidenceSource, LearnerId, Presence
from plugin.intake import IntakeTools, make_secret
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.factories import EXAM, ISSUED, READ
from tests.plugin.rows import ADA101, MOODLE
from tests.plugin.test_intake import a_record, body_of, signed
from tests.plugin.web.site import Browser, RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import an_offer, records

LAUNCH = a_launch(Role.TEACHER, "2")
PAGE = f"/teach/{LAUNCH.id}/supervision"
HEAD = "learner;assessment;vendor;method;identity_check;reviewed_by;result;time"
GOOD = f"4;{EXAM};Example Proctoring;person_online;passed;Exam office;clear;2026-06-30T10:15:00+02:00"


@pytest.fixture
def site(rows: Storage) -> Site:
    """The recorded course, enabled and read, its exam behind Safe Exam Browser."""
    read = records()
    site = Site(rows, RecordedPlatform(read))
    an_offer(rows)
    setting = factories.evidence(
        EXAM, source=EvidenceSource.PLATFORM_SETTING, supervision=Presence.UNKNOWN, method="safe exam browser"
    )
    with rows.begin() as work:
        for record in read.values():
            work.assessments.record(replace(record, supervision=(setting,)))
    return site


@pytest.fixture
def teacher(site: Site) -> Browser:
    """Who launched as a teacher of the course."""
    return site.browser(LAUNCH)


def upload(teacher: Browser, *lines: str, **more: str) -> str:
    """Send a CSV file, and return the page."""
    file = (io.BytesIO("\r\n".join((HEAD, *lines)).encode()), "sessions.csv")
    return teacher.post(PAGE, {"file": file, **more}, content_type="multipart/form-data").text


def told(rows: Storage) -> dict[LearnerId, int]:
    """How many sittings are known of each learner."""
    with rows.reading() as work:
        return {learner: len(each) for learner, each in work.sessions.of_course(LAUNCH.platform, ADA101).items()}


def test_the_page_says_who_says_what(teacher: Browser) -> None:
    """The platform's setting, no session record, and what is left to state."""
    page = teacher.get(PAGE).text

    assert "safe exam browser" in page
    assert "0 of 6 learners" in page
    assert "Not supervised; identity not verified" in page


def test_a_file_is_shown_before_anything_is_kept(rows: Storage, teacher: Browser) -> None:
    """With the names that the platform knows."""
    page = upload(teacher, GOOD)

    assert "Keep these records in my name" in page
    assert "Anna Kowalska" in page
    assert told(rows) == {}


def test_a_confirmed_file_is_kept_with_the_name_of_who_uploaded_it(rows: Storage, teacher: Browser) -> None:
    """And the page shows at once what it changes."""
    text = f"{HEAD}\n{GOOD}"

    page = teacher.post(PAGE, {"text": text, "confirmed": "yes"}).text

    with rows.reading() as work:
        [(kept,)] = work.sessions.of_course(LAUNCH.platform, ADA101).values()
    assert kept.sent_by == "Tessa Teacher"
    assert "1 of 6 learners" in page
    assert "1: taken" in page


def test_every_problem_is_named_by_its_line(rows: Storage, teacher: Browser) -> None:
    """As a spreadsheet counts; nothing is taken."""
    wrong = GOOD.replace("person_online", "magic").replace("2026-06-30T10:15:00+02:00", "yesterday")

    page = upload(teacher, GOOD, wrong)

    assert "Line 3, column “method”" in page
    assert "Line 3, column “time”" in page
    assert told(rows) == {}


def test_a_confirmation_is_checked_again(rows: Storage, teacher: Browser) -> None:
    """What a browser sends back is as foreign as a file."""
    answer = teacher.post(PAGE, {"text": f"{HEAD}\n{GOOD.replace('clear', 'perfect')}", "confirmed": "yes"})

    assert answer.status_code == 422
    assert told(rows) == {}


def test_another_course_is_not_this_teacher_s(rows: Storage, teacher: Browser) -> None:
    """The column may be left out, and may name nothing else."""
    answer = teacher.post(PAGE, {"text": f"{HEAD};course\n{GOOD};99", "confirmed": "yes"})

    assert answer.status_code == 422
    assert "Not this course" in answer.text
    assert told(rows) == {}


@pytest.mark.parametrize("text", ["", "\x00", "a,b,c", HEAD, "\n\n"])
def test_what_is_no_table_is_said_to_be_none(teacher: Browser, text: str) -> None:
    """In words, and not with a fault."""
    assert teacher.post(PAGE, {"text": text, "confirmed": "yes"}).status_code == 422


def test_a_learner_has_no_such_page(site: Site) -> None:
    """It names others."""
    learner = a_launch(Role.LEARNER, "4")

    assert site.browser(learner).get(f"/teach/{learner.id}/supervision").status_code == 403


def test_a_vendor_posts_without_a_browser(site: Site, rows: Storage) -> None:
    """No session, no token of a form: the signature stands for both."""
    with rows.begin() as work:
        work.platforms.connect(replace(work.platforms.get(LAUNCH.platform), id=MOODLE), READ)
    secret = make_secret(IntakeTools(rows, lambda: ISSUED, bool), MOODLE, by="Tessa")
    body = body_of(a_record())
    client = site.app.test_client()

    answer = client.post("/proctoring/sessions", data=body, headers=signed(secret, body, ISSUED.timestamp()))
    wrong = body_of(a_record(time="yesterday"))
    refused = client.post("/proctoring/sessions", data=wrong, headers=signed(secret, wrong, ISSUED.timestamp()))
    foreign = client.post("/proctoring/sessions", data=body, headers=signed("guessed", body, ISSUED.timestamp()))

    assert answer.json == {"records": ["kept; no credential is enabled in this course"], "taken": 1}
    assert (refused.status_code, refused.json) == (
        422,
        {"code": "proctoring_records_refused", "problems": ["records.0.time: Not a time with its zone."]},
    )
    assert (foreign.status_code, foreign.json) == (401, {"code": "intake_refused"})
