"""From a person who revokes to what a stranger reads: the worker that runs anyway publishes the list, unasked."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet

from plugin import approving, issuer
from plugin.app import Bridge, assemble
from plugin.sealing.multikey import Algorithm
from plugin.settings import Settings
from plugin.storage.awards import Move, State
from plugin.storage.credentials import Reserved
from plugin.storage.migrate import upgrade
from plugin.verification.issuer_keys import OwnKeys
from plugin.verification.status_lists import StatusLists
from plugin.worker import Supervisor, worker_command
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.rows import a_credential, an_award, an_offer

PROMISED = 60.0
"""Seconds from the revocation to the published list."""


def a_bridge(folder: Path) -> Bridge:
    """A bridge with credential keys, on the embedded defaults."""
    settings = Settings(data_dir=folder, public_url=PUBLIC_URL, secret_keys=(Fernet.generate_key().decode(),))
    for algorithm in Algorithm:
        issuer.key_files(settings).rotate(algorithm, datetime.now(UTC))
    bridge = assemble(settings)
    upgrade(bridge.storage.engine)
    return bridge


def issued(bridge: Bridge) -> tuple[str, Reserved]:
    """An award in force with its place in a list, which is published."""
    award = an_award(bridge.storage, an_offer(bridge.storage))
    now = datetime.now(UTC)
    with bridge.storage.begin() as work:
        award = work.awards.move(award, Move(to=State.RESERVED, now=now, actor="issuing"))
        reserved = work.credentials.reserve(award, a_credential(), versions=(1, 1), now=now)
        work.awards.move(award, Move(to=State.SEALED, now=now, actor="issuing"))
    return award.id, reserved


def published(bridge: Bridge, reserved: Reserved) -> str:
    """What the list on the disk says of the credential; publish it where it is not there yet."""
    lists = issuer.status_tools(bridge.settings, bridge.storage, bridge.clock)
    url, index = reserved.envelope.status_list_url, reserved.envelope.status_index
    file = issuer.status_file(lists, url.rpartition("/")[2])
    assert file is not None
    keys = OwnKeys({"did:web:credentials.example.org": issuer.key_files(bridge.settings).history()})
    entry = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
    entry |= {"statusListCredential": url, "statusListIndex": str(index)}
    badge = {"issuer": "did:web:credentials.example.org", "credentialStatus": entry}
    return StatusLists(lambda _url: file.read_bytes(), keys, bridge.clock)(badge).status


def working(bridge: Bridge, folder: Path) -> Supervisor:
    """Start the worker of the embedded installation as a process of its own."""
    environment = os.environ | {
        "MICROCRED_DATA_DIR": str(folder),
        "MICROCRED_PUBLIC_URL": PUBLIC_URL,
        "MICROCRED_SECRET_KEYS": bridge.settings.secret_keys[0],
    }
    worker = Supervisor(worker_command(beat=True, quiet=True), environment, folder / "worker.log")
    worker.start()
    return worker


def seconds_until_revoked(bridge: Bridge, reserved: Reserved, patience: float = PROMISED) -> float | None:
    """Look at the published list until it says «revoked»; None where it does not within ``patience`` seconds."""
    begun = time.monotonic()
    while (waited := time.monotonic() - begun) < patience:
        if published(bridge, reserved) == "revoked":
            return waited
        time.sleep(0.1)
    return None


def test_a_revocation_is_published_by_the_running_worker(tmp_path: Path) -> None:
    """Within the minute that is promised; nobody rings, nobody asks for the list."""
    bridge = a_bridge(tmp_path)
    award_id, reserved = issued(bridge)
    before = published(bridge, reserved)
    worker = working(bridge, tmp_path)
    try:
        approving.revoke(bridge.approving, award_id, by="registrar", reason="wrong person")
        waited = seconds_until_revoked(bridge, reserved)
    finally:
        worker.stop()

    assert before == "good"
    assert waited is not None
    bridge.storage.engine.dispose()
