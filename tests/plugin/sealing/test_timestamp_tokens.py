"""Reading timestamp tokens: what they cover, whether they are intact, whom they are from."""

from __future__ import annotations

import hashlib
import random

import pytest
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from plugin.sealing.timestamp_tokens import Timestamp, read_token
from tests.simulators.certificate_authority import NOW, CertificateAuthority, Key
from tests.simulators.timestamp_authority import TimestampAuthoritySimulator

CA = CertificateAuthority()
RSA = rsa.generate_private_key(65537, 2048)


def request(algorithm: str = "sha256") -> tsp.TimeStampReq:
    """Return a request for a timestamp over ``b"data"``."""
    digest = hashlib.new(algorithm, b"data").digest()
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}
    return tsp.TimeStampReq({"version": "v1", "message_imprint": imprint})


def stamp(key: Key | None = None, **changes: object) -> Timestamp:
    """Return a timestamp over ``b"data"`` by a simulator with some attributes changed."""
    simulator = TimestampAuthoritySimulator(CA, key)
    for name, value in changes.items():
        setattr(simulator, name, value)
    return read_token(simulator.token(request()).dump())


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_token_covers_what_was_stamped_and_nothing_else(algorithm: str) -> None:
    """Three digests are in use."""
    timestamp = read_token(TimestampAuthoritySimulator(CA).token(request(algorithm)).dump())

    assert timestamp.covers(b"data")
    assert not timestamp.covers(b"date")


def test_a_weak_digest_covers_nothing() -> None:
    """SHA-1 can be made to fit."""
    timestamp = read_token(TimestampAuthoritySimulator(CA).token(request("sha1")).dump())

    assert not timestamp.covers(b"data")


@pytest.mark.parametrize(("key", "pss"), [(None, False), (RSA, False), (RSA, True)], ids=["ECDSA", "RSA", "RSA-PSS"])
def test_an_unchanged_token_is_intact(key: Key | None, pss: bool) -> None:
    """Whichever of the usual algorithms signed it."""
    timestamp = stamp(key, pss=pss)

    assert timestamp.is_intact()
    assert timestamp.at == NOW


def test_another_signature_is_not_intact() -> None:
    """The signature is not that of these attributes."""
    assert not stamp(damages=True).is_intact()


def test_another_time_is_not_intact() -> None:
    """The signed digest is not that of the content."""
    token = TimestampAuthoritySimulator(CA).token(request())
    info = token["content"]["encap_content_info"]["content"].parsed
    info["gen_time"] = NOW.replace(year=2020)
    token["content"]["encap_content_info"]["content"] = core.ParsableOctetString(info.dump(force=True))

    timestamp = read_token(cms.ContentInfo.load(token.dump(force=True)).dump())

    assert timestamp.at.year == 2020
    assert not timestamp.is_intact()


def test_a_token_without_its_certificate_cannot_be_checked() -> None:
    """Whose signature it is cannot be told."""
    assert not stamp(alone=True).is_intact()


def test_a_token_of_an_unusual_key_cannot_be_checked() -> None:
    """Only RSA and ECDSA are read."""
    assert not stamp(ed25519.Ed25519PrivateKey.generate()).is_intact()


def test_only_authorities_under_an_anchor_are_trusted() -> None:
    """Without anchors nobody is; a stranger is not; ours is."""
    timestamp = stamp()

    assert not timestamp.is_trusted([])
    assert not timestamp.is_trusted([CertificateAuthority("Stranger").certificate])
    assert timestamp.is_trusted([CA.certificate])


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # some damage makes the serial number negative
def test_a_damaged_token_is_never_an_exception_of_another_kind() -> None:
    """A thousand tokens with one changed bit, some cut short: refused, or read and answered."""
    whole, chance = stamp().token, random.Random(3161)
    answers = set()
    for _ in range(1000):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        try:
            timestamp = read_token(bytes(damaged[: chance.choice([None, None, chance.randrange(len(damaged))])]))
        except ValueError:
            answers.add("unreadable")
            continue
        answers |= {timestamp.covers(b"data"), timestamp.is_intact(), timestamp.is_trusted([CA.certificate])}

    assert answers == {"unreadable", True, False}
