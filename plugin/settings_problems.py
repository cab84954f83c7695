"""What is wrong with settings: each value by itself, and those that need each other. No file is opened."""

from __future__ import annotations

from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from plugin.guessable import PREFIX, public_problems
from plugin.security_contact import contact_problems

if TYPE_CHECKING:
    from plugin.settings import Settings

_BROKERS = ("filesystem", "redis", "rediss", "amqp", "amqps", "memory")
_DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")
_WORDS = {
    "new_deployments": ("allow", "ask"),
    "notices": ("auto", "lms", "mail", "both", "page"),
    "mail_tls": ("starttls", "tls", "none"),
}


def problems_of(settings: Settings) -> list[str]:
    """Return every problem, each beginning with the name of its setting."""
    checks = (
        _address_problems,
        _number_problems,
        _secret_problems,
        _scheme_problems,
        _network_problems,
        _word_problems,
        public_problems,
        _device_problems,
        _oidc_problems,
        _mail_problems,
        contact_problems,
    )
    return [problem for check in checks for problem in check(settings)]


def _address_problems(settings: Settings) -> list[str]:
    url = urlsplit(settings.public_url)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        return [f"{PREFIX}PUBLIC_URL: {settings.public_url!r} is not an http or https address"]
    problems = [f"{PREFIX}PUBLIC_URL: must not end with a slash"] if settings.public_url.endswith("/") else []
    if not _is_guarded(settings.public_url):
        problems.append(f"{PREFIX}PUBLIC_URL: {settings.public_url!r} needs https: browsers keep a launch only by TLS")
    host, _, port = settings.metrics_listen.rpartition(":")
    if settings.metrics_listen and not (host and port.isdigit() and 0 < int(port) < 65536):
        problems.append(f"{PREFIX}METRICS_LISTEN: {settings.metrics_listen!r} is not like 127.0.0.1:9108")
    return problems


def _device_problems(settings: Settings) -> list[str]:
    if settings.seal_module is None:
        return []
    needed = ("seal_file", "seal_token", "seal_key")
    return [f"{PREFIX}{name.upper()}: needed with SEAL_MODULE" for name in needed if not getattr(settings, name)]


def _oidc_problems(settings: Settings) -> list[str]:
    if not settings.oidc_issuer:
        return []
    needed = ("oidc_client_id", "oidc_value")
    problems = [f"{PREFIX}{name.upper()}: needed with OIDC_ISSUER" for name in needed if not getattr(settings, name)]
    if not _is_guarded(settings.oidc_issuer):
        problems.append(f"{PREFIX}OIDC_ISSUER: {settings.oidc_issuer!r} is not an https address")
    return problems


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


def _word_problems(settings: Settings) -> list[str]:
    return [
        f"{PREFIX}{name.upper()}: {getattr(settings, name)!r} is none of {', '.join(words)}"
        for name, words in _WORDS.items()
        if getattr(settings, name) not in words
    ]


def _mail_problems(settings: Settings) -> list[str]:
    is_mailbox = not settings.mail_host or ("@" in parseaddr(settings.mail_from)[1] and "\n" not in settings.mail_from)
    return [] if is_mailbox else [f"{PREFIX}MAIL_FROM: needed where MAIL_HOST is set, as credentials@u.example"]


def _is_guarded(address: str) -> bool:
    """Tell whether an address is https, or does not leave this machine."""
    url = urlsplit(address)
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname or ""))


def is_loopback(host: str) -> bool:
    """Tell whether ``host``, a name or an address, is this machine and nothing else."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
