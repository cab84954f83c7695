"""Notices in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mappings.text import Text
from plugin.notices import Facts, NoticeKind
from plugin.rule_reasons import reason_of
from plugin.storage.profiles import Rule
from plugin.web.letters import write
from tests.factories import READ

READY = Facts(
    kind=NoticeKind.READY,
    title=Text.of({"en": "Data Analysis", "nl": "Gegevensanalyse"}),
    issuer=Text.of({"en": "Example University"}),
    course_title="ADA101 100%",
    course_url="https://lms.example/course/view.php?id=3",
    recovery_url="https://bridge.example/recover",
    reason="",
    languages=("en",),
)


def test_a_letter_says_what_happened_where_it_is_and_how_to_object() -> None:
    """In this order, each address with what it leads to; a per cent sign in a title is only a sign."""
    message = write(READY).message

    assert message.subject == "Your micro-credential “Data Analysis” is ready"
    assert "for the course “ADA101 100%”" in message.lines[0].text
    assert [line.url for line in message.lines if line.url] == [READY.course_url, READY.recovery_url]
    assert "Object" in message.lines[-1].text


@pytest.mark.parametrize(
    ("wished", "language"),
    [(("nl_BE",), "nl"), (("pl", "nl"), "nl"), (("pl",), "en"), ((), "en"), (("EN-us", "nl"), "en")],
)
def test_the_language_is_the_first_wish_that_there_is(wished: tuple[str, ...], language: str) -> None:
    """The learner's own, else that of the credential, else English."""
    letter = write(replace(READY, languages=wished))

    assert letter.language == language
    assert ("Gegevensanalyse" in letter.message.subject) is (language == "nl")


@pytest.mark.parametrize("kind", [NoticeKind.REPLACED, NoticeKind.REVOKED])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_whoever_ended_a_credential_is_heard(kind: NoticeKind, language: str) -> None:
    """The reason stands there in their own words, whatever signs are in it."""
    letter = write(replace(READY, kind=kind, reason="Graded 60%, not %(title)s", languages=(language,)))

    assert "Graded 60%, not %(title)s" in letter.message.plain


@pytest.mark.parametrize("rule", [Rule("supersede", "Tessa %s Teacher", READ), Rule("keep", "", None)])
def test_what_a_rule_decided_is_told_in_the_language_of_the_letter(rule: Rule) -> None:
    """It is kept as an English sentence; who set it and when stays in it."""
    kept = str(reason_of(rule))
    english, dutch = (
        write(replace(READY, kind=NoticeKind.REPLACED, reason=kept, languages=(language,))).message.plain
        for language in ("en", "nl")
    )

    assert kept in english
    assert kept not in dutch
    assert "de regel van deze cursus" in dutch
    assert rule.set_by in dutch


def test_every_text_is_translated() -> None:
    """No sentence of an English letter is in a Dutch one."""
    for kind in NoticeKind:
        said = {
            language: {line.text for line in write(replace(READY, kind=kind, languages=(language,))).message.lines}
            for language in ("en", "nl")
        }
        assert not said["en"] & said["nl"]
