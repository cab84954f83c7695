"""Badges in pictures: a credential inside a PNG or an SVG, which shows the badge and proves it.

Open Badges 3.0, clause 5.3 (https://www.imsglobal.org/spec/ob/v3p0#baking): in a PNG one ``iTXt`` chunk with the
keyword ``openbadgecredential``, uncompressed; in an SVG one element ``credential`` right after ``<svg>``: a JWT in its
attribute ``verify``, JSON as CDATA. What is baked is the sealed credential as it is, a JWT or JSON text.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from mappings.errors import InvalidValue

NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
KEYWORD = b"openbadgecredential"
_PNG = b"\x89PNG\r\n\x1a\n"
_SVG_TAG = re.compile(r"""<svg\b(?:[^>"']|"[^"]*"|'[^']*')*>""")
_OWN_DTD = re.compile(r"<!DOCTYPE[^>]*\[")
_SVG_START = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?(?:\s|<!--.*?-->|<!DOCTYPE[^>\[]*>)*<svg\b", re.DOTALL
)


def is_picture(data: bytes) -> bool:
    """Tell whether ``data`` is a PNG or an SVG, with or without a credential."""
    return data.startswith(_PNG) or _SVG_START.match(data) is not None


def bake(picture: bytes, sealed: bytes) -> bytes:
    """Return ``picture`` with the sealed credential inside, in place of one that was there before.

    Raise :class:`InvalidValue` where it is no PNG or SVG.
    """
    return _bake_png(picture, sealed) if picture.startswith(_PNG) else _bake_svg(picture, sealed)


def unbake(picture: bytes) -> bytes:
    """Return the credential inside ``picture``. Raise :class:`InvalidValue` where there is none, or more than one."""
    found = list(_in_png(picture) if picture.startswith(_PNG) else _in_svg(picture))
    if len(found) != 1:
        raise InvalidValue("the picture holds no credential, or more than one")
    return found[0]


def _bake_png(picture: bytes, sealed: bytes) -> bytes:
    text = KEYWORD + b"\0" + b"\0\0" + b"\0" + b"\0" + sealed  # uncompressed, no language, no translation
    kept = [(kind, data) for kind, data in _chunks(picture) if not _is_baked(kind, data)]
    kept.insert(1, (b"iTXt", text))
    return _PNG + b"".join(_chunk(kind, data) for kind, data in kept)


def _in_png(picture: bytes) -> Iterator[bytes]:
    for kind, data in _chunks(picture):
        if _is_baked(kind, data):
            compressed, rest = data[len(KEYWORD) + 1 : len(KEYWORD) + 3], data[len(KEYWORD) + 3 :]
            if compressed != b"\0\0" or rest.count(b"\0") < 2:
                raise InvalidValue("the credential in the picture is compressed, or cut")
            yield rest.split(b"\0", 2)[2]


def _is_baked(kind: bytes, data: bytes) -> bool:
    return kind == b"iTXt" and data.startswith(KEYWORD + b"\0")


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and data of each chunk up to ``IEND`` (PNG, clause 5.3)."""
    position = len(_PNG)
    kind = b""
    while kind != b"IEND":
        if len(picture) < position + 12:
            raise InvalidValue("the picture is cut")
        length, kind = struct.unpack(">I4s", picture[position : position + 8])
        data = picture[position + 8 : position + 8 + length]
        end = position + 12 + length
        if picture[end - 4 : end] != struct.pack(">I", zlib.crc32(kind + data)):
            raise InvalidValue("the picture is damaged")
        yield kind, data
        position = end


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def _bake_svg(picture: bytes, sealed: bytes) -> bytes:
    text = _svg_text(picture)
    for element in re.findall(r"<openbadges:credential\b.*?(?:/>|</openbadges:credential>)", text, re.DOTALL):
        text = text.replace(element, "")
    tag = _SVG_TAG.search(text)
    if tag is None or tag.group().endswith("/>"):
        raise InvalidValue("the picture is neither PNG nor SVG")
    credential = sealed.decode()
    if credential.startswith("{"):
        safe = credential.replace("]]>", "]]]]><![CDATA[>")
        element = f"<openbadges:credential><![CDATA[{safe}]]></openbadges:credential>"
    else:
        element = f"<openbadges:credential verify={quoteattr(credential)}/>"
    named = tag.group() if "xmlns:openbadges=" in tag.group() else f'{tag.group()[:-1]} xmlns:openbadges="{NAMESPACE}">'
    return f"{text[: tag.start()]}{named}{element}{text[tag.end() :]}".encode()


def _in_svg(picture: bytes) -> Iterator[bytes]:
    try:
        root = ElementTree.fromstring(_svg_text(picture))  # noqa: S314 - without own definitions there is nothing to expand
    except ElementTree.ParseError:
        raise InvalidValue("the picture is neither PNG nor SVG") from None
    for element in root.iter(f"{{{NAMESPACE}}}credential"):
        yield (element.get("verify") or (element.text or "").strip()).encode()


def _svg_text(picture: bytes) -> str:
    try:
        text = picture.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValue("the picture is neither PNG nor SVG") from None
    if "<!ENTITY" in text or _OWN_DTD.search(text):
        raise InvalidValue("an SVG with definitions of its own is not read")
    return text
