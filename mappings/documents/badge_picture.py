"""An Open Badge to look at: the certificate as PNG or SVG, with the sealed badge baked in.

What a badge backpack or a social network shows as a picture, a verifier reads as a credential
(:mod:`mappings.documents.baking`). Both pictures show the same page; the SVG frames the PNG, so that a name looks the
same wherever it is opened.
"""

from __future__ import annotations

from base64 import b64encode
from enum import StrEnum
from xml.sax.saxutils import escape

from mappings.documents.baking import bake
from mappings.documents.certificate import HEIGHT, WIDTH
from mappings.documents.elm_display import alternative, picture
from mappings.documents.envelope import Envelope
from mappings.elements import MicroCredential


class PictureKind(StrEnum):
    """The two kinds of pictures that a badge can be baked into."""

    PNG = "png"
    SVG = "svg"


MEDIA_TYPES = {PictureKind.PNG: "image/png", PictureKind.SVG: "image/svg+xml"}


def badge_picture(kind: PictureKind, credential: MicroCredential, envelope: Envelope, sealed: bytes) -> bytes:
    """Return the certificate in the credential's first language with ``sealed``, a badge of any kind, inside."""
    language = credential.languages[0]
    page = picture(credential, envelope, language)
    return bake(page if kind is PictureKind.PNG else _framed(page, alternative(credential, language)), sealed)


def _framed(png: bytes, words: str) -> bytes:
    """Return an SVG that shows ``png`` and says in ``words`` what it is."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(words)}</title>"
        f'<image width="{WIDTH}" height="{HEIGHT}" href="data:image/png;base64,{b64encode(png).decode()}"/></svg>'
    ).encode()
