"""The channels: a message in the learning platform, and a mail; and which of them an institution has."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from lti.errors import PlatformError
from lti.platforms import Platform
from lti.platforms.messaging import Messaging
from mappings.assessment import PlatformId
from plugin.delivery import DeliveryTools
from plugin.errors import BridgeError
from plugin.mailing import Mail, Mailer, MailServer
from plugin.notices import Choice, Facts, Letter, MailedLink, Notice, Sending, Trouble
from plugin.recovering import RecoveringTools
from plugin.settings import Settings
from plugin.storage.deliveries import Outcome
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage

_CONNECTED_FOR = 600.0
"""Seconds for which a connection is kept: it knows by then who is who in the courses."""


class LmsChannel:
    """A message in the learning platform, in the name of the account that reads it."""

    name = "lms"

    def __init__(self, connect: Callable[[PlatformId], Platform], clock: Callable[[], float] = time.monotonic) -> None:
        self._connect = connect
        self._clock = clock
        self._open: dict[PlatformId, tuple[float, Platform]] = {}
        self._opening = threading.Lock()

    def send(self, notice: Notice) -> Sending:
        """Send it; what the platform never took is tried again where that may help."""
        try:
            platform = self._platform(notice.platform)
        except BridgeError:
            return Sending(Outcome.FAILED, Trouble.NO_MESSAGES)
        if not isinstance(platform, Messaging):
            return Sending(Outcome.FAILED, Trouble.NO_MESSAGES)
        if notice.muted:
            return Sending(Outcome.MUTED)
        try:
            platform.message(notice.course, notice.learner, notice.with_mute)
        except PlatformError as error:
            if error.perhaps_done:
                return Sending(Outcome.PERHAPS, error.code)
            return Sending(Outcome.AGAIN if error.retryable else Outcome.FAILED, error.code)
        return Sending(Outcome.SENT)

    def _platform(self, platform: PlatformId) -> Platform:
        with self._opening:
            until, found = self._open.get(platform, (0.0, None))
            if found is None or self._clock() > until:
                found = self._connect(platform)
                self._open[platform] = (self._clock() + _CONNECTED_FOR, found)
            return found


@dataclass(frozen=True, slots=True)
class MailChannel:
    """A mail to the address that the platform named when the credential was issued."""

    mailer: Mailer
    host: str
    """Host name in message ids: ours."""
    name: str = field(default="mail", init=False)

    def send(self, notice: Notice) -> Sending:
        """Send it. The message id is made from what is told, so that a second copy can be known for one."""
        if not notice.address:
            return Sending(Outcome.FAILED, Trouble.NO_ADDRESS)
        if notice.muted:
            return Sending(Outcome.MUTED)
        mail = Mail(
            to=notice.address,
            message=notice.with_mute,
            language=notice.letter.language,
            message_id=f"<{notice.kind}.{notice.credential_id}@{self.host}>",
            unsubscribe=notice.mute_url,
        )
        return self.mailer.send(mail)


def delivery_tools(
    settings: Settings,
    storage: Storage,
    connect: Callable[[Connected], Platform],
    *,
    clock: Callable[[], datetime],
    write: Callable[[Facts], Letter],
) -> DeliveryTools:
    """Return what learners are told with: a message in the platform, and a mail where a server takes it."""

    def connected(platform: PlatformId) -> Platform:
        with storage.reading() as work:
            found = work.platforms.get(platform)
        return connect(found)

    lms, mailer = LmsChannel(connected), make_mailer(settings, clock)
    return DeliveryTools(
        storage=storage,
        channels=(lms, MailChannel(mailer, _host(settings))) if mailer else (lms,),
        clock=clock,
        write=write,
        choice=Choice(settings.notices),
        per_minute=settings.notices_per_minute,
        recovery=recovery_address(settings) if mailer else "",
    )


def recovering_tools(
    settings: Settings,
    storage: Storage,
    *,
    clock: Callable[[], datetime],
    write: Callable[[tuple[MailedLink, ...], str], Letter],
) -> RecoveringTools:
    """Return what links are mailed with that open a learner's page."""
    mailer, host = make_mailer(settings, clock), _host(settings)

    def send(mailer: Mailer, address: str, letter: Letter, name: str) -> Sending:
        return mailer.send(
            Mail(to=address, message=letter.message, language=letter.language, message_id=f"<{name}@{host}>")
        )

    mail = partial(send, mailer) if mailer else None
    return RecoveringTools(storage, mail, write, recovery_address(settings), clock)


def recovery_address(settings: Settings) -> str:
    """Return the page on which a link is asked for by mail, and below which a link opens."""
    return f"{settings.public_url}/recover"


def _host(settings: Settings) -> str:
    """Return the host in message ids: ours."""
    return urlsplit(settings.public_url).hostname or "localhost"


def make_mailer(settings: Settings, clock: Callable[[], datetime]) -> Mailer | None:
    """Return what hands mail to the institution's server, None where it names none."""
    if not settings.mail_host:
        return None
    server = MailServer(
        host=settings.mail_host,
        port=settings.mail_port,
        tls=settings.mail_tls,
        user=settings.mail_user,
        password=settings.mail_password,
        sender=settings.mail_from,
        certificates=settings.mail_certificates,
    )
    return Mailer(server, clock)
