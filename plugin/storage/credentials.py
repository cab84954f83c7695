"""Credentials: the envelope reserved once, the snapshot that every format is rendered from, the sealed documents."""

from __future__ import annotations

import hashlib
import uuid
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from random import Random, SystemRandom
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from mappings import snapshot
from mappings.documents.envelope import Envelope, Format
from mappings.elements import MicroCredential
from plugin.errors import ChangedMeanwhile, UnknownRow
from plugin.sealing import Sealed
from plugin.storage.awards import AwardRow
from plugin.storage.outbox import Outbox, Topic
from plugin.storage.tables import credentials, documents, status_lists
from plugin.storage.writing import conflict_insert

LIST_SIZE = 131_072
"""Entries of a status list: the smallest that hides whom one asks about (Bitstring Status List 1.0, section 3.1)."""
DECOYS = 1024
"""Entries of a list that are set from the start and belong to nobody: how many are set tells nothing."""
MOST_TRIES = 8
"""So many taken indices in a row mean that a list is more than half full."""
_ENVELOPE = tuple(column for column in credentials.c if column.name != "snapshot")


@dataclass(frozen=True, slots=True)
class Reserved:
    """A credential as stored: what it says and its envelope. ``sealed_at`` None while no seal is kept."""

    award_id: str
    credential: MicroCredential
    envelope: Envelope
    profile_version: int
    issuer_version: int
    sealed_at: datetime | None = None
    status: str = "valid"


