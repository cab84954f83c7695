"""The form for a developer key takes addresses only."""

from __future__ import annotations

import pytest

from plugin.web.authorizing import KeyForm

KEY = {"client_id": "10000000000001", "client_secret": "secret"}


@pytest.mark.parametrize("url", ["school", "ftp://school.example", "https://", "https://school.example:port"])
def test_what_is_no_address_of_a_canvas_is_refused(url: str) -> None:
    """Though all else is right: nobody is sent to a page that is not there."""
    assert list(KeyForm().validate({"url": url, **KEY})) == ["url"]


def test_an_address_of_a_canvas_is_taken() -> None:
    """As it was pasted, with spaces around it or not."""
    assert KeyForm().validate({"url": " https://school.example/courses ", **KEY}) == {}
