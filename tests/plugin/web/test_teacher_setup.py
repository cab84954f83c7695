"""Enabling: one screen, three fields, a preview with the real class, and Enable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from lti.claims import COURSE_HISTORY, LaunchId
from lti.errors import Fault, PlatformError
from lti.roles import Role
from mappings.assessment import CompetencyId, CourseId
from mappings.profile import ProvenByAssessments, Workload
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.factories import ISSUED, READ
from tests.plugin.web.site import Browser, RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import COURSE, PLATFORM, a_platform, an_offer, records, sealed_credential

LAUNCH = a_launch(Role.TEACHER, "2")
SETUP, PREVIEW, ENABLE = (f"/teach/{LAUNCH.id}/{page}" for page in ("setup", "preview", "enable"))
ASKED = {"workload.ects": "5", "level.eqf": "6", "participation": "920fbb3cbe"}
"""The three fields that a teacher of the recorded course fills in."""
FIELD = re.compile(r"<(input|textarea|select)\b([^>]*)>(.*?)(?=<(?:input|textarea|select|button)\b|</form>)", re.DOTALL)


def shown_fields(page: str) -> dict[str, Any]:
    """What a browser would send if nobody touched the form."""
    form = page[page.index("/setup") :]
    sent: dict[str, Any] = {}
    for tag, attributes, rest in FIELD.findall(form):
        name = re.search(r'name="([^"]+)"', attributes)
        if name is None or name[1] in {"csrf_token", "language", "back"}:
            continue
        value = re.search(r'value="([^"]*)"', attributes)
        if tag == "textarea":
            sent[name[1]] = rest.partition("</textarea>")[0]
        elif tag == "select":
            chosen = re.search(r'<option value="([^"]*)" selected', rest)
            sent[name[1]] = chosen[1] if chosen else ""
        elif 'type="checkbox"' not in attributes:
            sent[name[1]] = value[1] if value else ""
        elif " checked" in attributes:
            sent.setdefault(name[1], []).append(value[1] if value else "on")
    return sent


@pytest.fixture
def course(rows: Storage) -> Site:
    """The recorded course on a connected platform, and an institution that stated its profile."""
    a_platform(rows)
    with rows.begin() as work:
        work.profiles.keep_issuer(factories.issuer(), READ)
    return Site(rows, RecordedPlatform(records()))


@pytest.fixture
def teacher(course: Site) -> Browser:
    """The course's teacher."""
    return course.browser(LAUNCH)


def send(teacher: Browser, **changes: Any) -> Any:
    """Send the form as it is shown, with changes; dots in names are written as two underscores."""
    fields = shown_fields(teacher.get(SETUP).text) | ASKED
    fields |= {name.replace("__", "."): value for name, value in changes.items()}
    return teacher.post(SETUP, fields)


def test_the_form_comes_filled_from_platform_and_institution(teacher: Browser) -> None:
    """Title, outcomes, assessments and institution are there, each with where it came from."""
    page = teacher.get(SETUP).text

    assert 'value="Micro-credential: Applied Data Analysis"' in page
    assert "Prepare and clean a data set" in page
    assert "Final exam (proctored, Safe Exam Browser)" in page
    assert "Test Academy" in page
    assert "from the platform" in page
    assert "suggested: please check" in page


def test_three_fields_and_two_clicks_enable_the_recorded_course(course: Site, teacher: Browser) -> None:
    """Preview, Enable; the course is then read at once."""
    sent = send(teacher)
    teacher.post(ENABLE, page=PREVIEW)

    with course.storage.reading() as work:
        (offer,) = work.offers.of_course(PLATFORM, COURSE)
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
    assert sent.headers["Location"] == PREVIEW
    assert offer.enabled
    assert profile.workload == Workload(ects=factories.profile().workload.ects)  # type: ignore[union-attr]
    assert profile.stated_by == "Tessa Teacher"


def test_the_preview_counts_the_class_and_names_each_reason(teacher: Browser) -> None:
    """Anna and Bruno get it; the others do not, and why."""
    send(teacher)

    page = teacher.get(PREVIEW).text

    assert "If it were enabled now: 2 get it, 4 do not, 0 wait for a person." in page
    assert "Anna Kowalska" in page
    assert "The course is not completed." in page
    assert "What is stated about supervision, and why not more" in page


def test_what_is_missing_is_named_and_keeps_enable_away(teacher: Browser) -> None:
    """Without a level nothing can be enabled, not even by a hand-made request."""
    send(teacher, level__eqf="")

    page = teacher.get(PREVIEW).text
    status = teacher.post(ENABLE, page=PREVIEW).status_code

    assert "Annex I, M8" in page
    assert "If it were enabled now" not in page
    assert status == 409


