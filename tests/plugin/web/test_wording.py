"""Commands in sentences."""

from __future__ import annotations

from plugin.web.wording import typed


def test_a_command_is_marked_and_everything_else_stays_text() -> None:
    """A sentence may quote what strangers wrote."""
    assert typed("Run `microcred <x>`, not <b>") == "Run <code>microcred &lt;x&gt;</code>, not &lt;b&gt;"
