"""Opening a connection with the credential that was kept for a platform."""

from __future__ import annotations

import pytest
from joserfc.jwk import RSAKey

from lti import roster
from lti.claims import platform_id
from lti.platforms.brevity import in_brief
from lti.stores import Deployment, Registration
from lti.tool_keys import new_key
from mappings.assessment import CourseId, PlatformId
from plugin.assurance import assured
from plugin.connecting import Connector
from plugin.errors import BridgeError
from plugin.meters import measured
from plugin.storage.platforms import Connected
from plugin.storage.registrations import Registrations, ToolKeys
from plugin.storage.unit_of_work import Storage
from tests.factories import READ
from tests.lti.conftest import LOCAL
from tests.simulators.canvas import CanvasSimulator, lti_id
from tests.simulators.moodle import REPORT_ID, MoodleSimulator
from tests.simulators.token_desk import Client, TokenDesk

ISSUER, CLIENT = "https://canvas.instructure.com", "10000000000001"


def connector(storage: Storage) -> Connector:
    """Return a connector whose clock shows the time of the records."""
    return Connector(LOCAL, storage, lambda: READ)


def test_a_moodle_is_read_with_its_token(storage: Storage) -> None:
    """The web-service token that was kept."""
    with MoodleSimulator() as moodle:
        connected = Connected(PlatformId("p"), "moodle", moodle.url, token=moodle.token)

        course = connector(storage)(connected).course(CourseId("3"))

    assert (course.code, course.platform) == ("ADA101", "p")


def test_a_moodle_is_read_with_the_report_that_was_named(storage: Storage) -> None:
    """Through both wrappers too, of which the sync reads."""
    with MoodleSimulator() as moodle:
        connected = Connected(PlatformId("p"), "moodle", moodle.url, token=moodle.token, completion_report=REPORT_ID)
        platform = measured(assured(connector(storage), storage))(connected)

        records = list(in_brief(platform).read(CourseId("3")))

    assert {record.learner.id for record in records if record.brief} == {"7", "9"}


def test_a_canvas_that_was_only_connected_knows_people_by_number(storage: Storage) -> None:
    """There is no registration that could tell more."""
    with CanvasSimulator() as canvas:
        canvas.tokens.add("made-by-hand")
        connected = Connected(PlatformId("p"), "canvas", canvas.url, token="made-by-hand")

        people = connector(storage)(connected).people(CourseId("565"))

    assert "48" in {person.id for person in people}


def test_a_registered_canvas_knows_people_as_their_launches_do(storage: Storage) -> None:
    """The registration of the platform's deployment reads the LTI roster, signed with the tool's key."""
    key = new_key(READ)
    ToolKeys(storage).add(key)
    client = Client(CLIENT, RSAKey.import_key(key.private_pem), frozenset({roster.SCOPE}))
    desk = TokenDesk(client, clock=READ.timestamp)
    with CanvasSimulator(desk=desk) as canvas:
        canvas.tokens.add("made-by-hand")
        registration = Registration(ISSUER, CLIENT, "", f"{canvas.url}/login/oauth2/token", "", "canvas")
        platform = platform_id(ISSUER, CLIENT, "1")
        registrations = Registrations(storage)
        registrations.save(registration, READ)
        registrations.note_deployment(Deployment(registration.id, "1", platform, True, READ))

        people = connector(storage)(Connected(platform, "canvas", canvas.url, token="made-by-hand")).people(
            CourseId("565")
        )

    assert lti_id(48) in {person.id for person in people}


def test_another_kind_cannot_be_read(storage: Storage) -> None:
    """It is said, and not guessed."""
    with pytest.raises(BridgeError):
        connector(storage)(Connected(PlatformId("p"), "ilias", "https://ilias.example"))
