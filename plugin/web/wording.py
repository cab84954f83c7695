"""Sentences for pages: commands to type, between backticks, are marked; the clause that a label names steps back."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_TYPED = re.compile("`([^`]+)`")
_CLAUSE = re.compile(r"\([^()]*\bI, [MO]\d[^()]*\)$")
"""``(Annex I, M7)`` in whatever language, at the end of a label."""


def typed(sentence: object) -> Markup:
    """Return ``sentence`` as HTML, commands in it marked as code; everything else stays text."""
    return Markup(_TYPED.sub(r"<code>\1</code>", str(escape(sentence))))  # noqa: S704 - escaped just before


def clause(label: object) -> Markup:
    """Return ``label`` as HTML, the clause of the standard at its end set apart from what is asked."""
    return Markup(_CLAUSE.sub(r'<span class="clause">\g<0></span>', str(escape(label))))  # noqa: S704 - escaped
