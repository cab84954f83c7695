"""Asking a timestamp authority, over HTTP, and what is made of its answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from plugin.sealing.errors import TimestampRefused, TimestampUnavailable
from plugin.sealing.timestamp_tokens import read_token
from plugin.sealing.timestamps import TimestampAuthority
from tests.simulators.certificate_authority import NOW, CertificateAuthority
from tests.simulators.timestamp_authority import GRANTED_NOTHING, TimestampAuthoritySimulator, serving

CA = CertificateAuthority()


@pytest.fixture
def simulator() -> Iterator[TimestampAuthoritySimulator]:
    """A timestamp authority that answers as it should."""
    with serving(TimestampAuthoritySimulator(CA)) as simulator:
        yield simulator


def test_a_token_over_the_data_comes_back(simulator: TimestampAuthoritySimulator) -> None:
    """RFC 3161: SHA-256 of what was sent, at the authority's time."""
    timestamp = read_token(TimestampAuthority(simulator.url).stamp(b"signature"))

    assert timestamp.covers(b"signature")
    assert timestamp.is_trusted([simulator.root])
    assert timestamp.at == NOW


FAULTS: dict[str, dict[str, object]] = {
    "garbage": {"answer": b"<html>no</html>"},
    "no token": {"answer": GRANTED_NOTHING},
    "rejection": {"refuses": True},
    "another request": {"nonce": 4711},
    "something else": {"imprint": hashlib.sha256(b"something else").digest()},
    "no signature": {"damages": True},
    "knows us not": {"status": 401},
    "sends us elsewhere": {"status": 307},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_wrong_answer_is_refused_for_good(fault: dict[str, object], simulator: TimestampAuthoritySimulator) -> None:
    """What is no timestamp of this signature is not put into the seal, and asking again would not help."""
    for attribute, value in fault.items():
        setattr(simulator, attribute, value)

    with pytest.raises(TimestampRefused) as refused:
        TimestampAuthority(simulator.url).stamp(b"signature")

    assert not refused.value.retryable


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_passing_fault_can_be_tried_again(status: int, simulator: TimestampAuthoritySimulator) -> None:
    """Server faults and «too many requests» pass."""
    simulator.status = status

    with pytest.raises(TimestampUnavailable) as unavailable:
        TimestampAuthority(simulator.url).stamp(b"signature")

    assert unavailable.value.retryable


def test_an_authority_out_of_reach_can_be_tried_again() -> None:
    """Nobody listens; the address does not appear in the text."""
    with serving(TimestampAuthoritySimulator(CA)) as simulator:
        url = simulator.url

    with pytest.raises(TimestampUnavailable) as unavailable:
        TimestampAuthority(url).stamp(b"signature")

    assert "127.0.0.1" not in str(unavailable.value)
