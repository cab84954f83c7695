"""Settings of the bridge: one frozen object, read once from the environment.

Each setting is an environment variable ``MICROCRED_<NAME>``, or a file whose path is in ``MICROCRED_<NAME>_FILE``
(which wins and must be readable: a secret belongs there). All problems are named at once; a bad value stops the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from plugin.errors import InvalidSettings
from plugin.guessable import PREFIX, public_problems
from plugin.security_contact import contact_problems

__all__ = ["PREFIX", "Settings", "is_loopback", "read_settings"]
_BROKERS = ("filesystem", "redis", "rediss", "amqp", "amqps", "memory")
_DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that differs between two installations. Secrets do not show in ``repr``."""

    data_dir: Path = Path("var")
    """Folder for the database, the broker's files and the keys of an embedded installation."""
    database_url: str = ""
    """``sqlite:///...`` or ``postgresql+psycopg://...``; empty: SQLite in ``data_dir``."""
    broker_url: str = "filesystem://"
    """Celery broker: ``filesystem://`` (embedded), ``redis://...`` or ``amqp://...``."""
    public_url: str = "http://127.0.0.1:8080"
    """Where the world reaches the bridge; part of every credential, so it must never change."""
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    """Fernet keys for data at rest, comma-separated: the first encrypts, all decrypt. Make one with
    ``microcred secrets new``."""
    seal_file: Path | None = None
    """Key and certificate of the institution's seal: PKCS#12 (``.p12``, ``.pfx``) or PEM."""
    seal_password: str = field(default="", repr=False)
    """Password of ``seal_file``; with ``seal_module`` the PIN of the token's user."""
    seal_module: Path | None = None
    """PKCS#11 library of the device that holds the seal's key; ``seal_file`` then has the certificates only."""
    seal_token: str = ""
    """Label of the token in the device."""
    seal_key: str = ""
    """Label of the private key on the token."""
    timestamp_url: str = ""
    """RFC 3161 timestamp authority; empty: seals without timestamp (JAdES baseline B)."""
    trust_file: Path | None = None
    """PEM certificates that verification accepts as trust anchors besides the bridge's own seal."""
    host: str = "127.0.0.1"
    """Address that the web server listens on."""
    port: int = 8080
    """Port that the web server listens on."""
    worker_threads: int = 2
    """How many jobs a worker does at the same time; also bounds the concurrent use of the seal."""
    in_flight: int = 200
    """How many messages may be in the broker; the rest waits as rows (``filesystem://`` slows down above 200)."""
    journal_days: int = 92
    """How long the journal in ``data_dir`` is kept, in days: longer than the oldest backup that you would restore."""
    retain_launches_days: int = 30
    """How long it is kept who opened the tool and when, in days."""
    retain_evidence_days: int = 730
    """How long grades and proctoring records are kept after their course was read last, in days; 0 keeps them."""
    sync_minutes: int = 10
    """How often a course with an enabled credential is read, in minutes."""
    new_deployments: str = "allow"
    """What happens when a registered platform launches from a place that was never seen: ``allow`` lets it in at once
    and lists it, ``ask`` refuses it until an administrator allows it."""
    private_networks: tuple[str, ...] = ()
    """Networks (CIDR, comma-separated) of a campus that the bridge may call although they are private."""
    notices: str = "auto"
    """How learners are told, unless a course chose otherwise: ``auto`` (a message in the platform, else a mail),
    ``lms``, ``mail``, ``both`` or ``page`` (only their own page)."""
    notices_per_minute: int = 600
    """How many notices go out in a minute at most, over all processes."""
    mail_host: str = ""
    """SMTP server that takes mail to learners; empty: no mail is sent."""
    mail_port: int = 587
    """Port of the SMTP server."""
    mail_tls: str = "starttls"
    """``starttls``, ``tls`` (from the first byte, port 465) or ``none`` (a relay on the same host)."""
    mail_user: str = ""
    """Account at the SMTP server; empty: none is needed."""
    mail_password: str = field(default="", repr=False)
    """Password of that account."""
    mail_from: str = ""
    """Sender of the mails, like ``Credentials <credentials@university.example>``."""
    mail_certificates: str = ""
    """File of trusted authorities, where the SMTP server's certificate comes from one of your own."""
    live_events_keys: str = "https://8axpcl50e4.execute-api.us-east-1.amazonaws.com/main/jwks"
    """Key set that Canvas Live Events are signed with (Instructure's data services documentation)."""
    operator_token: str = field(default="", repr=False)
    """Bearer token for ``/status.json``, ``/metrics`` and the details of ``/readyz``; empty: they answer nobody."""
    proxy_hops: int = 0
    """How many reverse proxies stand before the bridge and set ``X-Forwarded-*``."""

    metrics_listen: str = ""
    """``host:port`` on which a worker of its own shows its metrics to whoever reaches it; empty: nowhere."""
    administrator: str = ""
    """Mail address of whoever runs the bridge, as ``microcred setup`` was told; it stands in the audit trail."""
    security_contact: str = ""
    """Whom to tell about a weakness of this installation, as ``mailto:...``, ``tel:...`` or ``https://...``; empty: no
    ``security.txt``."""
    security_policy: str = ""
    """``https://...`` page that says how reports of weaknesses are handled; named in ``security.txt``."""

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise InvalidSettings(problems)

    @property
    def database(self) -> str:
        """The database URL in effect."""
        return self.database_url or f"sqlite:///{self.data_dir / 'microcred.sqlite3'}"

    @property
    def is_public(self) -> bool:
        """Whether strangers rely on what is sealed here: an https address that is not this machine's own."""
        url = urlsplit(self.public_url)
        return url.scheme == "https" and not is_loopback(url.hostname or "")


