"""Whatever a form sends, the answer is a page that says what is wrong, and never a server error."""

from __future__ import annotations

import pytest

from lti.roles import Role
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.factories import READ
from tests.plugin.web.site import Browser, RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import a_platform, records
from tests.plugin.web.test_teacher_setup import ASKED, SETUP, shown_fields

TEACHER = a_launch(Role.TEACHER, "2")
VALUES = (
    "x",
    "-1",
    "9" * 400,
    "NaN",
    "1e999",
    "\x00",
    "\ud7ff\u202e",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "," * 50,
)


@pytest.fixture
def teacher(rows: Storage) -> Browser:
    """A teacher before a filled form."""
    a_platform(rows)
    with rows.begin() as work:
        work.profiles.keep_issuer(factories.issuer(), READ)
    return Site(rows, RecordedPlatform(records())).browser(TEACHER)


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_any_value_in_any_field_is_taken_or_refused(teacher: Browser, value: str) -> None:
    """One field after the other, and then all of them."""
    token = teacher.token(SETUP)
    shown = shown_fields(teacher.get(SETUP).text) | ASKED
    names = [name for name in shown if not name.startswith("outcome.")]
    forms = [{**shown, name: value} for name in names] + [dict.fromkeys(shown, value)]

    statuses = {teacher.client.post(SETUP, data={**form, "csrf_token": token}).status_code for form in forms}

    assert statuses <= {303, 422}
    assert "<script>alert" not in teacher.get(SETUP).text


def test_a_form_without_any_field_is_refused_or_taken(teacher: Browser) -> None:
    """Everything is missing: a draft without anything, or problems."""
    teacher.get(SETUP)

    assert teacher.post(SETUP, {}).status_code in {303, 422}


@pytest.mark.parametrize(
    "query", ["?page=0", "?page=-5", "?page=x", "?page=99999999999", "?learner=<b>", "?language=../"]
)
def test_any_query_shows_a_page(teacher: Browser, query: str) -> None:
    """Numbers out of range, and words where numbers belong."""
    teacher.post(SETUP, shown_fields(teacher.get(SETUP).text) | ASKED)

    for page in (f"/teach/{TEACHER.id}/preview", f"/teach/{TEACHER.id}"):
        assert teacher.get(page + query).status_code == 200
