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
from lti.preflight import NAMES, Check
from mappings.assessment import CourseId, PlatformId
from mappings.said import say
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
        fix = say("Look at MICROCRED_BROKER_URL and whether the broker runs; until then work waits as rows.")
        return bad("broker", say("The broker cannot be reached (%(error)s).", error=type(error).__name__), fix)
    return good("broker", say("It can be reached."))


def mail(reach: Callable[[], object] | None) -> Finding:
    """Connect to the mail server as whoever sends notices does; nothing is sent."""
    if reach is None:
        return good("mail", say("No mail server is set; learners are told by messages or find it on their page."))
    try:
        reach()
    except (OSError, smtplib.SMTPException) as error:
        fix = say("Look at the MICROCRED_MAIL_ settings and whether the server runs; until then mails wait.")
        return doubtful("mail", say("The mail server does not let us in (%(error)s).", error=type(error).__name__), fix)
    return good("mail", say("The mail server lets us in."))


def address(public_url: str) -> Finding:
    """Ask ourselves over the public address, the way that everybody else comes."""
    fix = say("Start the bridge, and let the proxy lead this address to it; docs/install.md.")
    try:
        answer = requests.get(f"{public_url}/healthz", timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException as error:
        said = say("%(url)s does not answer (%(error)s).", url=public_url, error=type(error).__name__)
        return doubtful("public address", said, fix)
    if answer.status_code != 200 or "pass" not in answer.text:
        said = say("%(url)s answers %(status)s, and not as the bridge.", url=public_url, status=answer.status_code)
        return doubtful("public address", said, fix)
    return good("public address", say("%(url)s leads here.", url=public_url))


def tls(public_url: str, clock: Callable[[], datetime]) -> Finding:
    """Look when the certificate of the public address ends."""
    url = urlsplit(public_url)
    if url.scheme != "https" or not url.hostname:
        return good("tls", say("The public address is plain http: good enough on this machine only."))
    try:
        ends = _tls_ends(url.hostname, url.port or 443)
    except (OSError, ValueError) as error:
        fix = say("Give the proxy a certificate for this name that browsers trust.")
        said = say("No TLS with %(host)s (%(error)s).", host=url.hostname, error=type(error).__name__)
        return doubtful("tls", said, fix)
    said = say("The certificate of %(host)s is valid until %(day)s.", host=url.hostname, day=ends)
    if ends - clock() < _TLS_WARNED:
        return doubtful("tls", said, say("Renew it, and see why that did not happen by itself."))
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
        name = say("platform %(name)s", name=each.registration.title or each.registration.issuer)
        lacks = [check for check in each.checks if check.broken]
        if lacks:
            yield doubtful(name, say("It lacks %(needs)s.", needs=_names(lacks)), say(lacks[0].fix))
        else:
            yield good(name, say("Ready for %(needs)s.", needs=_names(each.checks)))


def _names(checks: Iterable[Check]) -> tuple[str, ...]:
    return tuple(NAMES[each.need] for each in checks)


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
    name = say("web service %(name)s", name=connected.title or connected.id)
    if course is None:
        return good(name, say("Connected; no course awards a credential yet."))
    try:
        found = connect(connected).preflight(course)
    except (PlatformError, BridgeError) as error:
        fix = say("Look the code up in docs/troubleshooting.md; its courses are read again by themselves.")
        return doubtful(name, say("It could not be read [%(code)s].", code=error.code), fix)
    broken = [each for each in found if not each.works]
    if broken:
        said = say("%(place)s: %(problem)s", place=broken[0].place, problem=say(broken[0].problem))
        return doubtful(name, said, say(broken[0].fix))
    return good(name, say("Everything can be read, tried on course %(course)s.", course=course))
