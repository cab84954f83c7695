"""An Open Badge to look at."""

from __future__ import annotations

from base64 import b64decode
from xml.etree import ElementTree

import pytest

from mappings.documents.badge_picture import PictureKind, badge_picture
from mappings.documents.baking import unbake
from tests.mappings.documents.samples import credential, envelope

BADGE = b'{"name":"Anna"}'


@pytest.mark.parametrize("kind", list(PictureKind))
def test_the_badge_is_in_the_picture(kind: PictureKind) -> None:
    """A verifier that unbakes it finds the very bytes."""
    assert unbake(badge_picture(kind, credential(), envelope(), BADGE)) == BADGE


def test_the_svg_shows_the_certificate_and_says_what_it_is() -> None:
    """The same page as the PNG, with words for those who cannot see it."""
    root = ElementTree.fromstring(badge_picture(PictureKind.SVG, credential(), envelope(), BADGE))
    said = root.findtext("{http://www.w3.org/2000/svg}title")
    shown = root.find("{http://www.w3.org/2000/svg}image")

    assert said is not None
    assert credential().holder.value.full_name in said
    assert shown is not None
    png = b64decode(shown.attrib["href"].partition(",")[2])
    assert png.startswith(b"\x89PNG")
    assert shown.attrib["width"] == "1120"
