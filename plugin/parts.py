"""Parts that settings give without a whole bridge: what checks and commands need when something else is broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509

from lti.claims import RegistrationId
from lti.network import Network
from plugin import issuer, turn
from plugin.channels import make_mailer
from plugin.connecting import Connector
from plugin.errors import BridgeError, InvalidSettings
from plugin.exporting import ExportTools
from plugin.health import HealthTools
from plugin.health.inside import skew_of
from plugin.jobs.queue import make_queue, reach
from plugin.preflight import PreflightTools, preflight
from plugin.privacy import PrivacyTools
from plugin.safekeeping.backing_up import BackupTools
from plugin.safekeeping.reconciling import ReconcilingTools
from plugin.sealing.devices import DevicePlace, device_seal
from plugin.sealing.errors import SealError
from plugin.sealing.keys import SealKey, from_pem, from_pkcs12
from plugin.sealing.timestamps import TimestampAuthority
from plugin.settings import Settings
from plugin.storage.engine import open_engine
from plugin.storage.launches import Launches
from plugin.storage.registrations import Registrations, ToolKeys
from plugin.storage.retention import EVIDENCE, LAUNCHES, PASSING
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time, aware UTC."""
    return datetime.now(UTC)


def open_storage(settings: Settings) -> Storage:
    """Return the database with its secrets and its journal in the data folder, whatever its schema."""
    vault = Vault(settings.secret_keys)
    return Storage(open_engine(settings.database), vault, settings.public_url, settings.data_dir)


def privacy_tools(settings: Settings, storage: Storage, clock: Clock) -> PrivacyTools:
    """Return what requests about personal data are answered with."""
    retention = {
        LAUNCHES: timedelta(days=settings.retain_launches_days),
        EVIDENCE: timedelta(days=settings.retain_evidence_days),
        PASSING: timedelta(days=30),
    }
    return PrivacyTools(storage, retention, clock)


def backup_tools(settings: Settings, storage: Storage, clock: Clock) -> BackupTools:
    """Return what backing up works with."""
    kept_for = timedelta(days=settings.journal_days)
    folder = settings.data_dir
    return BackupTools(storage, folder / "status", folder / "keys", lambda: clock() - kept_for, clock)


def reconciling_tools(
    settings: Settings,
    storage: Storage,
    clock: Clock,
    journals: tuple[Path, ...] = (),
    published: tuple[Path, ...] = (),
) -> ReconcilingTools:
    """Return what a restored database is reconciled with; ``journals`` and ``published`` beside our own."""
    own = settings.data_dir / "journal"
    return ReconcilingTools(storage, (own, *journals), (settings.data_dir / "status", *published), clock)


def campus(settings: Settings) -> Network:
    """Return where the bridge may send requests."""
    return Network(allowed=tuple(ip_network(each) for each in settings.private_networks), answered=turn.get_on)


def configured_seal(settings: Settings) -> SealKey | None:
    """Read the seal that the settings name, None where they name none."""
    if settings.seal_file is None:
        return None
    if settings.seal_module is None:
        return read_seal(settings.seal_file, settings.seal_password)
    place = DevicePlace(settings.seal_module, settings.seal_token, settings.seal_key, settings.seal_password)
    return device_seal(place, read_certificates(settings.seal_file, "SEAL_FILE"))


def read_seal(path: Path, password: str) -> SealKey:
    """Read the seal from PKCS#12 or from one PEM file with key and certificates."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidSettings((f"MICROCRED_SEAL_FILE: {path} cannot be read ({error.strerror})",)) from None
    secret = password.encode() or None
    return from_pkcs12(data, secret) if path.suffix in {".p12", ".pfx"} else from_pem(data, data, secret)


def trust_anchors(settings: Settings) -> tuple[x509.Certificate, ...]:
    """Return the certificates that verification trusts."""
    return read_certificates(settings.trust_file, "TRUST_FILE") if settings.trust_file else ()


def read_certificates(path: Path, setting: str) -> tuple[x509.Certificate, ...]:
    """Return the PEM certificates of a file that a setting names. Raises :class:`InvalidSettings`."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError):
        raise InvalidSettings((f"MICROCRED_{setting}: no certificates can be read from {path}",)) from None


def preflight_tools(storage: Storage, settings: Settings, clock: Clock = utc_now) -> PreflightTools:
    """Return what tries out a connected platform."""
    return PreflightTools(
        registrations=Registrations(storage),
        launches=Launches(storage),
        tool_keys=ToolKeys(storage),
        storage=storage,
        connect=Connector(campus(settings), storage, clock),
        network=campus(settings),
        clock=clock,
    )


def health_tools(settings: Settings, clock: Clock = utc_now) -> HealthTools:
    """Return what the checks work with; works also where the seal, the database or the broker do not."""
    storage = open_storage(settings)
    trying, registrations = preflight_tools(storage, settings, clock), Registrations(storage)
    mailer = make_mailer(settings, clock)
    return HealthTools(
        settings=settings,
        storage=storage,
        seal=lambda: configured_seal(settings),
        keys=issuer.key_files(settings),
        stamp=TimestampAuthority(settings.timestamp_url).stamp if settings.timestamp_url else None,
        reach_broker=lambda: reach(make_queue(settings)),
        reach_mail=mailer.reach if mailer else None,
        preflights=lambda: (preflight(trying, RegistrationId(each.id)) for each in registrations.registrations()),
        connect=Connector(campus(settings), storage, clock),
        clock=clock,
    )


def export_tools(settings: Settings, storage: Storage, clock: Clock = utc_now) -> ExportTools:
    """Return what the gauges of `/metrics` are asked with."""

    def key_ends() -> dict[str, datetime]:
        try:
            key = configured_seal(settings)
            return {} if key is None else issuer.seal_files(settings).ends(key.certificate, clock())
        except (BridgeError, SealError):
            return {}

    return ExportTools(storage, key_ends, lambda: skew_of(storage, clock), clock)