def is_loopback(host: str) -> bool:
    """Tell whether ``host``, a name or an address, is this machine and nothing else."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from ``environment``. Raises :class:`InvalidSettings` with every problem."""
    values: dict[str, object] = {}
    problems: list[str] = []
    known = {setting.name: str(setting.type) for setting in fields(Settings)}
    for name, type_name in known.items():
        try:
            if (text := _text(environment, PREFIX + name.upper())) is not None:
                values[name] = _CONVERTERS[type_name](text)
        except (ValueError, OSError) as error:
            problems.append(f"{PREFIX}{name.upper()}: {error}")
    problems += _unknown_names(environment, known)
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # converted by the declared type of each field
    except InvalidSettings as error:
        raise InvalidSettings((*problems, *error.problems)) from None
    if problems:
        raise InvalidSettings(tuple(problems))
    return settings


def _text(environment: Mapping[str, str], name: str) -> str | None:
    """Return the value of a setting; a file beats the variable, None where neither is there."""
    if path := environment.get(f"{name}_FILE", ""):
        return _first_text(Path(path))
    return environment.get(name) or None


def _first_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"the file {path} cannot be read ({error.strerror})") from None


def _unknown_names(environment: Mapping[str, str], known: Mapping[str, str]) -> list[str]:
    """Name variables with our prefix that mean nothing: most often a typing error."""
    allowed = {PREFIX + name.upper() for name in known}
    allowed |= {f"{name}_FILE" for name in allowed} | {f"{PREFIX}SETTINGS"}
    return [f"{name}: there is no such setting" for name in sorted(environment) if _is_stray(name, allowed)]


def _is_stray(name: str, allowed: set[str]) -> bool:
    return name.startswith(PREFIX) and name not in allowed


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_CONVERTERS: dict[str, Callable[[str], object]] = {
    "str": str,
    "int": _whole_number,
    "Path": Path,
    "Path | None": Path,
    "tuple[str, ...]": _parts,
}


def _problems(settings: Settings) -> list[str]:
    checks = (
        _address_problems,
        _number_problems,
        _secret_problems,
        _scheme_problems,
        _network_problems,
        _word_problems,
        public_problems,
        _device_problems,
        _mail_problems,
        contact_problems,
    )
    return [problem for check in checks for problem in check(settings)]


def _address_problems(settings: Settings) -> list[str]:
    url = urlsplit(settings.public_url)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        return [f"{PREFIX}PUBLIC_URL: {settings.public_url!r} is not an http or https address"]
    problems = [f"{PREFIX}PUBLIC_URL: must not end with a slash"] if settings.public_url.endswith("/") else []
    host, _, port = settings.metrics_listen.rpartition(":")
    if settings.metrics_listen and not (host and port.isdigit() and 0 < int(port) < 65536):
        problems.append(f"{PREFIX}METRICS_LISTEN: {settings.metrics_listen!r} is not like 127.0.0.1:9108")
    return problems


def _device_problems(settings: Settings) -> list[str]:
    if settings.seal_module is None:
        return []
    needed = ("seal_file", "seal_token", "seal_key")
    return [f"{PREFIX}{name.upper()}: needed with SEAL_MODULE" for name in needed if not getattr(settings, name)]


def _number_problems(settings: Settings) -> list[str]:
    bounds = {"port": (1, 65535), "worker_threads": (1, 64), "in_flight": (1, 100_000), "sync_minutes": (1, 1440)}
    bounds |= {"proxy_hops": (0, 5), "journal_days": (7, 3660)}
    bounds |= {"retain_launches_days": (1, 3660), "retain_evidence_days": (0, 3660)}
    bounds |= {"notices_per_minute": (1, 100_000), "mail_port": (1, 65535)}
    return [
        f"{PREFIX}{name.upper()}: {getattr(settings, name)} is not between {low} and {high}"
        for name, (low, high) in bounds.items()
        if not low <= getattr(settings, name) <= high
    ]


def _secret_problems(settings: Settings) -> list[str]:
    for key in settings.secret_keys:
        try:
            Fernet(key)
        except ValueError:
            return [f"{PREFIX}SECRET_KEYS: not a Fernet key; make one with `microcred secrets new`"]
    return []


def _scheme_problems(settings: Settings) -> list[str]:
    schemes = {"DATABASE_URL": (settings.database, _DATABASES), "BROKER_URL": (settings.broker_url, _BROKERS)}
    return [
        f"{PREFIX}{name}: {value.partition(':')[0]!r} is none of {', '.join(allowed)}"
        for name, (value, allowed) in schemes.items()
        if value.partition(":")[0] not in allowed
    ]


def _network_problems(settings: Settings) -> list[str]:
    problems = []
    for network in settings.private_networks:
        try:
            ip_network(network)
        except ValueError:
            problems.append(f"{PREFIX}PRIVATE_NETWORKS: {network!r} is not a network like 10.0.0.0/8")
    return problems


_WORDS = {
    "new_deployments": ("allow", "ask"),
    "notices": ("auto", "lms", "mail", "both", "page"),
    "mail_tls": ("starttls", "tls", "none"),
}


def _word_problems(settings: Settings) -> list[str]:
    return [
        f"{PREFIX}{name.upper()}: {getattr(settings, name)!r} is none of {', '.join(words)}"
        for name, words in _WORDS.items()
        if getattr(settings, name) not in words
    ]


def _mail_problems(settings: Settings) -> list[str]:
    is_mailbox = not settings.mail_host or ("@" in parseaddr(settings.mail_from)[1] and "\n" not in settings.mail_from)
    return [] if is_mailbox else [f"{PREFIX}MAIL_FROM: needed where MAIL_HOST is set, as credentials@u.example"]
