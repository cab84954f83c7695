"""Where requests may go: the guard against addresses that a platform or a form must not make us ask."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import ssl
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lti.errors import Fault, PlatformError
from lti.network import Network, Request, open_session, send
from tests.lti.conftest import LOCAL
from tests.simulators.certificate_authority import pem
from tests.simulators.server import Asked, Reply, Simulator

OUTSIDE = Network(connect=1, read=1, pause=0)
Addresses = dict[str, list[str]]


class Page(Simulator):
    """One page that tells its visitor's headers."""

    def answer(self, asked: Asked) -> Reply:
        """Return the headers."""
        return Reply(dict(asked.headers))


@pytest.fixture
def page() -> Iterator[Page]:
    """Serve it."""
    with Page() as running:
        yield running


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Addresses:
    """Let names resolve as the test says: each look-up takes the next address, the last one stays."""
    addresses: Addresses = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: int, **named: int) -> object:
        if host not in addresses:
            return real(host, port, *rest, **named)
        known = addresses[host]
        found = known.pop(0) if len(known) > 1 else known[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in found.split()
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return addresses


def fault_of(url: str, network: Network = OUTSIDE) -> Fault:
    """Return the fault that asking the address raises."""
    with pytest.raises(PlatformError) as raised:
        send(open_session(network), Request(url=url), network)
    return raised.value.fault


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[fec0::1]/",
    ],
)
def test_an_inner_address_is_refused(address: str) -> None:
    """However it is written."""
    assert fault_of(address) is Fault.ADDRESS_REFUSED


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_of_an_inner_host_is_refused(names: Addresses, scheme: str) -> None:
    """What counts is where the name leads."""
    names["lms.example"] = ["10.0.0.5"]

    assert fault_of(f"{scheme}://lms.example/jwks") is Fault.ADDRESS_REFUSED


def test_a_name_with_one_inner_address_is_refused(names: Addresses) -> None:
    """A public address beside it does not help."""
    names["lms.example"] = ["93.184.216.34 127.0.0.1"]

    assert fault_of("https://lms.example/") is Fault.ADDRESS_REFUSED


def test_plain_http_leads_only_into_the_allow_list(names: Addresses) -> None:
    """Over the open internet anybody could read the token."""
    names["lms.example"] = ["93.184.216.34"]

    assert fault_of("http://lms.example/") is Fault.ADDRESS_REFUSED


def test_an_inner_address_of_the_allow_list_is_asked(page: Page) -> None:
    """A campus LMS lives in a private network."""
    assert send(open_session(LOCAL), Request(url=page.url), LOCAL).status == 200


def test_the_allow_list_opens_nothing_else() -> None:
    """Another private network stays closed."""
    campus = replace(OUTSIDE, allowed=(ipaddress.ip_network("10.20.0.0/16"),))

    assert fault_of("https://10.21.0.1/", campus) is Fault.ADDRESS_REFUSED


def test_the_address_that_was_checked_is_the_one_asked(page: Page, names: Addresses) -> None:
    """A name that leads elsewhere a moment later (DNS rebinding) changes nothing; the Host header keeps the name."""
    names["lms.example"] = ["127.0.0.1", "127.0.0.99"]
    port = page.url.rpartition(":")[2]

    answer = send(open_session(LOCAL), Request(url=f"http://lms.example:{port}/"), LOCAL)

    assert answer.json()["host"] == f"lms.example:{port}"  # type: ignore[index]
    assert names["lms.example"] == ["127.0.0.99"]


