"""Names and notations that the formats share."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mappings.documents.identifiers import alpha2, did_web, duration, plain
from mappings.errors import InvalidValue
from mappings.vocabularies.terms import Term


@pytest.mark.parametrize(
    ("url", "did"),
    [
        ("https://mc.example.edu", "did:web:mc.example.edu"),
        ("https://mc.example.edu/", "did:web:mc.example.edu"),
        ("http://127.0.0.1:8080", "did:web:127.0.0.1%3A8080"),
        ("https://MC.example.edu:8443/t/one/", "did:web:mc.example.edu%3A8443:t:one"),
    ],
)
def test_did_web_of_a_url(url: str, did: str) -> None:
    """did:web 2.5.2: the port is percent-encoded, the path is written with colons."""
    assert did_web(url) == did


@pytest.mark.parametrize("url", ["http://mc.example.edu", "https://", "https://a.example/?x", "https://u@a.example"])
def test_other_urls_have_no_did(url: str) -> None:
    """Only https without query, fragment or user."""
    with pytest.raises(InvalidValue):
        did_web(url)


@pytest.mark.parametrize(("code", "expected"), [("SVK", "SK"), ("GRC", "GR"), ("1A0", "XK"), ("OP_DATPRO", "")])
def test_alpha2_of_the_country_table(code: str, expected: str) -> None:
    """Codes of the EU table as ISO 3166-1 alpha-2."""
    table = "http://publications.europa.eu/resource/authority/country"

    assert alpha2(Term(table, f"{table}/{code}", code)) == expected


@pytest.mark.parametrize(
    ("number", "text"), [("60", "60"), ("100", "100"), ("87.50", "87.5"), ("1E+2", "100"), ("0.0", "0")]
)
def test_plain_decimals(number: str, text: str) -> None:
    """No exponent, no idle zeros, no lost ones."""
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(("hours", "text"), [("75", "PT75H"), ("7.5", "PT7H30M"), ("0.25", "PT0H15M")])
def test_hours_as_a_duration(hours: str, text: str) -> None:
    """xsd:duration in hours and minutes."""
    assert duration(Decimal(hours)) == text
