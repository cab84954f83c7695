"""What may stand in ``security.txt`` as contact and policy (RFC 9116, 2.5.3 and 2.5.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin.guessable import PREFIX

if TYPE_CHECKING:
    from plugin.settings import Settings


def contact_problems(settings: Settings) -> list[str]:
    """Name what `security.txt` could not say: no URI, a web address without TLS, more than one line."""
    allowed = {"security_contact": ("mailto:", "tel:", "https://"), "security_policy": ("https://",)}
    said = {name: getattr(settings, name) for name in allowed}
    return [
        f"{PREFIX}{name.upper()}: does not begin with {' or '.join(allowed[name])}, or has blanks in it"
        for name, value in said.items()
        if value and (not value.startswith(allowed[name]) or len(value.split()) != 1)
    ]
