"""The one way out: HTTP that may only go where the institution allows, and that always ends.

A platform, a registration or a form supplies the addresses that are asked here, so they are never trusted
(OWASP Server-Side Request Forgery Prevention). In this order, for every single connection:

1. the scheme is https; plain http only into a network of the campus allow-list;
2. the name is resolved once, and every address it has must be public or in the allow-list;
3. the connection goes to the address that was checked, so a name that resolves differently a moment later (DNS
   rebinding) changes nothing; TLS still checks the name;
4. redirects are never followed; they are an error that names no target;
5. cookies, ``.netrc`` and proxy settings of the environment are left alone, and no address is logged;
6. connecting, waiting and the whole answer have time limits, and the answer a size limit.

What is left to the caller: whether the answer's status is a good one.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError
from urllib3.util.retry import Retry

from lti.errors import Fault, PlatformError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_CHUNK = 65536

_TALKATIVE = ("urllib3.connectionpool", "urllib3.util.retry")

# Networks that lead to inner hosts or to none, and that Python's «is_global» does not know in every version.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relay
        "64:ff9b::/96",  # IPv4 behind NAT64
        "64:ff9b:1::/48",
        "2002::/16",  # IPv4 inside 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)


@dataclass(frozen=True, slots=True)
class Network:
    """Where requests may go and how long they may take: part of the settings.

    ``allowed`` are inner networks that the institution's own LMS lives in (``10.20.0.0/16``, ``127.0.0.0/8`` for a
    demo). ``connect`` and ``read`` are seconds for one connection and one wait, ``whole`` for a whole answer,
    ``largest`` its bytes. ``pause`` are the seconds after a first failed try; each further one doubles them.
    ``certificates`` is a file of trusted authorities, for an institution with one of its own. ``answered`` is told of
    each whole answer.
    """

    allowed: tuple[IPNetwork, ...] = ()
    connect: float = 5.0
    read: float = 30.0
    whole: float = 120.0
    pause: float = 0.4
    certificates: str = ""
    largest: int = 64 * 1024 * 1024
    answered: Callable[[], None] = lambda: None

    def permits(self, address: IPAddress) -> bool:
        """Say whether ``address`` is public or in the allow-list."""
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            return self.permits(address.ipv4_mapped)
        if any(address in network for network in self.allowed):
            return True
        return address.is_global and not address.is_multicast and not any(address in network for network in _NEVER)

    def is_inner(self, address: IPAddress) -> bool:
        """Say whether ``address`` is in the allow-list, where plain http is good enough."""
        return any(address in network for network in self.allowed)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers with lower-case names, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    place: str = ""

    @property
    def retry_after(self) -> float | None:
        """Seconds that the platform asks to be left alone, None where it does not say them as a number."""
        seconds = self.headers.get("retry-after", "")
        return float(seconds) if seconds.isascii() and seconds.isdigit() else None

    def json(self) -> object:
        """Return the body as JSON, numbers with a point as Decimal; raise a named error where it is none."""
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise PlatformError(Fault.MALFORMED_ANSWER, self.place, detail="no JSON") from error


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def place_of(url: str) -> str:
    """Return scheme, host and path of ``url`` for a log line, never its query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or '?'}{parts.path}"


class GuardedAdapter(HTTPAdapter):
    """Connects to the address that was checked, under the name that was asked for (steps 1 to 3)."""

    def __init__(self, network: Network, retry: Retry) -> None:
        self._network = network
        super().__init__(max_retries=retry, pool_maxsize=8)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:  # requests' own types for these two are private
        """Replace the host by its checked address; certificate and Host header keep the name."""
        keys: tuple[Any, Any] = super().build_connection_pool_key_attributes(request, verify, cert)
        target, tls = keys
        name, scheme, port = target["host"], target["scheme"], target["port"]
        request.headers["Host"] = urlsplit(request.url or "").netloc.rpartition("@")[2]
        if scheme == "https":
            tls |= {"assert_hostname": name, "server_hostname": name}
        address = self._checked(name, port or (443 if scheme == "https" else 80), scheme, place_of(request.url or ""))
        return {**target, "host": f"[{address}]" if address.version == 6 else str(address)}, tls

    def _checked(self, name: str, port: int, scheme: str, place: str) -> IPAddress:
        addresses = _resolve(name.strip("[]"), port, place)
        if not all(self._network.permits(address) for address in addresses):
            raise PlatformError(Fault.ADDRESS_REFUSED, place)
        if scheme != "https" and not self._network.is_inner(addresses[0]):
            raise PlatformError(Fault.ADDRESS_REFUSED, place, detail="plain http")
        return addresses[0]


