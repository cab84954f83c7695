"""Telling the world what was revoked: a list is sealed as the database has it, and replaced.

One award has one place in one list; its two forms (:mod:`mappings.documents.status_list`) are files that a web server
or a CDN hands out as they are. Whatever ends a credential asks for its list in the same transaction
(:meth:`plugin.storage.credentials.Credentials.end`), so it cannot be forgotten; publishing is a job that may run twice.
Suspension is not used: whoever asks in a year would not see that a credential was doubted for a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from mappings.documents.status_list import BESIDE, StatusBits, bitstring_list, token_list
from plugin.sealing import Sealer
from plugin.sealing.compact import compact_json, sign
from plugin.sealing.credential_keys import Signer
from plugin.storage.unit_of_work import Storage
from plugin.whole_files import only_writer, replace_file

log = structlog.get_logger(__name__)

TTL = 300
"""Seconds for which others may keep a list."""
_FOR_EVERYBODY = 0o644
TOKEN_TYPE = "statuslist+jwt"  # noqa: S105 - a media type


@dataclass(frozen=True, slots=True)
class StatusTools:
    """What lists are published with.

    ``sealers`` gives the sealer of the list credential and the signer of the token, as they are now; None where the
    institution has no credential keys. ``folder`` is where the files go; ``clock`` returns aware UTC.
    """

    storage: Storage
    issuer_url: str
    sealers: Callable[[], tuple[Sealer, Signer] | None]
    folder: Path
    clock: Callable[[], datetime]


def publish(tools: StatusTools, status_list: str) -> tuple[Path, ...]:
    """Seal a list as the database has it now, and replace its files. Return them; none without credential keys.

    Raises :class:`plugin.errors.UnknownRow`.
    """
    sealers = tools.sealers()
    if sealers is None:
        return ()
    tools.folder.mkdir(parents=True, exist_ok=True)
    with only_writer(tools.folder / status_list):  # who reads last writes last: no revoked bit is taken back
        revoked, bodies = _sealed(tools, sealers, status_list)
        paths = (tools.folder / status_list, tools.folder / f"{status_list}{BESIDE}")
        for path, body in zip(paths, bodies, strict=True):
            replace_file(path, body, _FOR_EVERYBODY)
    log.info("status_list_published", row_id=status_list, count=revoked)
    return paths


def _sealed(tools: StatusTools, sealers: tuple[Sealer, Signer], status_list: str) -> tuple[int, tuple[bytes, bytes]]:
    """Return how many are revoked now, and the list in both forms."""
    with tools.storage.reading() as work:
        revoked = work.credentials.invalid_indices(status_list) | work.credentials.decoys(status_list)
    now = tools.clock()
    bits, url = StatusBits(revoked=revoked), f"{tools.issuer_url}/status/{status_list}"
    listed = sealers[0].seal(bitstring_list(tools.issuer_url, url, bits, now, TTL), now)
    claims = compact_json(token_list(tools.issuer_url, url, bits, now, TTL))
    token = sign({"typ": TOKEN_TYPE, "kid": sealers[1].key_id}, claims, sealers[1])
    return len(revoked), (listed.body, token.encode())
