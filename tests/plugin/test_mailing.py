"""Mail as a real server receives it, and what is said of each way in which it can go wrong."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lti.platforms.messaging import Line, Message
from plugin.mailing import Mail, Mailer, MailServer
from plugin.notices import Sending, Trouble
from plugin.storage.deliveries import Outcome
from tests.simulators.certificate_authority import pem
from tests.simulators.mail_server import PASSWORD, USER, MailServerSimulator

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG = f"https://bridge.example.org/notices/{'x' * 120}"
READY = Message("Uw micro-credential “Gegevensanalyse” is klaar", (Line("Vindt u hier:", LONG), Line("Één, twee.")))


@pytest.fixture
def server() -> Iterator[MailServerSimulator]:
    """A server without TLS and without a login."""
    with MailServerSimulator() as running:
        yield running


def mailer(server: MailServerSimulator, **more: str) -> Mailer:
    """What hands mail to ``server``."""
    said = {"host": "127.0.0.1", "tls": "none", "sender": "Credentials <credentials@u.example>", **more}
    return Mailer(MailServer(port=server.port, **said), lambda: NOW)  # type: ignore[arg-type]


def a_mail(to: str = "anna@u.example", **more: str) -> Mail:
    """A mail to Anna."""
    said = {"language": "nl", "message_id": "<ready.1@bridge.example.org>", "unsubscribe": LONG, **more}
    return Mail(to=to, message=READY, **said)  # type: ignore[arg-type]


def test_a_mail_arrives_with_all_that_big_receivers_ask_for(server: MailServerSimulator) -> None:
    """RFC 8058 and RFC 3834; one plain text, nothing to load and nothing attached."""
    sending = mailer(server).send(a_mail())

    (received,) = server.received
    mail = received.mail
    assert (sending, received.to) == (Sending(Outcome.SENT), "anna@u.example")
    assert (mail["From"], mail["To"]) == ("Credentials <credentials@u.example>", "anna@u.example")
    assert (mail["Subject"], mail["Message-ID"]) == (READY.subject, "<ready.1@bridge.example.org>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "nl")
    assert (mail.get_content_type(), list(mail.iter_attachments())) == ("text/plain", [])
    assert mail.get_content().splitlines() == ["Vindt u hier:", LONG, "", "Één, twee."]


def test_a_long_address_is_one_piece_in_the_header(server: MailServerSimulator) -> None:
    """Folded or encoded it would be dead: 150 characters stand on the wire as they are."""
    mailer(server).send(a_mail())

    assert f"List-Unsubscribe: <{LONG}>\r\n".encode() in server.received[0].raw


def test_what_cannot_be_muted_has_no_unsubscribe(server: MailServerSimulator) -> None:
    """A revocation."""
    mailer(server).send(a_mail(unsubscribe=""))

    assert server.received[0].mail["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    ("recipient", "content", "sending"),
    [
        ("550 5.1.1 no such user", "250 OK", Sending(Outcome.FAILED, Trouble.RECIPIENT_REFUSED)),
        ("450 4.2.1 try later", "250 OK", Sending(Outcome.AGAIN, Trouble.MAIL_DEFERRED)),
        ("close", "250 OK", Sending(Outcome.AGAIN, Trouble.MAIL_UNREACHABLE)),
        ("250 OK", "554 5.7.1 not wanted", Sending(Outcome.FAILED, Trouble.MAIL_REFUSED)),
        ("250 OK", "451 4.3.0 greylisted", Sending(Outcome.AGAIN, Trouble.MAIL_DEFERRED)),
        ("250 OK", "close", Sending(Outcome.PERHAPS, Trouble.MAIL_CUT_OFF)),
    ],
)
def test_each_answer_of_the_server_means_one_thing(
    server: MailServerSimulator, recipient: str, content: str, sending: Sending
) -> None:
    """5xx is for good, 4xx for now; only while the text is under way is it unknown whether it arrived."""
    server.recipient, server.content = recipient, content

    assert mailer(server).send(a_mail()) == sending


@pytest.mark.parametrize(
    "address", ["", "anna", "a@u.example, b@u.example", "anna@u.example\r\nBcc: eve@x.example", "@", "a b@u.example"]
)
def test_what_is_no_single_address_is_refused(server: MailServerSimulator, address: str) -> None:
    """Nothing of it becomes a header or a second recipient."""
    sending = mailer(server).send(a_mail(address))

    assert sending == Sending(Outcome.FAILED, Trouble.RECIPIENT_REFUSED)
    assert server.received == []


def test_a_line_break_in_a_title_stays_out_of_the_headers(server: MailServerSimulator) -> None:
    """A title is text of the platform or of a teacher."""
    mail = Mail(
        to="anna@u.example", message=Message("Ready\r\nBcc: eve@x.example", ()), language="en", message_id="<1@b>"
    )

    mailer(server).send(mail)

    assert server.received[0].mail["Subject"] == "Ready Bcc: eve@x.example"
    assert server.received[0].mail["Bcc"] is None


def test_a_server_that_is_not_there_is_tried_again() -> None:
    """Nobody listens."""
    with MailServerSimulator() as gone:
        sender = mailer(gone)

    assert sender.send(a_mail()) == Sending(Outcome.AGAIN, Trouble.MAIL_UNREACHABLE)


def test_no_password_goes_over_a_line_without_tls(server: MailServerSimulator) -> None:
    """The server offers no STARTTLS: nothing is sent, neither login nor mail."""
    sending = mailer(server, tls="starttls", user=USER, password=PASSWORD).send(a_mail())

    assert sending == Sending(Outcome.AGAIN, Trouble.MAIL_UNREACHABLE)
    assert (server.logins, server.received) == ([], [])


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS, and the file by which it is trusted."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "mail.pem"
    file.write_bytes(pem(key) + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, str(file)


def test_a_mail_goes_encrypted_and_with_a_login(certificate: tuple[ssl.SSLContext, str]) -> None:
    """STARTTLS, then the password, then the mail."""
    context, trusted = certificate
    with MailServerSimulator(tls=context, login=True) as server:
        sender = mailer(server, tls="starttls", certificates=trusted, user=USER, password=PASSWORD)

        assert sender.send(a_mail()) == Sending(Outcome.SENT)
        assert (server.logins, len(server.received)) == ([USER], 1)


def test_a_foreign_certificate_is_not_talked_to(certificate: tuple[ssl.SSLContext, str]) -> None:
    """Nobody whom we trust signed it."""
    context, _ = certificate
    with MailServerSimulator(tls=context, login=True) as server:
        sending = mailer(server, tls="starttls", user=USER, password=PASSWORD).send(a_mail())

        assert sending == Sending(Outcome.AGAIN, Trouble.MAIL_UNREACHABLE)
        assert server.logins == []


def test_a_wrong_password_is_named_and_tried_again(certificate: tuple[ssl.SSLContext, str]) -> None:
    """An administrator can mend it: no learner's notice is lost by it."""
    context, trusted = certificate
    with MailServerSimulator(tls=context, login=True) as server:
        sender = mailer(server, tls="starttls", certificates=trusted, user=USER, password="wrong")

        assert sender.send(a_mail()) == Sending(Outcome.AGAIN, Trouble.MAIL_LOGIN_REFUSED)
