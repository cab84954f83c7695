"""Access tokens in the database: encrypted, shared by processes, and fetched by one of them while the others wait."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lti.errors import PlatformError
from lti.stores import AccessToken, TokenKey
from lti.tokens import Client, RefreshedToken, RefreshGrant
from plugin.storage.tokens import StoredTokens
from plugin.storage.unit_of_work import Storage
from tests.factories import READ
from tests.lti.conftest import LOCAL
from tests.simulators.canvas import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, CanvasSimulator
from tests.simulators.server import Asked, Reply

KEY = TokenKey("https://canvas.example", "1", frozenset({"a", "b"}))
MINUTE = timedelta(minutes=1)


class SlowCanvas(CanvasSimulator):
    """A Canvas that takes its time for tokens."""

    def answer(self, asked: Asked) -> Reply:
        time.sleep(0.3)
        return super().answer(asked)


def test_a_token_is_found_again_and_encrypted(storage: Storage) -> None:
    """By another process, and not by whoever reads the database."""
    StoredTokens(storage).keep(KEY, AccessToken("secret-token", READ + MINUTE))

    with storage.read() as connection:
        stored = bytes(connection.exec_driver_sql("SELECT value FROM access_tokens").scalar_one())
    assert StoredTokens(storage).find(KEY) == AccessToken("secret-token", READ + MINUTE)
    assert b"secret-token" not in stored


def test_other_scopes_are_another_token(storage: Storage) -> None:
    """Nothing is lent to a request that needs something else."""
    StoredTokens(storage).keep(KEY, AccessToken("secret-token", READ))

    assert StoredTokens(storage).find(TokenKey(KEY.issuer, KEY.client_id, frozenset({"a"}))) is None


def test_one_holds_the_lease(storage: Storage) -> None:
    """Until it ends by itself: nobody waits for the dead."""
    first, second = StoredTokens(storage), StoredTokens(storage)

    assert first.lease(KEY, READ, MINUTE)
    assert second.lease(KEY, READ + MINUTE / 2, MINUTE) is None
    assert second.lease(KEY, READ + MINUTE, MINUTE)


@pytest.mark.parametrize("ending", ["keep", "release"])
def test_a_lease_ends_with_its_work(storage: Storage, ending: str) -> None:
    """Whether it brought a token or not."""
    tokens = StoredTokens(storage)
    lease = tokens.lease(KEY, READ, MINUTE)
    assert lease is not None

    if ending == "keep":
        tokens.keep(KEY, AccessToken("t", READ + MINUTE))
    else:
        tokens.release(KEY, lease)

    assert tokens.lease(KEY, READ, MINUTE)


def test_only_the_holder_ends_a_lease(storage: Storage) -> None:
    """A process that was away for too long takes nothing from its successor."""
    tokens = StoredTokens(storage)
    old = tokens.lease(KEY, READ, MINUTE)
    tokens.lease(KEY, READ + MINUTE, MINUTE)
    assert old is not None

    tokens.release(KEY, old)

    assert tokens.lease(KEY, READ + MINUTE, MINUTE) is None


def source(canvas: CanvasSimulator, storage: Storage, refresh: str = REFRESH_TOKEN) -> RefreshedToken:
    """What a process of its own works with: no lock in common with any other."""
    client = Client(canvas.url, CLIENT_ID, f"{canvas.url}/login/oauth2/token")
    return RefreshedToken(RefreshGrant(client, CLIENT_SECRET, refresh), LOCAL, store=StoredTokens(storage))


def test_several_processes_make_one_request(storage: Storage) -> None:
    """All get the same token, by one refresh."""
    with SlowCanvas() as canvas, ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(lambda each: each.current(), [source(canvas, storage) for _ in range(4)]))

        assert len(set(tokens)) == 1
        assert len(canvas.asked) == 1


def test_several_processes_renew_a_refused_token_once(storage: Storage) -> None:
    """Canvas took it back; whoever comes second uses the new one."""
    with SlowCanvas() as canvas, ThreadPoolExecutor(4) as pool:
        refused = source(canvas, storage).current()
        tokens = list(pool.map(lambda each: each.renewed(refused), [source(canvas, storage) for _ in range(4)]))

        assert set(tokens) != {refused}
        assert len(set(tokens)) == 1
        assert len(canvas.asked) == 2


def test_a_failed_refresh_leaves_no_lease(storage: Storage) -> None:
    """The next one finds out for itself, at once."""
    with CanvasSimulator() as canvas:
        for _ in range(2):
            with pytest.raises(PlatformError):
                source(canvas, storage, "taken-back").current()

        assert len(canvas.asked) == 2


def test_a_new_authorisation_uses_no_token_of_the_old_one(storage: Storage) -> None:
    """The same developer key, another person."""
    with CanvasSimulator() as canvas:
        canvas.refresh_tokens.add("another")

        assert source(canvas, storage).current() != source(canvas, storage, "another").current()
