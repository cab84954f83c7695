"""Asking strangers' issuers: guarded, bounded, remembered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from lti.network import Network
from plugin.identity import did_document, jwt_vc_issuer
from plugin.verification.fetching import KEPT_FOR, Fetcher, PublishedKeys, did_document_url, issuer_metadata_url
from tests.conformance.issuer import DID, TestIssuer
from tests.mappings.documents.samples import ISSUER_URL
from tests.simulators.server import Asked, Reply, Simulator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ISSUER = TestIssuer()
LOCAL = Network(allowed=(ip_network("127.0.0.0/8"),), pause=0.0)


class Stranger(Simulator):
    """Somebody else's server with one document."""

    def answer(self, asked: Asked) -> Reply:
        """Give it, or say that there is nothing."""
        return Reply(b"x", 200 if asked.path == "/there" else 404)


def test_an_answer_is_kept_for_a_while() -> None:
    """A file that is handed in again and again does not make us ask again and again."""
    clock = [NOW]
    with Stranger() as server:
        fetch = Fetcher(LOCAL, lambda: clock[0])
        first = [fetch(f"{server.url}{path}") for path in ("/there", "/there", "/gone", "/gone")]
        clock[0] += KEPT_FOR + timedelta(seconds=1)
        fetch(f"{server.url}/there")

    assert first == [b"x", b"x", None, None]
    assert [request.path for request in server.asked] == ["/there", "/gone", "/there"]


def test_inner_addresses_are_not_asked() -> None:
    """The guard of the network holds here too."""
    with Stranger() as server:
        assert Fetcher(Network(pause=0.0), lambda: NOW)(f"{server.url}/there") is None


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many addresses do not fill the memory."""
    monkeypatch.setattr("plugin.verification.fetching._MOST_KEPT", 2)
    fetch = Fetcher(Network(pause=0.0), lambda: NOW)

    for number in range(5):
        fetch(f"http://127.0.0.1/{number}")

    assert len(fetch._kept) <= 2


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:mc.example.edu", "https://mc.example.edu/.well-known/did.json"),
        ("did:web:mc.example.edu%3A8443:t:one", "https://mc.example.edu:8443/t/one/did.json"),
    ],
)
def test_a_did_web_is_an_address(did: str, url: str) -> None:
    """did:web, 3.2."""
    assert did_document_url(did) == url


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://mc.example.edu", "https://mc.example.edu/.well-known/jwt-vc-issuer"),
        ("https://mc.example.edu/t/one/", "https://mc.example.edu/.well-known/jwt-vc-issuer/t/one"),
    ],
)
def test_issuer_metadata_has_its_address(issuer: str, url: str) -> None:
    """SD-JWT VC: the well-known string stands between host and path."""
    assert issuer_metadata_url(issuer) == url


def test_keys_are_found_as_they_are_published() -> None:
    """did:web by its document, https by its metadata; others nowhere, and junk gives nothing."""
    served = {
        "https://mc.example.edu/.well-known/did.json": json.dumps(did_document(ISSUER_URL, ISSUER.history)).encode(),
        "https://mc.example.edu/.well-known/jwt-vc-issuer": json.dumps(
            jwt_vc_issuer(ISSUER_URL, ISSUER.history)
        ).encode(),
        "https://junk.example/.well-known/did.json": b"[",
    }
    keys = PublishedKeys(served.get)
    public = ISSUER.eddsa.public

    assert keys(DID, f"{DID}#{public.multibase}").public == public
    assert keys(ISSUER_URL, public.thumbprint).public == public
    assert keys("did:web:junk.example", "did:web:junk.example#x") is None
    assert keys("did:web:gone.example", "did:web:gone.example#x") is None
    assert keys("did:ion:x", "did:ion:x#y") is None


def test_keys_may_stand_at_an_address_of_their_own() -> None:
    """SD-JWT VC, issuer metadata: ``jwks_uri`` in place of ``jwks``; of both, what is inside counts."""
    metadata = jwt_vc_issuer(ISSUER_URL, ISSUER.history)
    address, elsewhere = f"{ISSUER_URL}/.well-known/jwt-vc-issuer", f"{ISSUER_URL}/keys"
    inside = {address: metadata | {"jwks_uri": elsewhere}}
    apart = {address: {"issuer": ISSUER_URL, "jwks_uri": elsewhere}, elsewhere: metadata["jwks"]}
    gone = {address: apart[address]}
    name = ISSUER.es256.key_id

    def found(served: dict[str, object]) -> bool:
        return (
            PublishedKeys(lambda url: json.dumps(served[url]).encode() if url in served else None)(ISSUER_URL, name)
            is not None
        )

    assert [found(each) for each in (inside, apart, gone)] == [True, True, False]
