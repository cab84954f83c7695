"""Sentences that remember how they were made."""

from __future__ import annotations

from datetime import UTC, datetime

from mappings.said import say, say_briefly
from mappings.text import Text


def test_a_sentence_is_english_and_remembers_its_text_and_values() -> None:
    """Days as ISO 8601, a language map in English, several with commas; the catalogue's text keeps its places."""
    values = {"day": datetime(2026, 9, 1, tzinfo=UTC), "title": Text.of({"nl": "Toets", "en": "Exam"})}
    made = say("%(title)s on %(day)s: %(needs)s.", needs=(say("grades"), say("roster")), **values)

    assert made == "Exam on 2026-09-01: grades, roster."
    assert made.text == "%(title)s on %(day)s: %(needs)s."
    assert made.values["title"] is values["title"]


def test_a_per_cent_sign_stands_for_itself_where_nothing_is_filled_in() -> None:
    """A text without places is said as it is."""
    assert say("100 % of it.") == "100 % of it."


def test_what_was_said_already_keeps_its_values() -> None:
    """A sentence may be handed on through whoever says plain ones too."""
    made = say("%(count)s left.", count=3)

    assert say(made) is made


def test_an_english_sentence_may_know_more_than_the_text_of_other_languages() -> None:
    """What an error tells in detail is there in English; the catalogue has what holds for all of its kind."""
    made = say_briefly("the certificate expired on 2026-01-01", "its certificate has expired")

    assert (made, made.text) == ("the certificate expired on 2026-01-01", "its certificate has expired")
