"""A real Moodle to test against: MOODLE_URL, MOODLE_TOKEN (minimal role, see lti/README.md) and MOODLE_COURSE."""

from __future__ import annotations

import ipaddress
import os

import pytest

from lti.network import Answer, Network
from lti.platforms import moodle_service
from lti.platforms.moodle import Moodle
from mappings.assessment import PlatformId

SETTINGS = ("MOODLE_URL", "MOODLE_TOKEN", "MOODLE_COURSE")
NETWORK = Network(allowed=(ipaddress.ip_network("127.0.0.0/8"),))


@pytest.fixture
def live_moodle() -> Moodle:
    """Connect to the real Moodle; skip where none is named."""
    if missing := [name for name in SETTINGS if not os.environ.get(name)]:
        pytest.skip(f"no real Moodle: {', '.join(missing)} not set")
    return Moodle.connect(PlatformId("live"), os.environ["MOODLE_URL"], os.environ["MOODLE_TOKEN"], NETWORK)


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect which function each request to Moodle was for."""
    asked: list[str] = []
    real = moodle_service.send

    def send(session: object, request: object, network: object) -> Answer:
        answer = real(session, request, network)  # type: ignore[arg-type]
        asked.append(answer.place)
        return answer

    monkeypatch.setattr(moodle_service, "send", send)
    return asked
