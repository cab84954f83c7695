"""The acts of the audit trail in words."""

from __future__ import annotations

import re

from plugin.storage.cases import Remedy
from plugin.storage.people import Decision
from plugin.web.acts import ACTS
from tests.conftest import ROOT

_CODE = re.compile(r'act="([\w-]+)"|hand\.note\(\s*[\w.]+, "([\w-]+)"|_note\w*\(\w+, \w+, "([\w-]+)"')
MADE_UP = {"allow", "stop", "migrate", "ruling:released", "ruling:refused"}
"""Acts whose code is put together or chosen where they are noted."""


def test_every_act_that_is_noted_has_words_and_no_other() -> None:
    """The codes as they stand in the sources."""
    sources = [path.read_text() for path in (ROOT / "plugin").rglob("*.py")]
    noted = {code for text in sources for found in _CODE.findall(text) for code in found if code}
    noted |= {f"case:{each}" for each in Remedy} | {f"person:{each}" for each in Decision} | MADE_UP

    assert set(ACTS) == noted