def test_each_connection_is_checked_anew(names: Addresses) -> None:
    """A name that was public once is not trusted for ever."""
    names["lms.example"] = ["127.0.0.1", "10.0.0.5"]
    session = open_session(LOCAL)
    with pytest.raises(PlatformError) as first:
        send(session, Request(url="http://lms.example:1/"), LOCAL)

    with pytest.raises(PlatformError) as second:
        send(session, Request(url="http://lms.example:1/"), LOCAL)

    assert (first.value.fault, second.value.fault) == (Fault.UNREACHABLE, Fault.ADDRESS_REFUSED)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(page: Page, status: int) -> None:
    """To wherever it leads."""
    page.plan(lambda _: True, Reply(status=status, headers={"Location": f"{page.url}/inner"}))

    assert fault_of(page.url, LOCAL) is Fault.REDIRECTED
    assert len(page.asked) == 1


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/", "gopher://x/", "lms.example", "https://", ""]
)
def test_only_http_is_spoken(url: str) -> None:
    """Any other scheme is no address."""
    assert fault_of(url) is Fault.INVALID_REQUEST


def test_a_name_that_nobody_knows_is_unreachable(names: Addresses, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be known again later."""

    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert fault_of("https://lms.example/") is Fault.UNREACHABLE


def test_an_answer_that_is_too_large_is_cut_off(page: Page) -> None:
    """Also one that was compressed."""
    page.plan(lambda _: True, Reply(b"x" * 2000))

    assert fault_of(page.url, replace(LOCAL, largest=1000)) is Fault.ANSWER_TOO_LARGE


def test_an_answer_that_never_ends_is_cut_off(page: Page) -> None:
    """Each piece may come in time and the whole still take too long."""
    page.plan(lambda _: True, Reply(b"x" * 200_000))

    assert fault_of(page.url, replace(LOCAL, whole=0.0)) is Fault.TIMED_OUT


def test_no_cookie_is_kept(page: Page) -> None:
    """A platform's session must not mix with another's."""
    page.plan(lambda _: True, Reply({}, headers={"Set-Cookie": "MoodleSession=abc; Path=/"}))
    session = open_session(LOCAL)
    send(session, Request(url=page.url), LOCAL)

    answer = send(session, Request(url=page.url), LOCAL)

    assert "cookie" not in answer.json()  # type: ignore[operator]


def test_passwords_of_the_environment_are_not_sent(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``.netrc`` belongs to a person at a shell, proxies too."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    answer = send(open_session(LOCAL), Request(url=page.url), LOCAL)

    assert "authorization" not in answer.json()  # type: ignore[operator]


def test_the_query_is_in_no_error(page: Page) -> None:
    """Registration tokens travel in queries."""
    page.plan(lambda _: True, Reply(status=302))

    with pytest.raises(PlatformError) as raised:
        send(open_session(LOCAL), Request(url=f"{page.url}/config?registration_token=secret"), LOCAL)

    assert str(raised.value) == "redirected at http://127.0.0.1/config (302)"


def test_the_query_is_in_no_traceback(page: Page) -> None:
    """Where an error is logged with all that led to it."""
    token = secrets.token_hex()
    page.plan(lambda _: True, *[Reply(drop=True)] * 4)

    with pytest.raises(PlatformError) as raised:
        send(open_session(LOCAL), Request(url=f"{page.url}/config?registration_token={token}"), LOCAL)

    assert token not in "".join(traceback.format_exception(raised.value))


def test_the_query_is_in_no_log_line(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the most talkative level, and not where a request is repeated."""
    caplog.set_level("DEBUG")
    page.plan(lambda _: True, Reply(drop=True), Reply(status=503))

    send(open_session(LOCAL), Request(url=f"{page.url}/config?registration_token=secret"), LOCAL)

    assert len(page.asked) == 3
    assert "secret" not in caplog.text


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a self-signed certificate for lms.example, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lms.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("lms.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "lms.pem"
    file.write_bytes(pem(key) + made.public_bytes(Encoding.PEM))
    return file


def test_tls_checks_the_name_and_not_the_address(page: Page, names: Addresses, certificate: Path) -> None:
    """The connection goes to a number, the certificate is for the name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    page._server.socket = context.wrap_socket(page._server.socket, server_side=True)
    port = page.url.rpartition(":")[2]
    names.update({"lms.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    network = replace(LOCAL, certificates=str(certificate))

    assert send(open_session(network), Request(url=f"https://lms.example:{port}/"), network).status == 200
    assert fault_of(f"https://other.example:{port}/", network) is Fault.UNREACHABLE
