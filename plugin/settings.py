"""Settings of the bridge: one frozen object, read once from the environment.

Each setting is an environment variable ``MICROCRED_<NAME>``, or a file whose path is in ``MICROCRED_<NAME>_FILE``
(which wins and must be readable: a secret belongs there). All problems are named at once; a bad value stops the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from plugin.errors import InvalidSettings
from plugin.guessable import PREFIX
from plugin.settings_problems import is_loopback, problems_of

__all__ = ["PREFIX", "Settings", "is_loopback", "read_settings"]


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
    oidc_issuer: str = ""
    """Identity provider by which administrators sign in (OpenID Connect); empty: only by `microcred admin link`."""
    oidc_client_id: str = ""
    """What the identity provider calls the bridge."""
    oidc_client_secret: str = field(default="", repr=False)
    """The secret that the identity provider gave for it."""
    oidc_claim: str = "roles"
    """Claim of the id_token that says who is an administrator."""
    oidc_value: str = ""
    """Value that this claim must be or contain."""
    oidc_acr: str = ""
    """Authentication context class (``acr``) that is required, such as multi-factor; empty: whichever."""
    privacy_contact: str = ""
    """Mail address or web address for questions about personal data; stands on the privacy page."""
    accessibility_contact: str = ""
    """Mail address or web address for barriers; stands on the accessibility page."""
    administrator: str = ""
    """Mail address of whoever runs the bridge, as ``microcred setup`` was told; it stands in the audit trail."""
    security_contact: str = ""
    """Whom to tell about a weakness of this installation, as ``mailto:...``, ``tel:...`` or ``https://...``; empty: no
    ``security.txt``."""
    security_policy: str = ""
    """``https://...`` page that says how reports of weaknesses are handled; named in ``security.txt``."""

    def __post_init__(self) -> None:
        if problems := tuple(problems_of(self)):
            raise InvalidSettings(problems)

    @property
    def database(self) -> str:
        """The database URL in effect."""
        return self.database_url or f"sqlite:///{self.data_dir / 'microcred.sqlite3'}"

    @property
    def is_public(self) -> bool:
        """Whether strangers rely on what is sealed here: an address that is not this machine's own."""
        return not is_loopback(urlsplit(self.public_url).hostname or "")


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
