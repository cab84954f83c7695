"""One micro-credential in the format that is asked for."""

from __future__ import annotations

from collections.abc import Callable

from mappings.documents.elm import render_elm
from mappings.documents.envelope import Document, Envelope, Format
from mappings.documents.open_badges import render_open_badge
from mappings.documents.sd_jwt_vc import render_sd_jwt_vc
from mappings.elements import MicroCredential

_RENDERERS: dict[Format, Callable[[MicroCredential, Envelope], Document]] = {
    Format.ELM: render_elm,
    Format.OPEN_BADGES: render_open_badge,
    Format.OPEN_BADGES_JWT: render_open_badge,
    Format.SD_JWT_VC: render_sd_jwt_vc,
}


def render(format_: Format, credential: MicroCredential, envelope: Envelope) -> Document:
    """Render ``credential`` in ``format_``."""
    return _RENDERERS[format_](credential, envelope)
