"""What a person writes, as values."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from marshmallow import ValidationError

from mappings.text import Text
from mappings.vocabularies.terms import term
from plugin.profiles.fields import Hours, LanguageTag, LanguageText, Logo, Moment, Name, TermOf, Words, web_address

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8


@pytest.mark.parametrize("written", ["quiz", " QUIZ ", "b1b68f6735", "http://data.europa.eu/snb/assessment/b1b68f6735"])
def test_a_term_is_written_by_label_code_or_iri(written: str) -> None:
    """In any case, as a person types it."""
    assert TermOf("assessment-types").deserialize(written) == term("assessment-types", "b1b68f6735")


def test_a_label_that_means_several_concepts_is_refused() -> None:
    """A narrow and a broad field of study may be called alike: the code decides."""
    field = TermOf("isced-f")

    assert field.deserialize("0542").label == "Statistics"
    with pytest.raises(ValidationError, match="Several concepts are called so; write the code: 042, 0421"):
        field.deserialize("Law")


@pytest.mark.parametrize("written", [7, None, "", "photograph"])
def test_what_is_no_term_is_refused(written: object) -> None:
    """With the list to look in."""
    with pytest.raises(ValidationError):
        TermOf("assessment-types").deserialize(written)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-09-01", datetime(2026, 9, 1, tzinfo=UTC)),
        ("2026-09-01T08:00:00+02:00", datetime(2026, 9, 1, 6, tzinfo=UTC)),
        ("2026-09-01T08:00:00Z", datetime(2026, 9, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_date_or_a_time_with_its_zone(written: str, moment: datetime) -> None:
    """Always in UTC."""
    assert Moment().deserialize(written) == moment


@pytest.mark.parametrize("written", ["2026-09-01T08:00:00", "2026-09-01 08:00", "01/09/2026", 3])
def test_a_time_without_zone_and_other_notations_are_refused(written: object) -> None:
    """Nobody guesses where the clock hangs."""
    with pytest.raises(ValidationError):
        Moment().deserialize(written)


def test_text_is_written_by_language() -> None:
    """Trimmed."""
    assert LanguageText().deserialize({"en": " Data ", "nl": "Data"}) == Text.of({"en": "Data", "nl": "Data"})


@pytest.mark.parametrize(
    "written", ["Data", {}, {"en": ""}, {"en": 7}, {"English": "Data"}, {"xx": "Data"}, {7: "Data"}, {"en": "a\x00"}]
)
def test_text_without_its_language_or_without_content_is_refused(written: object) -> None:
    """The sentence says how to write it or what is wrong."""
    with pytest.raises(ValidationError):
        LanguageText().deserialize(written)


@pytest.mark.parametrize("written", ["", "  ", 7, "a\x00"])
def test_words_are_text(written: object) -> None:
    """Not empty, no numbers, no control signs."""
    with pytest.raises(ValidationError):
        Words().deserialize(written)


def test_a_name_fits_into_an_address() -> None:
    """Neither blanks nor slashes."""
    assert Name().deserialize("LO-ADA_1.a:b") == "LO-ADA_1.a:b"
    for written in ("a b", "a/b", "a" * 65, "é"):
        with pytest.raises(ValidationError):
            Name().deserialize(written)


def test_a_logo_is_a_png_in_base64() -> None:
    """Line breaks are allowed, and 200,000 bytes."""
    largest = PNG + b"\0" * (200_000 - len(PNG))

    assert Logo().deserialize(base64.encodebytes(PNG).decode()) == PNG
    assert Logo().deserialize(base64.b64encode(largest).decode()) == largest


@pytest.mark.parametrize(
    "written",
    [
        "%%%",
        "é",
        "*" + base64.b64encode(PNG).decode(),
        base64.b64encode(b"GIF89a").decode(),
        base64.b64encode(PNG + b"\0" * (200_001 - len(PNG))).decode(),
    ],
)
def test_other_logos_are_refused(written: str) -> None:
    """No base64, no PNG, too large."""
    with pytest.raises(ValidationError):
        Logo().deserialize(written)


@pytest.mark.parametrize(
    ("written", "span"), [("48", timedelta(days=2)), (0, timedelta(0)), ("99999", timedelta(hours=99999))]
)
def test_a_quiet_period_is_written_in_whole_hours(written: object, span: timedelta) -> None:
    """As text or number."""
    assert Hours().deserialize(written) == span


@pytest.mark.parametrize("written", ["-1", "1.5", "two", "", "100000"])
def test_other_spans_are_refused(written: str) -> None:
    """Negative, broken, without end."""
    with pytest.raises(ValidationError):
        Hours().deserialize(written)


def test_an_address_inside_a_campus_is_accepted() -> None:
    """A host without a top-level domain is one, another scheme is none."""
    assert web_address().deserialize("http://intranet/quality") == "http://intranet/quality"
    with pytest.raises(ValidationError):
        web_address().deserialize("javascript:alert(1)")


@pytest.mark.parametrize("written", ["en", "nl", "en-GB", "gle"])
def test_a_language_is_written_by_its_tag(written: str) -> None:
    """Two letters, three where a person prefers them, with a region."""
    assert LanguageTag().deserialize(written) == written


@pytest.mark.parametrize("written", ["English", "EN", "xx", "", 7])
def test_a_language_that_documents_could_not_name_is_refused(written: object) -> None:
    """No tag, or none of the EU table."""
    with pytest.raises(ValidationError):
        LanguageTag().deserialize(written)
