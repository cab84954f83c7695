"""What the teacher's list says of telling learners."""

from __future__ import annotations

import pytest

from lti.errors import Fault
from lti.roles import Role
from plugin.notices import NoticeKind
from plugin.storage.deliveries import Outcome, Parcel
from plugin.storage.unit_of_work import Storage
from tests.factories import ISSUED
from tests.plugin.web.site import RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import an_offer, records, sealed_credential


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault.NOT_WANTED, "the person takes no messages from the bridge"),
        (Fault.NOT_USED, "the platform sends no messages for the bridge"),
        (Fault.NO_ACCESS, "the platform sends no messages for the bridge"),
    ],
)
def test_the_list_says_in_words_why_a_learner_was_not_told(rows: Storage, fault: Fault, why: str) -> None:
    """The code of the fault is for the log and the operator."""
    course = Site(rows, RecordedPlatform(records()))
    parcel = Parcel(sealed_credential(rows, an_offer(rows)).envelope.id, NoticeKind.READY, "lms")
    with rows.begin() as work:
        work.deliveries.begin(parcel, ISSUED)
        work.deliveries.end(parcel, Outcome.FAILED, fault, ISSUED)
    launch = a_launch(Role.TEACHER, "2")

    page = course.browser(launch).get(f"/teach/{launch.id}").text

    assert f"that it is ready: message in the platform, not sent ({why}" in page
    assert fault not in page
