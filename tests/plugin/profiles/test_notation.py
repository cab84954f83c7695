"""YAML and JSON as what was written."""

from __future__ import annotations

import pytest

from plugin.profiles.notation import Unreadable, parse


def test_scalars_stay_what_was_written() -> None:
    """No Norway turned into False, no 62.10 into a float, no date, no octal number; only null is nothing."""
    text = "language: no\nmark: 62.10\nday: 2026-09-01\nnumber: 010\nanswer: yes\nempty:\ntilde: ~\n"

    assert parse(text) == {
        "language": "no",
        "mark": "62.10",
        "day": "2026-09-01",
        "number": "010",
        "answer": "yes",
        "empty": None,
        "tilde": None,
    }


def test_json_numbers_stay_exact() -> None:
    """And emoji outside the basic plane survive, which YAML's reading of JSON would break."""
    assert parse(' {"mark": 62.10, "big": 1e400, "title": "\\ud83c\\udf93", "path": "a\\/b"}') == {
        "mark": "62.10",
        "big": "1e400",
        "title": "🎓",
        "path": "a/b",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: 2\na: 3\n", "Line 1: given twice: a."),
        ('{"a": 1, "a": 2}', "Given twice: a."),
        ("a: &x {b: c}\nd: *x\n", "Aliases (*name) are not accepted: write the value again."),
        ("a: [", "This is no YAML"),
        ("a: !!python/object:os.system x", "This is no YAML"),
        ("a: \x00", "This is no YAML"),
        ("{", "This is no JSON"),
        ('{"a": ' + "[" * 100_000, "This is no JSON"),
        ("a: " + "[" * 100_000, "This is no YAML"),
        ("#" * 1_000_001, "A profile has at most 1000000 characters."),
    ],
)
def test_what_hides_something_or_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    """With the line where there is one."""
    with pytest.raises(Unreadable) as refused:
        parse(text)

    assert str(refused.value).startswith(sentence)


def test_keys_that_are_no_names_are_refused() -> None:
    """A mapping as a key cannot be a field."""
    with pytest.raises(Unreadable):
        parse("? {a: b}\n: c\n")