def _resolve(name: str, port: int, place: str) -> list[IPAddress]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PlatformError(Fault.UNREACHABLE, place, detail="name not found") from error
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _only_errors(record: logging.LogRecord) -> bool:
    """Let nothing below an error pass: urllib3 writes whole addresses, and their queries carry tokens."""
    return record.levelno >= logging.ERROR


def open_session(
    network: Network,
    *,
    repeatable: frozenset[str] = frozenset({"GET"}),
    again_on: frozenset[int] = frozenset({429, 502, 503, 504}),
) -> requests.Session:
    """Return a session that keeps the six rules above.

    ``repeatable`` are the methods that change nothing at the platform, and are asked again (three times, with
    growing pauses, ``Retry-After`` respected up to half a minute) where connection, waiting or a status of
    ``again_on`` spoil them. Moodle's reading functions are POSTs that qualify.
    """
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_only_errors)
    retry = Retry(
        total=3,
        status_forcelist=again_on,
        respect_retry_after_header=429 in again_on,  # else urllib3 would repeat a 429 on its own authority
        allowed_methods=repeatable,
        backoff_factor=network.pause,
        retry_after_max=30,
        raise_on_status=False,
    )
    session = requests.Session()
    session.trust_env = False
    session.verify = network.certificates or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, GuardedAdapter(network, retry))
    return session


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. ``place`` is what a log may say of it: a function, else host and path."""

    method: str = "GET"
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    place: str = ""


def send(session: requests.Session, request: Request, network: Network) -> Answer:
    """Send ``request`` and return the whole answer, whatever its status; every fault is a PlatformError."""
    place = request.place or place_of(request.url)
    try:
        with session.request(
            request.method,
            request.url,
            headers=dict(request.headers),
            data=request.form if request.form is not None else request.body,
            timeout=(network.connect, network.read),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = _whole_body(response, network, place)
    except requests.RequestException as error:
        raise _translated(error, place) from None  # its text has the whole address
    network.answered()
    if response.is_redirect or 300 <= response.status_code < 400:
        raise PlatformError(Fault.REDIRECTED, place, detail=str(response.status_code))
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, body, request.url, place)


def _translated(error: requests.RequestException, place: str) -> PlatformError:
    if isinstance(error, ValueError):  # no, an unknown, or a broken scheme or host
        return PlatformError(Fault.INVALID_REQUEST, place, detail="not an address")
    # After several tries requests wraps a timeout in a ConnectionError.
    reasons = [getattr(cause, "reason", None) for cause in error.args]
    slow = [reason for reason in reasons if isinstance(reason, ReadTimeoutError | ConnectTimeoutError)]
    if isinstance(error, requests.Timeout) or (slow and not isinstance(slow[0], NewConnectionError)):
        return PlatformError(Fault.TIMED_OUT, place, undone=isinstance(error, requests.ConnectTimeout))
    never = any(isinstance(reason, NewConnectionError) for reason in reasons)
    fault = Fault.UNREACHABLE if never or isinstance(error, requests.exceptions.SSLError) else Fault.CUT_OFF
    return PlatformError(fault, place, detail=type(error).__name__)


def _whole_body(response: requests.Response, network: Network, place: str) -> bytes:
    ends, body = time.monotonic() + network.whole, bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > network.largest:
            raise PlatformError(Fault.ANSWER_TOO_LARGE, place)
        if time.monotonic() > ends:
            raise PlatformError(Fault.TIMED_OUT, place, detail="whole answer")
    return bytes(body)
