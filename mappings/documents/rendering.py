"""One micro-credential in the format that is asked for."""

from __future__ import annotations

from collections.abc import Callable

from mappings.documents.elm import render_elm
from mappings.documents.envelope import Document, Envelope, Format
from mappings.elements import MicroCredential

_RENDERERS: dict[Format, Callable[[MicroCredential, Envelope], Document]] = {Format.ELM: render_elm}


def render(format_: Format, credential: MicroCredential, envelope: Envelope) -> Document:
    """Render ``credential`` in ``format_``; KeyError for a format that nobody renders yet."""
    return _RENDERERS[format_](credential, envelope)
