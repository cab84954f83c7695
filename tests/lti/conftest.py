"""What the tests of lti/ share: a network that leads to the simulators, and a recorded Moodle."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import pytest

from lti.network import Network
from lti.platforms.moodle import Moodle
from mappings.assessment import PlatformId
from tests.simulators.moodle import MoodleSimulator

LOCAL = Network(allowed=(ipaddress.ip_network("127.0.0.0/8"),), connect=2, read=2, whole=5, pause=0.01)


@pytest.fixture
def simulator() -> Iterator[MoodleSimulator]:
    """Serve the recorded course ADA101."""
    with MoodleSimulator() as running:
        yield running


@pytest.fixture
def moodle(simulator: MoodleSimulator) -> Moodle:
    """Connect to the simulator with the right token."""
    return Moodle.connect(PlatformId("moodle"), simulator.url, simulator.token, LOCAL)