def test_a_wrong_field_is_told_beside_it_and_in_the_summary(teacher: Browser) -> None:
    """The summary links to the field, the field refers to its help and its sentence, what was typed is kept."""
    answer = send(teacher, workload__ects="many", assessment__6__pass_mark="x")

    assert answer.status_code == 422
    for name in ("workload.ects", "assessment.6.pass_mark"):
        assert f'href="#f-{name}"' in answer.text
        assert f'id="f-{name}" aria-invalid="true" aria-describedby="h-{name} p-{name}"' in answer.text
        assert f'id="h-{name}"' in answer.text
        assert f'id="p-{name}"' in answer.text
    assert 'value="many"' in answer.text


def test_a_word_finds_the_field_of_study(course: Site, teacher: Browser) -> None:
    """No code is typed, and no script is needed."""
    send(teacher, subjects="Statistics")

    with course.storage.reading() as work:
        draft = work.drafts.get(PLATFORM, COURSE)
    assert draft is not None
    assert [subject.label for subject in draft.profile.subjects] == ["Statistics"]


def test_a_word_that_means_several_fields_is_asked_about(teacher: Browser) -> None:
    """The person chooses, not the program."""
    answer = send(teacher, subjects="language")

    assert answer.status_code == 422
    assert "Did you mean one of these?" in answer.text
    assert "Language acquisition" in answer.text


def test_a_declaration_of_supervision_is_of_the_one_who_made_it(course: Site, teacher: Browser) -> None:
    """The name and the time are the server's, whatever is sent."""
    send(
        teacher,
        assessment__7__supervision="on_site",
        assessment__7__identity_verified="yes",
        assessment__7__method="two invigilators",
        assessment__7__place="room B2",
        assessment__7__identified_by="the registry, at the door",
        stated_by="Somebody Else",
    )

    with course.storage.reading() as work:
        draft = work.drafts.get(PLATFORM, COURSE)
    assert draft is not None
    (declared,) = draft.profile.supervision
    assert (declared.stated_by, declared.method, declared.identity_verified) == (
        "Tessa Teacher",
        "two invigilators",
        True,
    )
    assert (declared.place, declared.identified_by) == ("room B2", "the registry, at the door")
    assert declared.stated_at == ISSUED


def test_what_a_declaration_comes_to_is_shown_beside_it(teacher: Browser) -> None:
    """Nothing declared is nothing stated; on site in an online course is stated as the weaker, online."""
    begun = teacher.get(SETUP).text
    send(teacher, assessment__7__supervision="on_site", assessment__7__identity_verified="yes")

    shown = teacher.get(SETUP).text

    assert begun.count("<strong>Not supervised; identity not verified</strong>") == 3
    assert shown.count("<strong>Not supervised; identity not verified</strong>") == 2
    assert shown.count("<strong>Supervised online; identity verified</strong>") == 1


class Unrated(RecordedPlatform):
    """The recorded course at its beginning: nobody is rated in anything."""

    def read(self, course: CourseId, learners: Any = None, since: datetime | None = None) -> Iterator[Any]:
        return (replace(each, competencies=()) for each in super().read(course, learners, since))


class Named(Unrated):
    """It names its competencies all the same."""

    def competencies(self, course: CourseId) -> dict[CompetencyId, str]:
        return {CompetencyId(f"{course}-1"): "Clean a data set"}


def test_a_course_that_names_no_outcome_asks_for_one(course: Site) -> None:
    """One field, with its element and an example; every assessment proves it unless the teacher says otherwise."""
    course = Site(course.storage, Unrated(records()))
    teacher = course.browser(LAUNCH)
    page = teacher.get(SETUP).text

    send(teacher, outcome__new__title__en="Clean a data set")

    with course.storage.reading() as work:
        draft = work.drafts.get(PLATFORM, COURSE)
    assert "What learners can do afterwards (Annex I, M6)" in page
    assert draft is not None
    (outcome,) = draft.profile.outcomes
    assert outcome.title.in_language("en") == "Clean a data set"
    assert outcome.proof == ProvenByAssessments(tuple(each.activity for each in draft.profile.assessments))


def test_competencies_fill_the_form_before_anybody_is_rated(course: Site) -> None:
    """The platform lists them."""
    page = Site(course.storage, Named(records())).browser(LAUNCH).get(SETUP).text

    assert 'value="Clean a data set"' in page
    assert "What learners can do afterwards" not in page


class Broken(RecordedPlatform):
    """A platform that answers nobody."""

    fault = Fault.UNREACHABLE

    def people(self, course: CourseId) -> tuple[Any, ...]:
        raise PlatformError(self.fault, f"people of {course}")


class Refusing(Broken):
    """A platform on which a right is missing."""

    fault = Fault.NO_ACCESS


@pytest.mark.parametrize(
    ("platform", "step"),
    [(Broken, "in a few minutes"), (Refusing, "does not pass by itself")],
    ids=["down", "refusing"],
)
def test_a_platform_that_cannot_be_read_is_told_with_code_and_next_step(
    course: Site, platform: type[Broken], step: str
) -> None:
    """Waiting helps, or the IT department does."""
    page = Site(course.storage, platform(records())).browser(LAUNCH).get(SETUP).text

    assert f"Code for the IT department: {platform.fault}" in page
    assert step in page
    assert ">Try again</a>" in page


