"""Commands in sentences, clauses in labels."""

from __future__ import annotations

from plugin.web.wording import clause, typed


def test_a_command_is_marked_and_everything_else_stays_text() -> None:
    """A sentence may quote what strangers wrote."""
    assert typed("Run `microcred <x>`, not <b>") == "Run <code>microcred &lt;x&gt;</code>, not &lt;b&gt;"


def test_the_clause_at_the_end_of_a_label_is_set_apart() -> None:
    """In every language, and what strangers wrote stays text."""
    assert clause("Niveau <EQF> (Bijlage I, M8)") == ('Niveau &lt;EQF&gt; <span class="clause">(Bijlage I, M8)</span>')
    assert clause("Final exam (written)") == "Final exam (written)"
