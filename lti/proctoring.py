"""Session records of proctoring: what a vendor, or a person with its report, says about single sittings.

A neutral form, since no vendor writes its results into Moodle or Canvas: JSON by a signed intake, or the same columns
as CSV. One record, as it arrives::

    {"course": "3", "learner": "4", "assessment": "7", "vendor": "Example Proctoring",
     "method": "recording_reviewed", "identity_check": "passed", "reviewed_by": "Examination office",
     "result": "clear", "time": "2026-06-30T10:15:00+02:00", "session": "a-77"}

``course``, ``learner`` and ``assessment`` are the platform's own ids (``sub`` of the launch, course module or
assignment id). ``reviewed_by`` names who answers for ``result`` and is needed where a person watched or reviewed;
without it an identity check is that of a machine and counts as unknown. ``time`` is when the sitting began; the
vendor's own ``session`` (optional) tells sittings apart, so that a later record of the same sitting replaces it.
Anything else that is sent (images, videos, scores of suspicion) is dropped unread and never stored (GDPR Art. 5.1 c).

What is left to the caller: who may send (the signature), whether the ids exist, and keeping the record.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from lti.errors import LtiError
from lti.schemas import Identifier, Instant
from mappings.assessment import ActivityId, CourseId, EvidenceSource, LearnerId, Presence, SupervisionEvidence

_METHODS = {
    "person_on_site": Presence.ON_SITE,
    "person_online": Presence.ONLINE,
    "recording_reviewed": Presence.ONLINE,
    # Recorded and looked at by software alone, or merely locked down: nobody watched.
    "recording_not_reviewed": Presence.NONE,
    "nobody": Presence.NONE,
}
_NEEDS_A_PERSON = frozenset({"person_on_site", "person_online", "recording_reviewed"})
_IDENTITY = {"passed": True, "failed": False, "not_done": False, "unknown": None}
_OPEN = frozenset({"flagged", "pending"})
_CLOSED = frozenset({"clear", "cleared"})
"""``cleared``: there was a finding, and a person has decided that it is none."""
_MOST = 10_000


class RecordsRefused(LtiError):
    """Session records that are not taken: all of them, with every problem (``records.3.time: …``) named."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("proctoring_records_refused", "The session records have problems; none of them was taken.")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One sitting: the evidence, in its course. ``sitting`` tells the sittings of one learner apart."""

    course: CourseId
    learner: LearnerId
    evidence: SupervisionEvidence
    sitting: str

    def named(self, course: CourseId, learner: LearnerId) -> SessionRecord:
        """Return the record with other ids of the same course and learner."""
        return replace(self, course=course, learner=learner, evidence=replace(self.evidence, learner=learner))


class SessionSchema(Schema):
    """One record, in the form of this module's docstring."""

    class Meta:
        """What is not named here is not read."""

        unknown = EXCLUDE

    course = Identifier(required=True)
    learner = Identifier(required=True)
    assessment = Identifier(required=True)
    vendor = fields.String(required=True, validate=validate.Length(1, 200))
    method = fields.String(required=True, validate=validate.OneOf(_METHODS))
    identity_check = fields.String(load_default="unknown", validate=validate.OneOf(_IDENTITY))
    reviewed_by = fields.String(load_default="", validate=validate.Length(max=200))
    result = fields.String(required=True, validate=validate.OneOf(_OPEN | _CLOSED))
    time = Instant(required=True)
    session = Identifier(load_default="", validate=validate.Length(max=100))

    @validates_schema
    def _a_person_answers(self, values: Mapping[str, Any], **_: object) -> None:
        by_a_person = values.get("method") in _NEEDS_A_PERSON or values.get("result") == "cleared"
        if by_a_person and not values.get("reviewed_by", "").strip():
            raise ValidationError("Who watched or reviewed is missing.", "reviewed_by")


def read_records(document: object) -> tuple[SessionRecord, ...]:
    """Return the records of ``{"records": [...]}``; raise :class:`RecordsRefused` with all problems at once."""
    records = document.get("records") if isinstance(document, Mapping) else None
    if not isinstance(records, list) or not 0 < len(records) <= _MOST:
        raise RecordsRefused((f"records: a list of 1 to {_MOST} records is expected",))
    return _read(records)


def read_csv(text: str, course: CourseId | None = None) -> tuple[SessionRecord, ...]:
    """Return the records of a CSV file whose first line names the columns; an empty cell is a missing value.

    With ``course`` the column of that name may be left out, and no other course may be named in it.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), dialect=_dialect(text)))
    except csv.Error as error:
        raise RecordsRefused(("records: not a CSV file",)) from error
    given = {} if course is None else {"course": course}
    said = [given | {name.strip(): cell for name, cell in row.items() if name and cell} for row in rows]
    records = read_records({"records": said})
    if foreign := [number for number, record in enumerate(records) if course not in (None, record.course)]:
        raise RecordsRefused(tuple(f"records.{number}.course: Not this course." for number in foreign))
    return records


def _dialect(text: str) -> type[csv.Dialect]:
    """Return the dialect: spreadsheets of many countries write semicolons."""
    first = text.partition("\n")[0]
    return _Semicolons if first.count(";") > first.count(",") else csv.excel


class _Semicolons(csv.excel):
    delimiter = ";"


def _read(records: Sequence[object]) -> tuple[SessionRecord, ...]:
    schema, read, problems = SessionSchema(), [], []
    for number, record in enumerate(records):
        try:
            read.append(_record(schema.load(record)))  # type: ignore[arg-type]
        except ValidationError as error:
            problems += [f"records.{number}.{problem}" for problem in _problems(error.messages)]
    if problems:
        raise RecordsRefused(tuple(problems))
    return tuple(read)


def _problems(messages: object) -> Iterable[str]:
    """Return field and problem, never what was sent."""
    if not isinstance(messages, Mapping):
        return ["not a record"]
    return [f"{field}: {' '.join(map(str, said))}" for field, said in messages.items()]


def _record(values: Mapping[str, Any]) -> SessionRecord:
    learner, time = LearnerId(values["learner"]), values["time"]
    reviewed = bool(values["reviewed_by"].strip())
    verified = _IDENTITY[values["identity_check"]]
    evidence = SupervisionEvidence(
        activity=ActivityId(values["assessment"]),
        source=EvidenceSource.SESSION_RECORD,
        supervision=_METHODS[values["method"]],
        identity_verified=verified if reviewed or verified is False else None,
        stated_at=time,
        stated_by=values["vendor"],
        learner=learner,
        method=values["method"],
        open_flag=values["result"] in _OPEN,
    )
    sitting = values["session"] or time.isoformat()
    return SessionRecord(CourseId(values["course"]), learner, evidence, f"{values['vendor'][:100]} {sitting}")
