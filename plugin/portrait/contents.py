"""The content of a credential file, read exactly as its check reads it: in a picture, a seal, a token, or bare."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.documents.baking import is_picture, unbake
from mappings.errors import InvalidValue
from plugin.sealing.disclosures import read_sd_jwt
from plugin.sealing.errors import SealError
from plugin.verification.jws import BadSeal, content, from_base64url, read_envelope, read_header
from plugin.verification.parsing import JsonObject, Limits, Unreadable, read_json, read_text


@dataclass(frozen=True, slots=True)
class Content:
    """A credential as JSON; ``disclosed`` where these are the claims of an SD-JWT."""

    values: JsonObject
    disclosed: bool = False


def content_of(data: bytes) -> Content | None:
    """Return the credential inside ``data``, None where there is none that can be read."""
    limits = Limits()
    try:
        text = read_text(unbake(data) if is_picture(data) else data, limits).strip()
        if text.startswith("ey") and "~" in text:
            return Content(dict(read_sd_jwt(text).claims), disclosed=True)
        value = read_json(_json_text(text, limits), limits)
    except (BadSeal, InvalidValue, SealError, Unreadable, ValueError):
        return None
    return Content(value) if isinstance(value, dict) and "credentialSubject" in value else None


def _json_text(text: str, limits: Limits) -> str:
    """Return the text of the credential itself. Raise ValueError or :class:`BadSeal`."""
    if not text.startswith("{"):
        return from_base64url(text.split(".")[1]).decode() if text.count(".") == 2 else ""
    value = read_json(text, limits)
    if not isinstance(value, dict) or "payload" not in value:
        return text
    envelope = read_envelope(value)
    return content(envelope, read_header(envelope, limits))
