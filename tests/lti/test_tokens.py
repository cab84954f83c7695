"""Access tokens: asked for once, kept until a minute before their end, renewed once where refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import RSAKey

from lti import gradebook, roster
from lti.errors import Fault, PlatformError
from lti.stores import TokenKey
from lti.tokens import (
    Client,
    ClientCredentials,
    FixedToken,
    RefreshedToken,
    RefreshGrant,
    TokensInMemory,
    signer,
)
from tests.lti.conftest import LOCAL
from tests.simulators.moodle import MoodleSimulator
from tests.simulators.server import Reply
from tests.simulators.token_desk import Client as RegisteredClient
from tests.simulators.token_desk import TokenDesk

BOTH = frozenset({roster.SCOPE, gradebook.LINE_ITEMS_SCOPE})
TOOL_KEY = RSAKey.generate_key(2048, private=True)
SIGN = signer(TOOL_KEY.as_pem(private=True), "key-1")


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Start at the present: the platform checks times."""
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> TokenDesk:
    """Register the tool at a platform with the same clock."""
    return TokenDesk(RegisteredClient("tool-1", TOOL_KEY, BOTH), clock=lambda: clock().timestamp())


@pytest.fixture
def platform(desk: TokenDesk) -> Iterator[MoodleSimulator]:
    """Serve Moodle with its token endpoint."""
    with MoodleSimulator(desk=desk) as running:
        yield running


def client_of(platform: MoodleSimulator, client_id: str = "tool-1") -> Client:
    """Return the client at the platform's token endpoint."""
    return Client(platform.url, client_id, f"{platform.url}/mod/lti/token.php")


def source(
    platform: MoodleSimulator,
    clock: Clock,
    store: TokensInMemory,
    *,
    client: str = "tool-1",
    scopes: frozenset[str] = BOTH,
) -> ClientCredentials:
    """Return a source of tokens at the platform."""
    return ClientCredentials(client_of(platform, client), scopes, SIGN, LOCAL, store=store, clock=clock)


def test_a_token_is_asked_for_once(platform: MoodleSimulator, clock: Clock) -> None:
    """Also by another source of the same client and scopes with the same store."""
    store = TokensInMemory()

    tokens = {source(platform, clock, store).current() for _ in range(3)}

    assert len(tokens) == len(platform.asked) == 1


@pytest.mark.parametrize(("later", "requests"), [(3539, 1), (3541, 2)])
def test_a_token_is_kept_until_a_minute_before_its_end(
    platform: MoodleSimulator, clock: Clock, later: int, requests: int
) -> None:
    """A token that ends while a request is under way is no token."""
    tokens = source(platform, clock, TokensInMemory())
    tokens.current()
    clock.now += timedelta(seconds=later)

    tokens.current()

    assert len(platform.asked) == requests


def test_other_scopes_are_another_token(platform: MoodleSimulator, clock: Clock) -> None:
    """A token for the roster does not read line items."""
    store = TokensInMemory()

    first = source(platform, clock, store, scopes=frozenset({roster.SCOPE})).current()
    second = source(platform, clock, store).current()

    assert first != second


def test_another_client_of_the_same_issuer_gets_its_own_token(
    platform: MoodleSimulator, clock: Clock, desk: TokenDesk
) -> None:
    """All Canvas institutions share an issuer; pylti1p3next sent one client's token for another."""
    store = TokensInMemory()
    first = source(platform, clock, store).current()
    desk.client.client_id = "tool-2"

    second = source(platform, clock, store, client="tool-2").current()

    assert first != second
    assert store.find(TokenKey(platform.url, "tool-1", BOTH)) != store.find(TokenKey(platform.url, "tool-2", BOTH))


def test_the_assertion_is_for_the_token_endpoint_and_short_lived(
    platform: MoodleSimulator, clock: Clock, desk: TokenDesk
) -> None:
    """RFC 7523 section 3; ``iat`` a little back, because platforms have no leeway; ``jti`` never the same."""
    source(platform, clock, TokensInMemory()).current()
    source(platform, clock, TokensInMemory()).current()

    first, second = desk.assertions
    assert first["aud"] == f"{platform.url}/mod/lti/token.php"
    assert int(str(first["exp"])) - int(str(first["iat"])) == 305
    assert int(str(first["iat"])) < clock.now.timestamp()
    assert first["jti"] != second["jti"]