def test_an_assessment_that_does_not_count_is_left_out_everywhere(course: Site, teacher: Browser) -> None:
    """Neither an outcome nor the rule refers to it any more."""
    fields = shown_fields(teacher.get(SETUP).text) | ASKED
    del fields["assessment.6.counts"]
    teacher.post(SETUP, fields)

    with course.storage.reading() as work:
        draft = work.drafts.get(PLATFORM, COURSE)
    assert draft is not None
    assert [each.activity for each in draft.profile.assessments] == ["7", "8"]
    assert "6" not in draft.profile.rule.required


def test_without_an_institution_profile_the_page_says_who_can_help(rows: Storage) -> None:
    """IT states it once."""
    a_platform(rows)
    teacher = Site(rows, RecordedPlatform(records())).browser(LAUNCH)
    send(teacher)

    answer = teacher.get(PREVIEW)

    assert answer.status_code == 200
    assert "its IT can" in answer.text


def test_a_platform_that_is_not_connected_is_said(site: Site) -> None:
    """No server error, a sentence."""
    answer = site.browser(LAUNCH).get(SETUP)

    assert answer.status_code == 200
    assert "has not connected this platform" in answer.text


def test_a_copied_course_takes_the_profile_along_as_a_draft(course: Site, teacher: Browser) -> None:
    """What people stated comes along without being asked for; nothing is enabled by that."""
    send(teacher)
    teacher.post(ENABLE, page=PREVIEW)
    launch = a_launch(Role.TEACHER, "2", course="33", custom=((COURSE_HISTORY, "3"),))
    copied = {name: _moved(record) for name, record in records().items()}
    course.platform = RecordedPlatform(copied)
    newcomer = course.browser(launch)

    page = newcomer.get(f"/teach/{launch.id}").text

    with course.storage.reading() as work:
        draft = work.drafts.get(PLATFORM, launch.place.course)
        offers = work.offers.of_course(PLATFORM, launch.place.course)
    assert draft is not None
    assert draft.copied_from == "3"
    assert "Taken over as a draft from the course that this one was copied from." in page
    assert "from the course that this one was copied from</span>" in page
    assert draft.profile.level is not None
    assert offers == ()


def test_a_draft_of_its_own_is_not_written_over_unasked(course: Site, teacher: Browser) -> None:
    """Somebody prepared the copy before the platform told where it came from: then they say so themselves."""
    send(teacher)
    teacher.post(ENABLE, page=PREVIEW)
    course.platform = RecordedPlatform({name: _moved(record) for name, record in records().items()})
    alone = a_launch(Role.TEACHER, "2", course="33")
    launch = replace(alone, id=LaunchId("d" * 32), custom=((COURSE_HISTORY, "3"),))
    course.browser(alone).get(f"/teach/{alone.id}/setup")
    newcomer = course.browser(launch)

    asked = newcomer.get(f"/teach/{launch.id}/setup").text
    newcomer.post(f"/teach/{launch.id}/copy", page=f"/teach/{launch.id}/setup")

    assert "Take over from the course that this one was copied from" in asked
    assert "Taken over as a draft" in newcomer.get(f"/teach/{launch.id}/setup").text


def test_a_language_is_written_by_its_name(course: Site, teacher: Browser) -> None:
    """No code is typed; a tag is taken too."""
    shown = shown_fields(teacher.get(SETUP).text)["languages"]

    send(teacher, languages="Dutch, en")

    with course.storage.reading() as work:
        draft = work.drafts.get(PLATFORM, COURSE)
    assert draft is not None
    assert draft.profile.languages == ("nl", "en")
    assert shown == "English"


def test_the_level_is_chosen_by_what_it_is_like(teacher: Browser) -> None:
    """Few people know the eight numbers."""
    assert '<option value="6">6: like learning in a bachelor programme</option>' in teacher.get(SETUP).text


def test_only_the_part_with_the_problem_is_open(teacher: Browser) -> None:
    """And the summary calls a field as the page does."""
    answer = send(teacher, assessment__6__pass_mark="x").text

    assert answer.count("<details open>") == 1
    assert '<a href="#f-assessment.6.pass_mark">Module 1 quiz: Passed from (points): ' in " ".join(answer.split())


def test_enabling_again_says_who_has_it_already(course: Site, teacher: Browser) -> None:
    """They do not get it a second time, and a changed profile asks about theirs."""
    sealed_credential(course.storage, an_offer(course.storage))
    send(teacher)

    page = teacher.get(PREVIEW).text

    assert "If it were enabled now: 1 has it already, 1 gets it, 4 do not, 0 wait for a person." in page
    assert "you are asked what to do about it" in page


def _moved(record: Any) -> Any:
    return replace(record, course=replace(record.course, id=CourseId("33")))
