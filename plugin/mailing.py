"""Mail by SMTP (RFC 5321): one message to one address, plain text, with what big receivers ask for.

- **One-click unsubscribe** (RFC 8058): ``List-Unsubscribe`` with one https address and ``List-Unsubscribe-Post``; the
  mail server signs both (DKIM).
- ``Auto-Submitted: auto-generated`` (RFC 3834), so that no absence notice comes back.
- No line is folded inside an address: by default Python encodes one of 90 characters, and it is dead.
- TLS where it is asked for is never done without; the server's certificate is checked.
- Nothing of a message, and no address, is logged or kept in an error.

Accepting a mail is not delivering it: the most that is ever said is «sent».
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from lti.platforms.messaging import Message
from plugin.notices import Sending, Trouble
from plugin.storage.deliveries import Outcome

POLICY = policy.SMTP.clone(max_line_length=998)
"""The longest line that SMTP takes (RFC 5322, 2.1.1): addresses stay in one piece."""
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """How mail leaves. ``tls`` is ``starttls``, ``tls`` or ``none``; ``sender`` is a mailbox, perhaps with a name."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str
    certificates: str = ""
    """File of trusted authorities, for a server with a certificate of the institution's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. ``unsubscribe`` is the address that mutes mails like it, empty where nobody can."""

    to: str = field(repr=False)
    message: Message
    language: str
    message_id: str
    unsubscribe: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mailer:
    """Hands mails to one server. ``clock`` returns aware UTC."""

    server: MailServer
    clock: Callable[[], datetime]

    def send(self, mail: Mail) -> Sending:
        """Send; a fault of the server is tried again, a refusal of the address or of the mail is not."""
        try:
            address = Address(addr_spec=mail.to.strip())
            body = compose(mail, self.server.sender, address, self.clock())
        except (ValueError, IndexError, HeaderParseError):
            return Sending(Outcome.FAILED, Trouble.RECIPIENT_REFUSED)
        try:
            connection = self._open()
        except smtplib.SMTPAuthenticationError:
            return Sending(Outcome.AGAIN, Trouble.MAIL_LOGIN_REFUSED)
        except (OSError, smtplib.SMTPException):
            return Sending(Outcome.AGAIN, Trouble.MAIL_UNREACHABLE)
        try:
            return self._hand_over(connection, address.addr_spec, body.as_bytes(policy=POLICY))
        finally:
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()

    def reach(self) -> None:
        """Connect, encrypt, log in and leave. Raises ``OSError`` or ``smtplib.SMTPException``."""
        self._open().quit()

    def _open(self) -> smtplib.SMTP:
        """Connect, encrypt and log in. Nothing was sent by that."""
        server, context = self.server, _tls(self.server.certificates)
        if server.tls == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT)
        try:
            if server.tls == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
            connection.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException):
            connection.close()
            raise
        return connection

    def _hand_over(self, connection: smtplib.SMTP, to: str, body: bytes) -> Sending:
        """Go through the three steps of a mail; only while its text is under way is it unknown what came of it."""
        try:
            code, _ = connection.mail(parseaddr(self.server.sender)[1])
            if code >= 400:
                return Sending(Outcome.AGAIN, Trouble.MAIL_SENDER_REFUSED)
            code, _ = connection.rcpt(to)
            if code >= 400:
                return _refused(code, Trouble.RECIPIENT_REFUSED)
        except (OSError, smtplib.SMTPException, UnicodeEncodeError) as error:
            if isinstance(error, UnicodeEncodeError):  # an address outside of ASCII, to a server without SMTPUTF8
                return Sending(Outcome.FAILED, Trouble.RECIPIENT_REFUSED)
            return Sending(Outcome.AGAIN, Trouble.MAIL_UNREACHABLE)
        try:
            code, _ = connection.data(body)
        except smtplib.SMTPDataError as error:
            return _refused(error.smtp_code, Trouble.MAIL_REFUSED)
        except (OSError, smtplib.SMTPException):
            return Sending(Outcome.PERHAPS, Trouble.MAIL_CUT_OFF)
        return Sending(Outcome.SENT) if code < 400 else _refused(code, Trouble.MAIL_REFUSED)


def compose(mail: Mail, sender: str, to: Address, now: datetime) -> EmailMessage:
    """Return the mail as it leaves: plain text, nothing to load, nothing attached."""
    composed = EmailMessage(policy=POLICY)
    composed["From"] = sender
    composed["To"] = to
    composed["Subject"] = " ".join(mail.message.subject.split())
    composed["Date"] = format_datetime(now)
    composed["Message-ID"] = mail.message_id
    composed["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        composed["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        composed["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    composed.set_content(f"{mail.message.plain}\n", cte="quoted-printable")
    composed["Content-Language"] = mail.language
    return composed


def _refused(code: int, trouble: Trouble) -> Sending:
    """5xx is for good; 4xx is for now (RFC 5321, 4.2.1)."""
    return Sending(Outcome.FAILED, trouble) if code >= 500 else Sending(Outcome.AGAIN, Trouble.MAIL_DEFERRED)


def _tls(certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates or None)
