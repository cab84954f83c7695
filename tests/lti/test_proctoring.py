"""Session records of proctoring, from JSON and CSV."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lti.proctoring import RecordsRefused, read_csv, read_records
from mappings.assessment import EvidenceSource, Presence

RECORD = {
    "course": "3",
    "learner": 4,
    "assessment": "7",
    "vendor": "Example Proctoring",
    "method": "recording_reviewed",
    "identity_check": "passed",
    "reviewed_by": "Examination office",
    "result": "clear",
    "time": "2026-06-30T10:15:00+02:00",
}


def problems_of(*records: object) -> tuple[str, ...]:
    """Return what is said against these records."""
    with pytest.raises(RecordsRefused) as raised:
        read_records({"records": list(records)})
    return raised.value.problems


def test_a_record_is_evidence_of_one_sitting() -> None:
    """Of one learner in one assessment, with its time in UTC."""
    (record,) = read_records({"records": [RECORD]})
    evidence = record.evidence

    assert (record.course, evidence.learner, evidence.activity) == ("3", "4", "7")
    assert (evidence.source, evidence.stated_by) == (EvidenceSource.SESSION_RECORD, "Example Proctoring")
    assert (evidence.supervision, evidence.identity_verified, evidence.open_flag) == (Presence.ONLINE, True, False)
    assert evidence.stated_at == datetime(2026, 6, 30, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "presence"),
    [
        ("person_on_site", Presence.ON_SITE),
        ("person_online", Presence.ONLINE),
        ("recording_reviewed", Presence.ONLINE),
        ("recording_not_reviewed", Presence.NONE),
        ("nobody", Presence.NONE),
    ],
)
def test_only_a_person_supervises(method: str, presence: Presence) -> None:
    """A recording that nobody looked at is no supervision."""
    (record,) = read_records({"records": [{**RECORD, "method": method}]})

    assert record.evidence.supervision is presence


@pytest.mark.parametrize(
    ("check", "verified"), [("passed", True), ("failed", False), ("not_done", False), ("unknown", None), (None, None)]
)
def test_identity_is_verified_only_where_the_check_was_passed(check: str | None, verified: bool | None) -> None:
    """What is not said is not known."""
    sent = {**RECORD, "identity_check": check} if check else {n: v for n, v in RECORD.items() if n != "identity_check"}

    (record,) = read_records({"records": [sent]})

    assert record.evidence.identity_verified is verified


@pytest.mark.parametrize(
    ("result", "flag"), [("clear", False), ("cleared", False), ("flagged", True), ("pending", True)]
)
def test_a_finding_stays_open_until_a_person_has_decided(result: str, flag: bool) -> None:
    """It is a question and not a verdict."""
    (record,) = read_records({"records": [{**RECORD, "result": result}]})

    assert record.evidence.open_flag is flag


def test_images_and_scores_of_suspicion_are_dropped() -> None:
    """They are not read, so they can be nowhere."""
    (record,) = read_records({"records": [{**RECORD, "webcam_image": "data:image/png;base64,AAAA", "suspicion": 0.93}]})

    assert "AAAA" not in repr(record)
    assert "0.93" not in repr(record)


def test_all_problems_are_named_at_once_and_no_record_is_taken() -> None:
    """With the record's number and the field, never what was sent."""
    assert problems_of(
        RECORD,
        {**RECORD, "time": "2026-06-30T10:15:00", "method": "anna@example.org"},
        {**RECORD, "reviewed_by": " "},
        {"learner": None},
        "anna",
    ) == (
        "records.1.method: Must be one of: "
        "person_on_site, person_online, recording_reviewed, recording_not_reviewed, nobody.",
        "records.1.time: Not a time with its zone.",
        "records.2.reviewed_by: Who watched or reviewed is missing.",
        "records.3.course: Missing data for required field.",
        "records.3.learner: Field may not be null.",
        "records.3.assessment: Missing data for required field.",
        "records.3.vendor: Missing data for required field.",
        "records.3.method: Missing data for required field.",
        "records.3.result: Missing data for required field.",
        "records.3.time: Missing data for required field.",
        "records.4._schema: Invalid input type.",
    )


def test_a_sitting_that_nobody_watched_needs_no_reviewer() -> None:
    """There is nobody to name."""
    sent = {**RECORD, "method": "nobody", "reviewed_by": ""}

    assert len(read_records({"records": [sent]})) == 1


@pytest.mark.parametrize("document", [None, [], {}, {"records": {}}, {"records": []}, {"records": [RECORD] * 10_001}])
def test_a_document_without_a_fair_number_of_records_is_refused(document: object) -> None:
    """None, or more than can be right."""
    with pytest.raises(RecordsRefused) as raised:
        read_records(document)

    assert raised.value.problems == ("records: a list of 1 to 10000 records is expected",)
    assert raised.value.code == "proctoring_records_refused"


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_spreadsheet_gives_the_same_records(separator: str) -> None:
    """With commas or semicolons, with a byte order mark, with columns that nobody needs."""
    columns = {**RECORD, "comment": "seen"}
    text = "\ufeff" + separator.join(columns) + "\r\n" + separator.join(map(str, columns.values())) + "\r\n"

    assert read_csv(text) == read_records({"records": [RECORD]})


def test_an_empty_cell_is_a_missing_value() -> None:
    """It is not an empty id."""
    with pytest.raises(RecordsRefused) as raised:
        read_csv("course,learner,assessment,vendor,method,result,time\n3,,7,V,nobody,clear,2026-06-30T10:15:00Z\n")

    assert raised.value.problems == ("records.0.learner: Missing data for required field.",)


def test_a_broken_csv_file_is_refused() -> None:
    """With a word of its own."""
    with pytest.raises(RecordsRefused) as raised:
        read_csv("course,learner\n" + "x" * 200_000 + "\n")

    assert raised.value.problems == ("records: not a CSV file",)
