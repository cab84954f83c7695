"""An envelope that cannot be is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from mappings.documents.envelope import Envelope
from mappings.errors import InvalidValue
from tests.factories import ISSUED

URL = "https://bridge.example.org/c/1"
LIST = "https://bridge.example.org/status/1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_from": datetime(2026, 1, 1)},
        {"valid_until": ISSUED},
        {"valid_until": ISSUED - timedelta(seconds=1)},
        {"valid_until": datetime(2030, 1, 1)},
        {"status_index": 0},
        {"status_list_url": LIST},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """Times without a zone, an end that is no later than the beginning, half a place in a status list."""
    with pytest.raises(InvalidValue):
        Envelope(**{"id": "1", "valid_from": ISSUED, "public_url": URL, **wrong})


def test_the_first_place_of_a_list_is_a_place() -> None:
    """Index 0 is not no index."""
    envelope = Envelope("1", ISSUED, URL, ISSUED + timedelta(seconds=1), LIST, 0)

    assert envelope.status_index == 0
