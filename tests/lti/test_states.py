"""State and nonce: made without storing, read by nobody but us, bound to one browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lti.claims import registration_id
from lti.errors import LaunchRefused
from lti.states import States, new_browser_key

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REGISTRATION = registration_id("https://lms.example", "client")
STATES = States((b"s" * 32,))


def code_of(states: States, state: str, now: datetime = NOW) -> str:
    """Return the code by which ``state`` is refused."""
    with pytest.raises(LaunchRefused) as refused:
        states.read(state, now)
    return refused.value.code


def test_a_state_says_for_which_registration_it_was_made() -> None:
    """And its random part names the launch."""
    ticket = STATES.read(STATES.issue(REGISTRATION, NOW), NOW)

    assert ticket.registration == REGISTRATION
    assert len(ticket.launch) == 32


def test_two_logins_have_two_states() -> None:
    """Also at the same moment in the same browser."""
    states = {STATES.read(STATES.issue(REGISTRATION, NOW), NOW).launch for _ in range(100)}

    assert len(states) == 100


def test_no_character_of_a_state_can_be_changed() -> None:
    """Another spelling of the same bytes is another state, too: it would be a second key for one launch."""
    state = STATES.issue(REGISTRATION, NOW)
    changed = [state[:at] + ("A" if state[at] != "A" else "B") + state[at + 1 :] for at in range(len(state))]

    assert {code_of(STATES, each) for each in (*changed, state + "=", state + "\n", " " + state)} == {"state_forged"}


def test_a_state_of_another_bridge_is_forged() -> None:
    """The secret is the installation's own."""
    assert code_of(States((b"t" * 32,)), STATES.issue(REGISTRATION, NOW)) == "state_forged"


@pytest.mark.parametrize(("seconds", "code"), [(599, ""), (600.5, "login_expired"), (-2, "login_expired")])
def test_a_state_lives_ten_minutes(seconds: float, code: str) -> None:
    """And not before it was made."""
    state, later = STATES.issue(REGISTRATION, NOW), NOW + timedelta(seconds=seconds)

    if code:
        assert code_of(STATES, state, later) == code
    else:
        assert STATES.read(state, later)


def test_the_nonce_depends_on_state_browser_and_secret() -> None:
    """Whoever knows two of them cannot make it."""
    browser, state = new_browser_key(), STATES.issue(REGISTRATION, NOW)
    nonces = {
        STATES.nonces(state, browser),
        STATES.nonces(STATES.issue(REGISTRATION, NOW), browser),
        STATES.nonces(state, new_browser_key()),
        States((b"t" * 32,)).nonces(state, browser),
    }

    assert len(nonces) == 4


@pytest.mark.parametrize("secrets", [(), (b"short",), (b"s" * 32, b"short")])
def test_a_weak_secret_stops_the_start(secrets: tuple[bytes, ...]) -> None:
    """Thirty-two bytes at least, each of them."""
    with pytest.raises(ValueError, match="32 bytes"):
        States(secrets)


def test_a_secret_does_not_show() -> None:
    """Not even in a traceback that prints its values."""
    assert "sss" not in repr(STATES)
