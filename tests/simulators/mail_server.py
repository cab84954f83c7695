"""A mail server that really takes mail over SMTP, and can refuse, defer and hang up as real ones do.

In a test: ``with MailServerSimulator() as server: ... server.port, server.received``.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "bridge", "secret-of-the-relay"


@dataclass(frozen=True)
class Received:
    """A mail as it arrived: ``to`` of the envelope, the bytes, and what they say."""

    to: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class MailServerSimulator:
    """A mail server on a free port.

    ``recipient`` and ``content`` are the answers to the address and to the text; «close» ends the connection in the
    place of an answer. With ``tls`` it offers STARTTLS; with ``login`` nobody sends without a password.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, login: bool = False) -> None:
        self.received: list[Received] = []
        self.logins: list[str] = []
        self.recipient = self.content = "250 OK"
        options = {"authenticator": self._login, "auth_required": login}
        self._controller = Controller(
            self, hostname="127.0.0.1", port=_free_port(), tls_context=tls, require_starttls=bool(tls), **options
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer to an address."""
        if self.recipient == "close":
            server.transport.close()
        if self.recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail; also where the connection then ends before the answer."""
        if self.content.startswith("2") or self.content == "close":
            self.received += [Received(to, bytes(envelope.content or b"")) for to in envelope.rcpt_tos]
        if self.content == "close":
            server.transport.close()
        return self.content

    def _login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append(data.login.decode())
        return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
