"""What a level of the European Qualifications Framework is like, for people who do not know its numbers."""

from __future__ import annotations

from plugin.web.languages import gettext


def comparable(level: int) -> str:
    """Return in a few words what learning at ``level`` (1..8) is like."""
    if level <= 2:
        return gettext("basic general or vocational learning")
    if level <= 4:
        return gettext("like the end of secondary or vocational school")
    higher = {
        5: gettext("like short higher education"),
        6: gettext("like learning in a bachelor programme"),
        7: gettext("like learning in a master programme"),
    }
    return higher.get(level, gettext("like learning in a doctoral programme"))