class Credentials:
    """Credentials within one transaction. ``public_url`` is the base of all URLs that go into envelopes."""

    def __init__(self, connection: Connection, public_url: str, chance: Random | None = None) -> None:
        self._connection = connection
        self._public_url = public_url
        self._chance = chance or SystemRandom()

    def reserve(
        self, award: AwardRow, credential: MicroCredential, *, versions: tuple[int, int], now: datetime
    ) -> Reserved:
        """Return the envelope of ``award``: the one reserved before, else a new one, now or never again.

        ``versions`` are those of the course and the institution profile. While nothing is sealed, a repeated
        reservation only renews the snapshot and its dates; id, status index and URLs stay.
        """
        said = {"snapshot": snapshot.dump(credential), "profile_version": versions[0], "issuer_version": versions[1]}
        said |= _period(credential)
        return self._renewed(award, credential, said) or self._inserted(award, credential, said, now)

    def _renewed(self, award: AwardRow, credential: MicroCredential, said: dict[str, object]) -> Reserved | None:
        """Return the reservation that is there already, its snapshot renewed while nothing is sealed."""
        mine = credentials.c.award_id == award.id
        sealed_at = self._connection.execute(select(credentials.c.sealed_at).where(mine)).one_or_none()
        if sealed_at is None:
            return None
        if sealed_at[0] is not None:
            return self.of_award(award.id)
        renew = update(credentials).where(mine, credentials.c.sealed_at.is_(None)).values(**said)
        row = self._connection.execute(renew.returning(*_ENVELOPE)).one_or_none()
        if row is None:
            raise ChangedMeanwhile(f"award {award.id} was sealed by somebody else")
        return _with(row, credential)

    def _inserted(
        self, award: AwardRow, credential: MicroCredential, said: dict[str, object], now: datetime
    ) -> Reserved:
        """Take a random index that no credential ever had; the unique key answers where it is taken.

        A list in which many tries in a row hit taken indices is full enough: another one is opened.
        """
        credential_id = str(uuid.uuid4())
        said |= {"id": credential_id, "award_id": award.id, "issuer_url": self._public_url, "reserved_at": now}
        said |= {"public_url": f"{self._public_url}/c/{credential_id}", "supersedes": award.supersedes}
        list_id, decoys = self._open_list(now)
        for tries in count(1):
            index = next(self._indices(decoys))
            said |= {"status_list_id": list_id, "status_list_url": f"{self._public_url}/status/{list_id}"}
            insert_one = conflict_insert(self._connection, credentials).values(**said, status_index=index)
            row = self._connection.execute(insert_one.on_conflict_do_nothing().returning(*_ENVELOPE)).one_or_none()
            if row is not None:
                return _with(row, credential)
            if (there := self._renewed(award, credential, said)) is not None:
                return there
            if tries % MOST_TRIES == 0:
                list_id, decoys = self._next_list(list_id, now)
        raise AssertionError("count() does not end")

    def _indices(self, decoys: frozenset[int]) -> Iterator[int]:
        """Yield random indices that belong to somebody, or will."""
        while True:
            index = self._chance.randrange(LIST_SIZE)
            if index not in decoys:
                yield index

    def _open_list(self, now: datetime) -> tuple[str, frozenset[int]]:
        """Return the list that indices are taken from, the first of all where there is none, and its decoys."""
        found = select(status_lists.c.id, status_lists.c.decoys).where(status_lists.c.open)
        row = self._connection.execute(found.order_by(status_lists.c.created_at.desc()).limit(1)).one_or_none()
        return (str(row.id), frozenset(row.decoys)) if row is not None else self._new_list(now)

    def _next_list(self, full: str, now: datetime) -> tuple[str, frozenset[int]]:
        """Close a list for new indices and open another one."""
        self._connection.execute(update(status_lists).where(status_lists.c.id == full).values(open=False))
        return self._open_list(now)

    def _new_list(self, now: datetime) -> tuple[str, frozenset[int]]:
        list_id, decoys = uuid.uuid4().hex, self._chance.sample(range(LIST_SIZE), DECOYS)
        row = {"id": list_id, "size": LIST_SIZE, "open": True, "decoys": decoys, "created_at": now}
        self._connection.execute(insert(status_lists).values(**row))
        return list_id, frozenset(decoys)

    def of_award(self, award_id: str) -> Reserved | None:
        """Return the credential of an award, None where none is reserved."""
        row = self._connection.execute(select(credentials).where(credentials.c.award_id == award_id)).one_or_none()
        return None if row is None else _reserved(row)

    def get(self, credential_id: str) -> Reserved:
        """Return a credential. Raises :class:`UnknownRow`."""
        row = self._connection.execute(select(credentials).where(credentials.c.id == credential_id)).one_or_none()
        if row is None:
            raise UnknownRow(f"there is no credential {credential_id}")
        return _reserved(row)

    def keep(self, credential_id: str, sealed: Sealed, now: datetime) -> None:
        """Store verified bytes. The first seal of a format stays: it may be in somebody's hands already.

        Raises :class:`ChangedMeanwhile` where the database gives other bytes back than it was handed.
        """
        row = {"credential_id": credential_id, "format": sealed.format, "body": sealed.body, "sealed_at": now}
        row |= {"media_type": sealed.media_type, "key_id": sealed.key_id}
        row |= {"sha256": hashlib.sha256(sealed.body).hexdigest()}
        store = conflict_insert(self._connection, documents).values(**row).on_conflict_do_nothing()
        stored = self._connection.execute(store.returning(documents.c.body)).scalar()
        if (stored or self._body(credential_id, sealed.format)) != sealed.body:
            raise ChangedMeanwhile(f"credential {credential_id} is stored with other bytes than were verified")
        first = (credentials.c.id == credential_id, credentials.c.sealed_at.is_(None))
        self._connection.execute(update(credentials).where(*first).values(sealed_at=now))

    def _body(self, credential_id: str, format: Format) -> bytes | None:
        document = self.document(credential_id, format)
        return document.body if document else None

    def document(self, credential_id: str, format: Format) -> Sealed | None:
        """Return the sealed bytes of one format, None where there are none."""
        query = select(documents).where(documents.c.credential_id == credential_id, documents.c.format == format)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _sealed(row)

    def documents(self, credential_id: str) -> Iterator[Sealed]:
        """Yield the sealed documents of a credential."""
        query = select(documents).where(documents.c.credential_id == credential_id).order_by(documents.c.format)
        for row in self._connection.execute(query):
            yield _sealed(row)

    def end(self, credential_id: str, status: str, reason: str, now: datetime) -> bool:
        """Say that a credential is ``revoked`` or ``superseded``, for good, and ask for its list to be published.

        True where it was valid before.
        """
        valid = (credentials.c.id == credential_id, credentials.c.status == "valid")
        said = {"status": status, "status_reason": reason, "status_at": now}
        ended = update(credentials).where(*valid).values(**said).returning(credentials.c.status_list_id)
        status_list = self._connection.execute(ended).scalar()
        if status_list is not None:
            Outbox(self._connection).request(Topic.STATUS, status_list, now)
        return status_list is not None

    def invalid_indices(self, status_list_id: str) -> frozenset[int]:
        """Return the indices of a status list whose bit is set."""
        query = select(credentials.c.status_index).where(
            credentials.c.status_list_id == status_list_id, credentials.c.status != "valid"
        )
        return frozenset(self._connection.execute(query).scalars())

    def sealed_since(self, moment: datetime) -> int:
        """Count what was sealed after ``moment``."""
        query = select(func.count()).select_from(credentials).where(credentials.c.sealed_at > moment)
        return self._connection.execute(query).scalar_one()

    def decoys(self, status_list_id: str) -> frozenset[int]:
        """Return the indices of a status list that are set and belong to nobody. Raises :class:`UnknownRow`."""
        query = select(status_lists.c.decoys).where(status_lists.c.id == status_list_id)
        found = self._connection.execute(query).scalar()
        if found is None:
            raise UnknownRow(f"there is no status list {status_list_id}")
        return frozenset(found)

    def status_list_ids(self) -> tuple[str, ...]:
        """Return every status list, oldest first."""
        query = select(status_lists.c.id).order_by(status_lists.c.created_at, status_lists.c.id)
        return tuple(self._connection.execute(query).scalars())


def months_later(moment: datetime, months: int) -> datetime:
    """Return ``moment`` so many calendar months later; the 31st becomes the last day of a shorter month."""
    year, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + year, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def _period(credential: MicroCredential) -> dict[str, object]:
    begin = credential.date_of_issue.value
    months = credential.valid_for_months
    return {"valid_from": begin, "valid_until": None if months is None else months_later(begin, months)}


def _reserved(row: Row[Any]) -> Reserved:
    return _with(row, snapshot.load(MicroCredential, row.snapshot))


def _with(row: Row[Any], credential: MicroCredential) -> Reserved:
    """Return what a row says about ``credential``."""
    envelope = Envelope(
        id=row.id,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        public_url=row.public_url,
        status_list_url=row.status_list_url,
        status_index=row.status_index,
        issuer_url=row.issuer_url,
        supersedes=row.supersedes,
    )
    versions = (row.profile_version, row.issuer_version)
    return Reserved(row.award_id, credential, envelope, *versions, row.sealed_at, row.status)


def _sealed(row: Row[Any]) -> Sealed:
    return Sealed(Format(row.format), row.body, row.media_type, row.key_id)
