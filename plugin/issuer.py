"""The issuer that this installation is, put together for the application: keys, sealers, checks and status lists.

Credential keys are files (:mod:`plugin.sealing.key_files`) below the data folder. Without any, European Digital
Credentials are still sealed; Open Badges and wallet credentials are not, and the bridge has no DID.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509

from lti.network import Network
from mappings.documents.envelope import Format
from mappings.documents.identifiers import did_web
from plugin import revocation
from plugin.errors import UnknownRow
from plugin.identity import Published, published
from plugin.revocation import StatusTools
from plugin.sealing import Sealer
from plugin.sealing.credential_keys import Signer
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.key_files import KeyFiles
from plugin.sealing.key_history import PublishedKey
from plugin.sealing.multikey import Algorithm
from plugin.sealing.rotating import RotatingSealer
from plugin.sealing.sd_jwt import SdJwtSealer
from plugin.sealing.seal_history import SealFiles
from plugin.sealing.vc_jwt import VcJwtSealer
from plugin.settings import Settings
from plugin.storage.unit_of_work import Storage
from plugin.verification import CheckContext, Report, StatusLookup, check
from plugin.verification.fetching import Fetcher, PublishedKeys
from plugin.verification.issuer_keys import KeyLookup, OwnKeys, did_key, first_found
from plugin.verification.own_records import OwnRecords
from plugin.verification.own_status import OwnStatus, nobody
from plugin.verification.status_lists import StatusLists

Clock = Callable[[], datetime]


def key_files(settings: Settings) -> KeyFiles:
    """Return the folder of the credential keys; the seal's password protects them too."""
    return KeyFiles(settings.data_dir / "keys", settings.seal_password.encode() or None)


def seal_files(settings: Settings) -> SealFiles:
    """Return the list of the institution's seals, beside the credential keys."""
    return SealFiles(settings.data_dir / "keys")


def credential_sealers(settings: Settings) -> dict[Format, Sealer]:
    """Return the sealers of the formats that credential keys seal; none where there are no keys."""
    keys, url = key_files(settings), settings.public_url
    if not keys.history().keys:
        return {}
    did = did_web(url)
    return {
        Format.OPEN_BADGES: RotatingSealer(
            Format.OPEN_BADGES, keys, Algorithm.EDDSA, lambda key: DataIntegritySealer(key, did)
        ),
        Format.OPEN_BADGES_JWT: RotatingSealer(
            Format.OPEN_BADGES_JWT, keys, Algorithm.ES256, lambda key: VcJwtSealer(key, did)
        ),
        Format.SD_JWT_VC: RotatingSealer(Format.SD_JWT_VC, keys, Algorithm.ES256, lambda key: SdJwtSealer(key, url)),
    }


@dataclass(frozen=True, slots=True)
class Checking:
    """Checks credentials, ours and foreign ones; ``network`` None asks nobody but ourselves."""

    settings: Settings
    anchors: tuple[x509.Certificate, ...]
    clock: Clock
    storage: Storage | None = None
    network: Network | None = None

    def check(self, data: bytes) -> Report:
        """Check ``data`` now."""
        return check(data, self.context())

    def context(self) -> CheckContext:
        """Return what a check leans on."""
        keys, lists = self._lookups(own_keys(self.settings))
        status = OwnStatus(self.storage, self.settings.public_url, lists) if self.storage else lists
        context = CheckContext(self.clock(), self.anchors, status=status, keys=keys)
        context = replace(context, compromised_seals=seal_files(self.settings).compromised_since)
        if self.storage is None:
            return context
        return replace(context, records=OwnRecords(self.storage, self.settings.public_url))

    def _lookups(self, own: KeyLookup) -> tuple[KeyLookup, StatusLookup]:
        if self.network is None:
            return first_found(did_key, own), nobody
        fetch = Fetcher(self.network, self.clock)
        keys = first_found(did_key, own, PublishedKeys(fetch))
        return keys, StatusLists(fetch, keys, self.clock)


def own_keys(settings: Settings) -> KeyLookup:
    """Return a lookup of our own keys, read when they are asked for."""

    def find(issuer: str, name: str) -> PublishedKey | None:
        history = key_files(settings).history()
        if not history.keys:
            return None
        return OwnKeys({did_web(settings.public_url): history, settings.public_url: history})(issuer, name)

    return find


def status_tools(settings: Settings, storage: Storage, clock: Clock) -> StatusTools:
    """Return what status lists are published with."""

    def sealers() -> tuple[Sealer, Signer] | None:
        keys, now = key_files(settings), clock()
        proof, token = keys.signing(Algorithm.EDDSA, now), keys.signing(Algorithm.ES256, now)
        if proof is None or token is None:
            return None
        return DataIntegritySealer(proof, did_web(settings.public_url)), token

    return StatusTools(storage, settings.public_url, sealers, settings.data_dir / "status", clock)


def status_file(tools: StatusTools, status_list: str) -> Path | None:
    """Return the file of a list, published now where it was not yet; None where there is no such list."""
    path = tools.folder / status_list
    if path.exists():
        return path
    try:
        return next(iter(revocation.publish(tools, status_list)), None)
    except UnknownRow:
        return None


def documents(settings: Settings) -> dict[str, Published]:
    """Return what we publish about ourselves, by path; nothing where there are no credential keys."""
    history = key_files(settings).history()
    return dict(published(settings.public_url, history)) if history.keys else {}
