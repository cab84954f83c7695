"""Registrations in memory: seldom asked for, and never older than half a minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from lti.errors import LaunchRefused
from lti.registry import FRESH, Registry
from lti.stores import Registration
from tests.simulators.memory_stores import MemoryRegistrations

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MOODLE = Registration("https://lms.example", "client", "https://lms.example/auth", "", "https://lms.example/jwks")


@dataclass
class Counted:
    """A registry over a store that counts, with a clock to move."""

    allow_new: bool = True
    at: float = 0.0
    reads: int = 0

    def __post_init__(self) -> None:
        self.store = MemoryRegistrations(MOODLE)
        real: Callable[[], tuple[Registration, ...]] = self.store.registrations

        def counted() -> tuple[Registration, ...]:
            self.reads += 1
            return real()

        self.store.registrations = counted  # type: ignore[method-assign]
        self.registry = Registry(self.store, allow_new=self.allow_new, clock=lambda: self.at)


def test_many_launches_read_once() -> None:
    """What hardly ever changes is not asked for at every click."""
    counted = Counted()
    for _ in range(100):
        counted.registry.of_login(MOODLE.issuer, "client")
        counted.registry.get(MOODLE.id)

    assert counted.reads == 1


def test_what_was_withdrawn_is_refused_after_half_a_minute() -> None:
    """At the latest."""
    counted = Counted()
    counted.registry.get(MOODLE.id)
    counted.store.withdraw(MOODLE)
    counted.at = FRESH + 1

    with pytest.raises(LaunchRefused, match="platform_unknown"):
        counted.registry.get(MOODLE.id)


def test_a_changed_address_is_known_after_half_a_minute() -> None:
    """A platform that registered again."""
    counted = Counted()
    counted.registry.get(MOODLE.id)
    counted.store.save(replace(MOODLE, jwks_uri="https://lms.example/new"), NOW)
    counted.at = FRESH + 1

    assert counted.registry.get(MOODLE.id).jwks_uri == "https://lms.example/new"


def test_a_deployment_is_noted_once() -> None:
    """The second launch from there writes nothing."""
    counted = Counted()
    for _ in range(2):
        counted.registry.require_deployment(MOODLE, "1", NOW)

    assert len(counted.store.deployments(MOODLE.id)) == 1
    assert counted.reads == 1


def test_a_deployment_that_waits_stays_out() -> None:
    """However often it tries."""
    counted = Counted(allow_new=False)
    for _ in range(2):
        with pytest.raises(LaunchRefused, match="deployment_waits"):
            counted.registry.require_deployment(MOODLE, "1", NOW)

    assert [each.allowed for each in counted.store.deployments(MOODLE.id)] == [False]
