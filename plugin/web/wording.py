"""Sentences for pages: what stands between backticks is a command or a name to type, and is shown as such."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_TYPED = re.compile("`([^`]+)`")


def typed(sentence: object) -> Markup:
    """Return ``sentence`` as HTML, commands in it marked as code; everything else stays text."""
    return Markup(_TYPED.sub(r"<code>\1</code>", str(escape(sentence))))  # noqa: S704 - escaped just before
