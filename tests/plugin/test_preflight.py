"""One preflight of a registered platform: launch and roster by LTI, everything else by reading a course."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lti.preflight import Need
from lti.stores import Registration
from plugin.connecting import Connector
from plugin.errors import UnknownRow
from plugin.preflight import Preflight, PreflightTools, preflight
from plugin.storage.registrations import Registrations, ToolKeys
from plugin.storage.unit_of_work import Storage
from tests.factories import READ
from tests.lti.conftest import LOCAL
from tests.plugin.test_reading_wired import Wired, canvas, moodle
from tests.simulators.moodle import MoodleSimulator

__all__ = ["moodle"]


class Launched:
    """What is remembered of launches."""

    def launched(self, registration: Registration) -> bool:
        """Say that somebody came from there."""
        return True


def tools_of(wired: Wired) -> PreflightTools:
    """What the page works with."""
    return PreflightTools(
        registrations=Registrations(wired.storage),
        launches=Launched(),
        tool_keys=ToolKeys(wired.storage),
        storage=wired.storage,
        connect=Connector(LOCAL, wired.storage, wired.clock),
        network=LOCAL,
        clock=wired.clock,
    )


def tried(wired: Wired, *, connected: bool = True) -> Preflight:
    """Try everything, as the page does."""
    with wired.storage.begin() as work:
        if connected:
            work.platforms.connect(wired.connected, READ)
    (registration,) = Registrations(wired.storage).registrations()
    return preflight(tools_of(wired), registration.id)


def broken(found: Preflight) -> dict[Need, str]:
    """The fix of each need that is red."""
    return {check.need: check.fix for check in found.checks if check.broken}


def test_a_moodle_that_was_launched_and_connected_is_green_but_for_what_its_account_lacks(
    moodle: tuple[MoodleSimulator, Wired],
) -> None:
    """As recorded: the minimal role had no right to see external tools, and no batches."""
    found = tried(moodle[1])

    assert set(broken(found)) == {Need.GRADES, Need.SPEED}
    elements = {code for check in found.checks for code in check.feeds}
    assert elements == {"M1", "M2", "M6", "M9", "O2", "O3"}


def test_the_roster_is_read_where_a_launch_told_its_address(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """A token alone proves little: Moodle gives one for scopes that it then refuses."""
    simulator, wired = moodle
    tried(wired)

    assert [asked for asked in simulator.asked if "memberships" in asked.path]


def test_a_roster_that_may_not_be_read_says_where_it_is_allowed(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """In Moodle's words."""
    simulator, wired = moodle
    assert simulator.desk is not None
    simulator.desk.client = replace(simulator.desk.client, scopes=frozenset())

    assert "IMS LTI Names and Role Provisioning" in broken(tried(wired))[Need.ROSTER]


def test_what_nobody_connected_says_so_for_every_need(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """The step that helps stands at the connection; the others say that they wait for it."""
    found = tried(moodle[1], connected=False)

    assert "microcred platform" in broken(found)[Need.CONNECTION]
    grades = next(check for check in found.checks if check.need is Need.GRADES)
    assert (grades.ok, grades.fix) == (False, "They are tried as soon as the bridge may read results there.")


def test_a_canvas_that_somebody_authorised_is_ready(storage: Storage) -> None:
    """Every list was tried on the course that was launched from last."""
    with canvas(storage) as (_, wired):
        found = tried(wired)

    assert broken(found) == {}
    assert found.ready


def test_a_revoked_consent_is_red_with_its_code(storage: Storage) -> None:
    """And the way to give it again."""
    with canvas(storage) as (simulator, wired):
        assert tried(wired).ready
        simulator.revoke()
        with wired.storage.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM access_tokens")

        found = tried(wired)

    check = next(check for check in found.checks if check.need is Need.CONNECTION)
    assert not found.ready
    assert check.broken[0].code == "authorization_ended"
    assert "microcred authorise" in check.fix


def test_an_unknown_registration_is_said_to_be_unknown(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """It may have been taken back."""
    with pytest.raises(UnknownRow):
        preflight(tools_of(moodle[1]), Registration("https://nowhere.example", "1", "", "", "").id)
