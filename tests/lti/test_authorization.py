"""Letting the bridge read Canvas: the person agrees once, the grant is kept, tokens follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from lti.authorization import (
    CANVAS_SCOPES,
    DeveloperKey,
    as_credential,
    authorization_url,
    code_of,
    redeem,
    token_source,
)
from lti.errors import Fault, PlatformError
from lti.platforms.canvas import Canvas
from lti.tokens import TokensInMemory
from mappings.assessment import CourseId, PlatformId
from tests.lti.conftest import LOCAL
from tests.simulators.canvas import CLIENT_ID, CLIENT_SECRET, CODE, CanvasSimulator
from tests.simulators.server import Reply

VERIFIER = "v" * 64


@pytest.fixture
def simulator() -> Iterator[CanvasSimulator]:
    """Serve Canvas."""
    with CanvasSimulator() as running:
        yield running


def key_of(simulator: CanvasSimulator) -> DeveloperKey:
    """Return the developer key that its administrator made."""
    return DeveloperKey(simulator.url, CLIENT_ID, CLIENT_SECRET, "https://bridge.example/canvas/back")


def granted(simulator: CanvasSimulator, code: str) -> str:
    """Exchange a code, and return what is kept."""
    grant = redeem(key_of(simulator), code, VERIFIER, LOCAL)
    return as_credential(CLIENT_ID, grant.client_secret, grant.refresh_token)


def test_the_person_is_asked_for_reading_and_for_telling_learners(simulator: CanvasSimulator) -> None:
    """Every scope but that of conversations is a GET, and the state travels with them."""
    parts = urlsplit(authorization_url(key_of(simulator), "state-1", VERIFIER))
    query = parse_qs(parts.query)

    assert parts.path == "/login/oauth2/auth"
    assert query["scope"][0].split() == list(CANVAS_SCOPES)
    writing = [scope for scope in CANVAS_SCOPES if not scope.startswith("url:GET|/api/")]
    assert writing == ["url:POST|/api/v1/conversations"]
    assert (query["state"], query["redirect_uri"]) == (["state-1"], ["https://bridge.example/canvas/back"])
    assert CLIENT_SECRET not in parts.query


def test_a_code_gives_a_grant_that_reads_from_then_on(simulator: CanvasSimulator) -> None:
    """Kept as one secret text and used without the person."""
    credential = granted(simulator, code_of({"code": CODE, "state": "s"}))
    simulator.tokens.clear()

    tokens = token_source(simulator.url, credential, LOCAL, TokensInMemory())

    course = Canvas.connect(PlatformId("canvas"), simulator.url, tokens, LOCAL).course(CourseId("565"))
    assert course.title == "Introduction to Data Ethics"


def test_a_token_made_by_hand_is_used_as_it_is(simulator: CanvasSimulator) -> None:
    """For trying things out: it cannot be renewed."""
    simulator.tokens.add("made-by-hand")
    tokens = token_source(simulator.url, "made-by-hand", LOCAL, TokensInMemory())

    course = Canvas.connect(PlatformId("canvas"), simulator.url, tokens, LOCAL).course(CourseId("565"))

    assert course.code == "CS-101"


def test_a_wrong_code_gives_nothing(simulator: CanvasSimulator) -> None:
    """Nor one that was used."""
    with pytest.raises(PlatformError) as raised:
        redeem(key_of(simulator), "another", VERIFIER, LOCAL)

    assert (raised.value.fault, raised.value.retryable) == (Fault.TOKEN_REFUSED, False)


def test_an_answer_without_refresh_token_is_no_grant(simulator: CanvasSimulator) -> None:
    """It would end after an hour."""
    simulator.plan(lambda _: True, Reply({"access_token": "t", "expires_in": 3600}))

    with pytest.raises(PlatformError) as raised:
        redeem(key_of(simulator), CODE, VERIFIER, LOCAL)

    assert raised.value.fault is Fault.MALFORMED_ANSWER


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"error": "access_denied"}, Fault.NO_ACCESS),
        ({"error": "invalid_scope"}, Fault.SCOPE_REFUSED),
        ({}, Fault.NO_ACCESS),
        ({"code": ""}, Fault.NO_ACCESS),
    ],
)
def test_a_person_who_says_no_is_heard(query: dict[str, str], fault: Fault) -> None:
    """Canvas sends the browser back with an error."""
    with pytest.raises(PlatformError) as raised:
        code_of(query)

    assert raised.value.fault is fault


@pytest.mark.parametrize("credential", ["{", '{"client_id": "1"}'])
def test_a_broken_credential_is_a_named_error(credential: str) -> None:
    """Its content is not repeated."""
    with pytest.raises(PlatformError) as raised:
        token_source("https://canvas.example", credential, LOCAL, TokensInMemory())

    assert raised.value.fault in {Fault.TOKEN_REFUSED, Fault.MALFORMED_ANSWER}


def test_secrets_are_in_no_repr(simulator: CanvasSimulator) -> None:
    """Nor in a traceback."""
    assert CLIENT_SECRET not in repr(key_of(simulator))
