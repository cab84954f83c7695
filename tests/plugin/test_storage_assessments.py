from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mappings.assessment import Completion, EvidenceSource, Presence, SupervisionEvidence
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.plugin.rows import ADA101, MOODLE

RECORD = factories.record()
LATER = RECORD.read_at + timedelta(hours=1)


def keep(storage: Storage, *records: object) -> list[bool]:
    """Keep records one after the other, each in its own transaction."""
    said = []
    for record in records:
        with storage.begin() as work:
            said.append(work.assessments.record(record))  # type: ignore[arg-type]
    return said


def test_a_record_comes_back_as_it_was_read(storage: Storage) -> None:
    """Decimals, times and names in any script survive."""
    records = factories.ada101()

    keep(storage, *records.values())

    with storage.reading() as work:
        assert list(work.assessments.of_course(MOODLE, ADA101)) == list(records.values())


def test_only_what_says_something_else_is_new(storage: Storage) -> None:
    """The same record read again is not news; a change is."""
    again = replace(RECORD, read_at=LATER)
    undone = replace(RECORD, read_at=LATER, completion=Completion(False))

    assert keep(storage, RECORD, again, undone) == [True, False, True]


def test_settings_that_are_read_again_are_not_news(storage: Storage) -> None:
    """A platform's setting is dated by its reading; what it says counts, and so does a session record's own time."""
    setting = SupervisionEvidence(
        activity=RECORD.activities[0].id,
        source=EvidenceSource.PLATFORM_SETTING,
        supervision=Presence.UNKNOWN,
        identity_verified=None,
        stated_at=RECORD.read_at,
        stated_by="quizaccess_seb",
    )
    session = replace(setting, source=EvidenceSource.SESSION_RECORD)
    told = [
        replace(RECORD, supervision=(each,))
        for each in (
            setting,
            replace(setting, stated_at=LATER),
            replace(setting, stated_by="quizaccess_password"),
            session,
            replace(session, stated_at=LATER),
        )
    ]

    assert keep(storage, *told) == [True, False, True, True, True]


def test_an_older_reading_never_replaces_a_newer(storage: Storage) -> None:
    """Readings may arrive out of order."""
    undone = replace(RECORD, read_at=LATER, completion=Completion(False))

    assert keep(storage, undone, RECORD) == [True, False]

    with storage.reading() as work:
        assert work.assessments.get(MOODLE, ADA101, RECORD.learner.id) == undone
