"""The JSON content of a credential file: under a JWS seal or bare, read exactly as the check of the seal reads it."""

from __future__ import annotations

from plugin.verification.jws import BadSeal, content, from_base64url, read_envelope, read_header
from plugin.verification.parsing import JsonObject, Limits, Unreadable, read_json, read_text


def content_of(data: bytes) -> JsonObject | None:
    """Return the credential inside ``data``, None where there is none that can be read."""
    limits = Limits()
    try:
        value = read_json(_json_text(data, limits), limits)
    except (BadSeal, Unreadable, ValueError):
        return None
    return value if isinstance(value, dict) and "credentialSubject" in value else None


def _json_text(data: bytes, limits: Limits) -> str:
    """Return the text of the credential itself. Raise ValueError or :class:`BadSeal`."""
    text = read_text(data, limits).strip()
    if not text.startswith("{"):
        return from_base64url(text.split(".")[1]).decode() if text.count(".") == 2 else ""
    value = read_json(text, limits)
    if not isinstance(value, dict) or "payload" not in value:
        return text
    envelope = read_envelope(value)
    return content(envelope, read_header(envelope, limits))
