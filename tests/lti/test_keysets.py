"""Keys of platforms: rotation is followed, floods are not passed on, an outage changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from lti.errors import LaunchRefused
from lti.keysets import KeySets, fetcher, freshness, read_keys
from tests.lti.conftest import LOCAL
from tests.simulators.lti_platform import LtiPlatform, ec_key, rsa_key
from tests.simulators.server import Reply


@dataclass
class Cache:
    """Key sets in front of a platform, with a clock to move and background work to run by hand."""

    platform: LtiPlatform
    at: float = 1000.0
    background: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sets = KeySets(fetcher(LOCAL), clock=lambda: self.at, spawn=self.background.append)

    def find(self, key_id: str = "") -> str:
        """Look a key up and return the code of the refusal, empty where it was found."""
        try:
            self.sets.find(f"{self.platform.url}/jwks", key_id or self.platform.key.kid)
        except LaunchRefused as refused:
            return refused.code
        return ""

    def run_background(self) -> None:
        """Do what would be done in threads."""
        while self.background:
            self.background.pop()()

    @property
    def fetched(self) -> int:
        """How often the platform was asked."""
        return len(self.platform.asked)


@pytest.fixture
def cache() -> Iterator[Cache]:
    """A cache in front of a platform."""
    with LtiPlatform() as platform:
        yield Cache(platform)


def no_answer(cache: Cache) -> None:
    """Let the platform's key set be down from now on."""
    cache.platform.plan(lambda asked: asked.path == "/jwks", *[Reply(status=404)] * 50)


def test_many_launches_fetch_once(cache: Cache) -> None:
    """The key is in memory, ready to verify."""
    assert [cache.find() for _ in range(50)] == [""] * 50
    assert cache.fetched == 1


def test_a_new_key_is_found_at_the_launch_that_needs_it(cache: Cache) -> None:
    """Rotation without waiting for the set to become stale."""
    cache.find()
    cache.at += 31
    cache.platform.rotate(keep_old=False)

    assert cache.find() == ""
    assert cache.fetched == 2


def test_a_flood_of_unknown_keys_asks_the_platform_once_in_thirty_seconds(cache: Cache) -> None:
    """Whatever is invented."""
    codes = {cache.find(f"invented-{number}") for number in range(1, 200)}
    cache.at += 31
    cache.find("invented-again")

    assert codes == {"key_unknown"}
    assert cache.fetched == 2


def test_a_stale_set_is_used_and_fetched_again_behind_the_launch(cache: Cache) -> None:
    """The launch itself never waits for a key it has."""
    cache.find()
    cache.at += 3601
    cache.find()
    waited = cache.fetched
    cache.run_background()

    assert (waited, cache.fetched) == (1, 2)


def test_a_key_that_the_platform_withdrew_is_gone_after_the_refresh(cache: Cache) -> None:
    """A withdrawn key does not live on in memory."""
    old = cache.platform.key.kid
    cache.find()
    cache.platform.rotate(keep_old=False)
    cache.at += 3601
    cache.find(old)
    cache.run_background()

    assert cache.find(old) == "key_unknown"


def test_keys_survive_an_outage_of_the_platform(cache: Cache) -> None:
    """Also one of days: a launch is only as old as its minute."""
    cache.find()
    no_answer(cache)
    for _ in range(5):
        cache.at += 86_400
        assert cache.find() == ""
        cache.run_background()

    assert cache.fetched == 6


def test_an_empty_set_replaces_nothing(cache: Cache) -> None:
    """A platform that answers with an error page in JSON has not withdrawn its keys."""
    cache.find()
    cache.platform.plan(lambda _: True, Reply({"keys": []}), Reply([1]), Reply(b"<html>"))
    for _ in range(3):
        cache.at += 86_400
        cache.find()
        cache.run_background()

    assert cache.find() == ""


def test_keys_that_were_never_readable_are_told_apart_from_an_unknown_key(cache: Cache) -> None:
    """The one is for later, the other for IT."""
    no_answer(cache)

    assert cache.find() == "keys_unavailable"


def test_a_key_set_on_a_private_network_is_never_asked(cache: Cache) -> None:
    """The guard of lti/network.py is in the way; the platform is not reached."""
    sets = KeySets(fetcher(type(LOCAL)()), clock=lambda: cache.at)

    with pytest.raises(LaunchRefused) as refused:
        sets.find(f"{cache.platform.url}/jwks", cache.platform.key.kid)

    assert (refused.value.code, cache.fetched) == ("keys_unavailable", 0)


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("", 3600),
        ("max-age=864000", 86_400),
        ("public, max-age=7200", 7200),
        ("max-age=1", 300),
        ("no-cache", 300),
        ("no-store, max-age=7200", 300),
        ("max-age=soon", 3600),
    ],
)
def test_the_platform_says_how_long_its_keys_are_fresh(control: str, seconds: float) -> None:
    """Within bounds: Canvas says ten days and rotates monthly, Moodle says nothing."""
    assert freshness({"cache-control": control}) == seconds


def test_only_usable_keys_are_taken_from_a_set() -> None:
    """RFC 7517 section 5: what is not understood is ignored, not refused."""
    good, weak = rsa_key("good").jwk, {"kty": "RSA", "kid": "weak", "e": "AQAB", "n": "v" * 100}
    others = [
        good | {"kid": "encrypts", "use": "enc"},
        good | {"kid": "other-algorithm", "alg": "RS512"},
        {name: value for name, value in good.items() if name != "kid"},
        {"kty": "oct", "kid": "secret", "k": "AAAA"},
        {"kty": "RSA", "kid": "broken", "e": "AQAB", "n": "!"},
        ec_key("curve").jwk | {"crv": "P-384"},
        "no key",
    ]

    assert set(read_keys({"keys": [good, weak, *others, ec_key("ec").jwk]})) == {"good", "ec"}
