"""Checks of what belongs to others: broker, the public address with its TLS, mail, the learning platforms.

Only the broker can be red. A platform or an authority that is away makes work wait; no page goes out of service for it.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import requests
from kombu.exceptions import OperationalError

from lti.errors import PlatformError
from lti.platforms import Platform
from mappings.assessment import CourseId, PlatformId
from plugin.errors import BridgeError
from plugin.health.report import Finding, bad, doubtful, good
from plugin.preflight import Preflight
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage

_PATIENCE = 5.0
_TLS_WARNED = timedelta(days=14)


def broker(reach: Callable[[], object]) -> Finding:
    """Connect to the broker."""
    try:
        reach()
    except (OSError, OperationalError) as error:
        fix = "Look at MICROCRED_BROKER_URL and whether the broker runs; until then work waits as rows."
        return bad("broker", f"The broker cannot be reached ({type(error).__name__}).", fix)
    return good("broker", "Reached.")


def mail(reach: Callable[[], object] | None) -> Finding:
    """Connect to the mail server as whoever sends notices does; nothing is sent."""
    if reach is None:
        return good("mail", "No mail server is set; learners are told by messages or find it on their page.")
    try:
        reach()
    except (OSError, smtplib.SMTPException) as error:
        fix = "Look at the MICROCRED_MAIL_ settings and whether the server runs; until then mails wait."
        return doubtful("mail", f"The mail server does not let us in ({type(error).__name__}).", fix)
    return good("mail", "The mail server lets us in.")


def address(public_url: str) -> Finding:
    """Ask ourselves over the public address, the way that everybody else comes."""
    fix = "Start the bridge, and let the proxy lead this address to it; docs/install.md."
    try:
        answer = requests.get(f"{public_url}/healthz", timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException as error:
        return doubtful("public address", f"{public_url} does not answer ({type(error).__name__}).", fix)
    if answer.status_code != 200 or "pass" not in answer.text:
        return doubtful("public address", f"{public_url} answers {answer.status_code}, and not as the bridge.", fix)
    return good("public address", f"{public_url} leads here.")


def tls(public_url: str, clock: Callable[[], datetime]) -> Finding:
    """Look when the certificate of the public address ends."""
    url = urlsplit(public_url)
    if url.scheme != "https" or not url.hostname:
        return good("tls", "The public address is plain http: good enough on this machine only.")
    try:
        ends = _tls_ends(url.hostname, url.port or 443)
    except (OSError, ValueError) as error:
        fix = "Give the proxy a certificate for this name that browsers trust."
        return doubtful("tls", f"No TLS with {url.hostname} ({type(error).__name__}).", fix)
    said = f"The certificate of {url.hostname} is valid until {ends:%Y-%m-%d}."
    if ends - clock() < _TLS_WARNED:
        return doubtful("tls", said, "Renew it, and see why that did not happen by itself.")
    return good("tls", said)


def _tls_ends(host: str, port: int) -> datetime:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), _PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        ends = (secure.getpeercert() or {}).get("notAfter", "")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC)


def platforms(preflights: Iterable[Preflight]) -> Iterator[Finding]:
    """Yield what each registered platform still lacks; one that does not answer is a warning."""
    for each in preflights:
        name = f"platform {each.registration.title or each.registration.issuer}"
        lacks = [check for check in each.checks if check.broken]
        if lacks:
            yield doubtful(name, f"It lacks {', '.join(check.need for check in lacks)}.", lacks[0].fix)
        else:
            yield good(name, f"Ready for {', '.join(check.need for check in each.checks)}.")


def web_services(
    storage: Storage, connect: Callable[[Connected], Platform], registered: Collection[PlatformId]
) -> Iterator[Finding]:
    """Yield whether each platform that was only connected by hand can be read, tried on one of its courses."""
    with storage.reading() as work:
        courses = {offer.platform: offer.course for offer in work.offers.enabled()}
        connected = [each for each in work.platforms.all() if each.id not in registered]
    for each in connected:
        yield _web_service(each, courses.get(each.id), connect)


def _web_service(connected: Connected, course: CourseId | None, connect: Callable[[Connected], Platform]) -> Finding:
    name = f"web service {connected.title or connected.id}"
    if course is None:
        return good(name, "Connected; no course awards a credential yet.")
    try:
        found = connect(connected).preflight(course)
    except (PlatformError, BridgeError) as error:
        fix = "Look the code up in docs/troubleshooting.md; its courses are read again by themselves."
        return doubtful(name, f"It could not be read [{error.code}].", fix)
    broken = [each for each in found if not each.works]
    if broken:
        return doubtful(name, f"{broken[0].place}: {broken[0].problem}", broken[0].fix)
    return good(name, f"Everything can be read, tried on course {course}.")
