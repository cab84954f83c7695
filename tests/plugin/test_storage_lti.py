from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from lti.claims import LTI, LaunchId, VerifiedClaims, platform_id, read_launch
from lti.stores import Deployment, Registration, ToolKey
from plugin.storage.launches import Launches
from plugin.storage.lti_tables import tool_keys
from plugin.storage.registrations import Invites, Registrations, ToolKeys
from plugin.storage.unit_of_work import Storage
from tests.factories import READ as NOW

ISSUER = "https://moodle.example.org"
HOUR = timedelta(hours=1)
MOODLE = Registration(
    ISSUER,
    "client-1",
    f"{ISSUER}/auth",
    f"{ISSUER}/token",
    f"{ISSUER}/jwks",
    "moodle",
    origins=(ISSUER,),
    scopes=("a",),
)
CLAIMS = VerifiedClaims(
    {
        "iss": ISSUER,
        "sub": "4",
        "name": "Anna Kowalska",
        LTI + "message_type": "LtiResourceLinkRequest",
        LTI + "deployment_id": "1",
        LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        LTI + "context": {"id": "3", "title": "ADA"},
        "nonce": "not kept",
    }
)
LAUNCH = read_launch(CLAIMS, LaunchId("0" * 32), "client-1", NOW)


def test_a_launch_is_kept_once(storage: Storage) -> None:
    """The second with the same id is a replay, also when both come at the same time."""
    launches = Launches(storage)

    with ThreadPoolExecutor(4) as pool:
        fresh = list(pool.map(lambda _: launches.keep(LAUNCH, CLAIMS), range(8)))

    assert fresh.count(True) == 1


def test_a_kept_launch_is_read_again_as_it_was(storage: Storage) -> None:
    """Person, place and services come back; an unknown launch is none."""
    launches = Launches(storage)
    launches.keep(LAUNCH, CLAIMS)

    assert launches.find(LAUNCH.id) == LAUNCH
    assert launches.find(LaunchId("1" * 32)) is None


def test_old_launches_are_forgotten(storage: Storage) -> None:
    """Their names and mails go with them."""
    launches = Launches(storage)
    launches.keep(LAUNCH, CLAIMS)

    assert (launches.forget_before(NOW), launches.forget_before(NOW + HOUR)) == (0, 1)
    assert launches.find(LAUNCH.id) is None


def test_registrations_are_found_by_issuer_and_client(storage: Storage) -> None:
    """Several clients share an issuer; none is found by issuer alone."""
    store = Registrations(storage)
    other = replace(MOODLE, client_id="client-2")
    store.save(MOODLE, NOW)
    store.save(other, NOW + HOUR)

    assert store.find(ISSUER, "client-1") == MOODLE
    assert store.find(ISSUER, "client-3") is None
    assert store.of_issuer(ISSUER) == store.registrations() == (MOODLE, other)


def test_a_platform_that_registers_again_is_replaced(storage: Storage) -> None:
    """Its addresses are the new ones, its place in the list the old one."""
    store = Registrations(storage)
    store.save(MOODLE, NOW)

    store.save(replace(MOODLE, jwks_uri=f"{ISSUER}/new"), NOW + HOUR)

    assert [each.jwks_uri for each in store.registrations()] == [f"{ISSUER}/new"]


def test_a_deployment_keeps_what_the_administrator_decided(storage: Storage) -> None:
    """Seeing it again does not undo the decision."""
    store = Registrations(storage)
    store.save(MOODLE, NOW)
    seen = Deployment(MOODLE.id, "1", platform_id(ISSUER, "client-1", "1"), allowed=False, first_seen_at=NOW)
    store.note_deployment(seen)

    store.allow_deployment(seen.platform, allowed=True)
    store.note_deployment(seen)

    assert store.deployments(MOODLE.id) == (replace(seen, allowed=True),)


def test_an_invite_is_spent_once_and_ends(storage: Storage) -> None:
    """Unknown, expired and spent ones are not open."""
    store = Invites(storage)
    store.add("digest", NOW + HOUR)

    assert (store.is_open("digest", NOW), store.is_open("digest", NOW + HOUR), store.is_open("x", NOW)) == (
        True,
        False,
        False,
    )
    with ThreadPoolExecutor(4) as pool:
        spent = list(pool.map(lambda _: store.spend("digest", NOW), range(6)))
    assert spent.count(True) == 1
    assert store.is_open("digest", NOW) is False


def test_tool_keys_are_encrypted_at_rest(storage: Storage) -> None:
    """They come back as they were, and the database does not show them."""
    store = ToolKeys(storage)
    first, second = ToolKey("k1", b"PRIVATE PEM", NOW), ToolKey("k2", b"OTHER", NOW + HOUR)
    store.add(second)
    store.add(first)

    with storage.engine.connect() as connection:
        stored = [row.private_key for row in connection.execute(tool_keys.select())]

    assert store.keys() == (first, second)
    assert not any(b"PRIVATE" in each for each in stored)


def test_a_removed_tool_key_is_gone(storage: Storage) -> None:
    """What is retired cannot sign any more."""
    store = ToolKeys(storage)
    store.add(ToolKey("k1", b"PEM", NOW))

    store.remove("k1")

    assert store.keys() == ()
