"""Credentials in pictures."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from mappings.documents.baking import KEYWORD, NAMESPACE, bake, is_picture, unbake
from mappings.errors import InvalidValue
from tests.conftest import require_data

JWT = b"eyJhbGciOiJFUzI1NiJ9.e30.c2ln"
JSON = '{"name":"Záver ]]> <b>\\"quoted\\"</b> & more"}'.encode()
SVG = b'<?xml version="1.0"?>\n<!-- a > b -->\n<svg xmlns="http://www.w3.org/2000/svg"><title>x</title></svg>'


def png() -> bytes:
    """Return a small picture."""
    with io.BytesIO() as file:
        Image.new("RGB", (2, 2), "red").save(file, "PNG")
        return file.getvalue()


@pytest.mark.parametrize("sealed", [JWT, JSON])
@pytest.mark.parametrize("picture", [png(), SVG], ids=["png", "svg"])
def test_what_is_baked_comes_out_again(picture: bytes, sealed: bytes) -> None:
    """A JWT and JSON, byte for byte."""
    assert unbake(bake(picture, sealed)) == sealed


@pytest.mark.parametrize("picture", [png(), SVG], ids=["png", "svg"])
def test_baking_again_replaces(picture: bytes) -> None:
    """Exactly one credential is in a picture."""
    assert unbake(bake(bake(picture, JSON), JWT)) == JWT
    assert unbake(bake(bake(picture, JWT), JSON)) == JSON


def test_a_baked_png_is_still_a_picture() -> None:
    """Any viewer shows it; one iTXt chunk stands behind the header."""
    baked = bake(png(), JWT)

    with Image.open(io.BytesIO(baked)) as image:
        image.load()

        assert image.getpixel((0, 0)) == (255, 0, 0)
        assert image.info[KEYWORD.decode()] == JWT.decode()


def test_a_baked_svg_names_the_namespace_once() -> None:
    """Right after the opening tag, a JWT as attribute."""
    baked = bake(bake(SVG, JSON), JWT).decode()

    assert baked.count("xmlns:openbadges") == 1
    assert f'xmlns:openbadges="{NAMESPACE}"><openbadges:credential verify="{JWT.decode()}"/><title>' in baked


@pytest.mark.conformance
@pytest.mark.parametrize("name", ["simple-json.png", "simple-jwt.png", "simple-json.svg", "simple-jwt.svg"])
def test_the_validator_s_samples_are_read(name: str) -> None:
    """1EdTech's own baked badges."""
    sealed = unbake(require_data(f"ob3/1edtech-validator/{name}").read_bytes())

    assert sealed.lstrip().startswith(b"{" if "json" in name else b"ey")


def damaged(position: int) -> bytes:
    """Return a baked picture with one byte changed."""
    baked = bytearray(bake(png(), JWT))
    baked[position] ^= 1
    return bytes(baked)


def itxt(data: bytes) -> bytes:
    """Return a picture with a text chunk of any content."""
    picture = png()
    chunk = struct.pack(">I4s", len(data), b"iTXt") + data + struct.pack(">I", zlib.crc32(b"iTXt" + data))
    return picture[:33] + chunk + picture[33:]


@pytest.mark.parametrize(
    "picture",
    [
        png(),
        SVG,
        b"",
        b"\xff\xfe",
        b"<svg",
        damaged(60),
        bake(png(), JWT)[:-6],
        itxt(KEYWORD + b"\0\1\0\0\0x"),
        itxt(KEYWORD + b"\0\0\0x"),
        bake(SVG, JWT).replace(b"<title>", b'<openbadges:credential verify="x"/><title>'),
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + bake(SVG, JWT),
    ],
)
def test_pictures_without_exactly_one_readable_credential_are_refused(picture: bytes) -> None:
    """None, two, compressed, cut, damaged, and documents with entities."""
    with pytest.raises(InvalidValue):
        unbake(picture)


@pytest.mark.parametrize("picture", [b"no picture", b"<svg/>"])
def test_what_is_no_picture_is_not_baked(picture: bytes) -> None:
    """There is nowhere to put the credential."""
    with pytest.raises(InvalidValue):
        bake(picture, JWT)


@pytest.mark.parametrize(
    ("data", "expected"), [(png(), True), (SVG, True), (b"\xef\xbb\xbf<svg>", True), (JSON, False)]
)
def test_pictures_are_known_by_their_beginning(data: bytes, expected: bool) -> None:
    """Without reading them."""
    assert is_picture(data) is expected