def test_many_threads_make_one_request(platform: MoodleSimulator, clock: Clock) -> None:
    """Single flight: the others wait for the one that asks."""
    tokens = source(platform, clock, TokensInMemory())
    platform.plan(lambda _: True, Reply({"access_token": "slow", "expires_in": 3600}, delay=0.1))
    threads = [threading.Thread(target=tokens.current) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(platform.asked) == 1


def test_a_refused_token_is_renewed(platform: MoodleSimulator, clock: Clock) -> None:
    """Whoever comes second with the same refused token gets the renewed one without a request."""
    tokens = source(platform, clock, TokensInMemory())
    refused = tokens.current()

    renewed = tokens.renewed(refused)

    assert renewed == tokens.renewed(refused) != refused
    assert len(platform.asked) == 2


def test_a_scope_that_is_not_granted_is_named(platform: MoodleSimulator, clock: Clock) -> None:
    """Moodle drops it without a word; the last part of the scope says which it was."""
    scopes = frozenset({roster.SCOPE, "https://purl.imsglobal.org/spec/lti-ags/scope/score"})

    with pytest.raises(PlatformError) as raised:
        source(platform, clock, TokensInMemory(), scopes=scopes).current()

    assert (raised.value.fault, raised.value.retryable) == (Fault.SCOPE_REFUSED, False)
    assert str(raised.value) == "scope_refused at token (score)"


def test_no_scope_at_all_is_refused(platform: MoodleSimulator, clock: Clock) -> None:
    """Moodle answers «invalid_scope» where nothing is left."""
    with pytest.raises(PlatformError) as raised:
        source(platform, clock, TokensInMemory(), scopes=frozenset({"https://foo/bar"})).current()

    assert raised.value.fault is Fault.SCOPE_REFUSED


@pytest.mark.parametrize(
    ("reply", "fault", "retryable", "detail"),
    [
        (Reply({"error": "invalid_client"}, status=400), Fault.TOKEN_REFUSED, False, " (invalid_client)"),
        (Reply({"error": "text of anna@example.org"}, status=400), Fault.TOKEN_REFUSED, False, ""),
        (Reply(b"<html>", status=401), Fault.TOKEN_REFUSED, False, ""),
        (Reply(b"", status=500), Fault.PLATFORM_DOWN, True, ""),
        (Reply(b"", status=429), Fault.THROTTLED, True, ""),
        (Reply({"token_type": "Bearer"}), Fault.MALFORMED_ANSWER, False, " (access_token)"),
        (Reply(b"<html>"), Fault.MALFORMED_ANSWER, False, " (no JSON)"),
    ],
)
def test_a_refusal_is_a_named_error(
    platform: MoodleSimulator, clock: Clock, reply: Reply, fault: Fault, retryable: bool, detail: str
) -> None:
    """Only error codes that OAuth knows are repeated: Moodle writes exception texts there."""
    platform.plan(lambda _: True, *[reply] * 4)

    with pytest.raises(PlatformError) as raised:
        source(platform, clock, TokensInMemory()).current()

    assert (raised.value.fault, raised.value.retryable) == (fault, retryable)
    assert str(raised.value) == f"{fault} at {platform.url.rsplit(':', 1)[0]}/mod/lti/token.php{detail}"


def test_a_refresh_token_is_sent_again_and_again(platform: MoodleSimulator, clock: Clock) -> None:
    """Canvas' answer has none, so the first is used for good."""
    answers = [Reply({"access_token": f"t{number}", "token_type": "Bearer", "expires_in": 3600}) for number in (1, 2)]
    platform.plan(lambda _: True, *answers)
    grant = RefreshGrant(client_of(platform), "secret-of-the-key", "refresh-for-good")
    tokens = RefreshedToken(grant, LOCAL, store=TokensInMemory(), clock=clock)

    assert [tokens.current(), tokens.renewed("t1"), tokens.current()] == ["t1", "t2", "t2"]
    assert [asked.form["refresh_token"] for asked in platform.asked] == ["refresh-for-good"] * 2


def test_secrets_are_in_no_repr(platform: MoodleSimulator) -> None:
    """A traceback or a log line must not show them."""
    grant = RefreshGrant(client_of(platform), "secret-of-the-key", "refresh-for-good")

    assert "secret" not in repr(grant)
    assert "refresh-for-good" not in repr(grant)


def test_a_fixed_token_cannot_be_renewed() -> None:
    """An administrator has to make a new one."""
    with pytest.raises(PlatformError) as raised:
        FixedToken("made-by-hand").renewed("made-by-hand")

    assert raised.value.fault is Fault.TOKEN_REFUSED
