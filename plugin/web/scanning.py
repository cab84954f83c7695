"""Addresses to scan: a print, or a screen that is shown to somebody, leads to where the credential can be checked."""

from __future__ import annotations

import segno
from markupsafe import Markup


def code_of(address: str) -> Markup:
    """Return ``address`` as a QR code (ISO/IEC 18004): inline SVG without styles, dark on light in dark mode too."""
    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(light="#fff", svgclass="code", lineclass=None, omitsize=True))  # noqa: S704 - paths
