from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mappings.documents.envelope import Format
from mappings.elements import Stated
from plugin.sealing import Sealed
from plugin.storage.awards import AwardRow
from plugin.storage.credentials import Reserved, months_later
from plugin.storage.unit_of_work import Storage
from tests.factories import ISSUED
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.rows import a_credential, an_award, an_offer

LATER = ISSUED + timedelta(minutes=5)


def reserve(storage: Storage, award: AwardRow, **changes: object) -> Reserved:
    """Reserve what Anna earned for this award."""
    with storage.begin() as work:
        credential = replace(a_credential(), **changes)
        return work.credentials.reserve(award, credential, versions=(1, 1), now=ISSUED)


def test_a_reservation_holds_identity_place_and_snapshot(storage: Storage) -> None:
    """Everything that is not pure is taken once and read back as it was."""
    award = an_award(storage, an_offer(storage))

    reserved = reserve(storage, award, valid_for_months=24)

    assert reserved.credential == replace(a_credential(), valid_for_months=24)
    assert reserved.envelope.public_url == f"{PUBLIC_URL}/c/{reserved.envelope.id}"
    assert (reserved.envelope.valid_from, reserved.envelope.valid_until) == (ISSUED, months_later(ISSUED, 24))


def test_reserving_again_keeps_identity_and_index(storage: Storage) -> None:
    """A job that runs twice takes no second number; while nothing is sealed the snapshot is renewed."""
    award = an_award(storage, an_offer(storage))
    first = reserve(storage, award)
    later = Stated(LATER, a_credential().date_of_issue.provenance)

    second = reserve(storage, award, date_of_issue=later)

    assert second.envelope == replace(first.envelope, valid_from=LATER)
    assert second.credential.date_of_issue.value == LATER


def test_a_sealed_credential_never_changes(storage: Storage) -> None:
    """After the seal is kept, a repeated reservation gives back what was sealed."""
    award = an_award(storage, an_offer(storage))
    first = reserve(storage, award)
    with storage.begin() as work:
        work.credentials.keep(first.envelope.id, Sealed(Format.ELM, b"sealed", "application/json", "key"), ISSUED)

    again = reserve(storage, award, valid_for_months=1)

    assert again == replace(first, sealed_at=ISSUED)


def test_the_first_sealed_bytes_stay(storage: Storage) -> None:
    """Other bytes for the same credential and format are refused: the first may be in somebody's hands."""
    reserved = reserve(storage, an_award(storage, an_offer(storage)))
    first = Sealed(Format.ELM, b"first", "application/json", "key")
    with storage.begin() as work:
        work.credentials.keep(reserved.envelope.id, first, ISSUED)

    with pytest.raises(Exception, match="other bytes"), storage.begin() as work:
        work.credentials.keep(reserved.envelope.id, replace(first, body=b"second"), LATER)

    with storage.reading() as work:
        assert work.credentials.document(reserved.envelope.id, Format.ELM) == first


def test_indices_are_never_shared(storage: Storage) -> None:
    """Reserving for many at once, by two at a time, gives everybody an index of their own."""
    offer = an_offer(storage)
    awards = [an_award(storage, offer, str(number)) for number in range(30)]

    with ThreadPoolExecutor(3) as pool:
        reserved = list(pool.map(lambda award: reserve(storage, award), [*awards, *awards]))

    places = {(each.envelope.status_list_url, each.envelope.status_index) for each in reserved}
    assert len({each.envelope.id for each in reserved}) == 30
    assert len({index for _, index in places}) == 30


def test_an_ended_credential_shows_in_its_status_list(storage: Storage) -> None:
    """The index of a revoked credential is set; ending it again changes nothing."""
    reserved = reserve(storage, an_award(storage, an_offer(storage)))

    with storage.begin() as work:
        ended = [work.credentials.end(reserved.envelope.id, "revoked", "wrong name", LATER) for _ in range(2)]
        (list_id,) = work.credentials.status_list_ids()

    with storage.reading() as work:
        assert ended == [True, False]
        assert work.credentials.invalid_indices(list_id) == {reserved.envelope.status_index}


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [((2026, 1, 31), 1, (2026, 2, 28)), ((2026, 11, 24), 24, (2028, 11, 24)), ((2028, 2, 29), 12, (2029, 2, 28))],
)
def test_months_end_where_the_month_ends(
    day: tuple[int, int, int], months: int, expected: tuple[int, int, int]
) -> None:
    """A validity in months is one in calendar months."""
    assert months_later(datetime(*day, tzinfo=UTC), months) == datetime(*expected, tzinfo=UTC)
