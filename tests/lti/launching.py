"""A reception with a registered platform, for the tests of login and launch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lti.keysets import KeySets, fetcher
from lti.launch import Reception
from lti.login import Login
from lti.registry import Registry
from lti.states import BrowserKey, States, new_browser_key
from lti.stores import Registration
from tests.lti.conftest import LOCAL
from tests.simulators.lti_platform import LtiPlatform
from tests.simulators.memory_stores import MemoryLaunches, MemoryRegistrations

LAUNCH_URL = "https://tool.example/lti/launch"
CLIENT = "credtool-client-0001"
SECRET = b"a secret of thirty-two bytes....."


def registration_of(platform: LtiPlatform, client_id: str = CLIENT) -> Registration:
    """Return what the bridge stores of a registered platform."""
    return Registration(
        issuer=platform.issuer,
        client_id=client_id,
        authorization_endpoint=f"{platform.url}/auth",
        token_endpoint=f"{platform.url}/token",
        jwks_uri=f"{platform.url}/jwks",
        product=platform.flavour.product,
        origins=(platform.url,),
    )


@dataclass
class Desk:
    """The bridge's side: stores in memory, everything else real. ``at`` counts seconds and can be moved."""

    platform: LtiPlatform
    allow_new: bool = True
    secrets: tuple[bytes, ...] = (SECRET,)
    elapsed: float = 0.0
    spawned: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registrations = MemoryRegistrations(registration_of(self.platform))
        self.platform.add_tool(CLIENT, LAUNCH_URL)
        self.launches = MemoryLaunches()
        states = States(self.secrets)
        registry = Registry(self.registrations, allow_new=self.allow_new, clock=self.clock)
        keys = KeySets(fetcher(LOCAL), clock=self.clock, spawn=self.spawned.append)
        self.login = Login(registry, states, LAUNCH_URL)
        self.reception = Reception(registry, states, keys, self.launches, LAUNCH_URL)
        self.browser = new_browser_key()

    def clock(self) -> float:
        """Seconds, for caches."""
        return time.monotonic() + self.elapsed

    @property
    def now(self) -> datetime:
        """The time, aware UTC."""
        return datetime.fromtimestamp(time.time() + self.elapsed, UTC)

    def start(self, person: str = "learner", browser: BrowserKey | None = None) -> str:
        """Click at the platform, log in here, and return where the browser is sent."""
        return self.login.begin(self.platform.click(person, CLIENT), browser or self.browser, self.now).location

    def form(self, person: str = "learner", **changes: Any) -> dict[str, str]:
        """Go all the way to the form that the platform posts back."""
        return self.platform.authorize(self.start(person), **changes)
