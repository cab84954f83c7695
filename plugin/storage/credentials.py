"""Credentials: the envelope reserved once, the snapshot that every format is rendered from, the sealed documents."""

from __future__ import annotations

import hashlib
import uuid
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from mappings import snapshot
from mappings.documents.envelope import Envelope, Format
from mappings.elements import MicroCredential
from plugin.errors import ChangedMeanwhile, UnknownRow
from plugin.sealing import Sealed
from plugin.storage.awards import AwardRow
from plugin.storage.journal import Notes
from plugin.storage.outbox import Outbox, Topic
from plugin.storage.status_indices import OpenList, StatusIndices
from plugin.storage.tables import awards, credentials, documents, status_lists
from plugin.storage.writing import conflict_insert

MOST_TRIES = 8
"""So many taken indices in a row mean that a list is more than half full."""
_ENVELOPE = tuple(column for column in credentials.c if column.name != "snapshot")
_DOCUMENT = (documents.c.credential_id, documents.c.format, documents.c.body)
Values = dict[str, object]


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
    """Credentials within one transaction.

    ``public_url`` is the base of all URLs that go into envelopes; ``notes`` is told what has to be known outside of the
    database too.
    """

    def __init__(self, connection: Connection, public_url: str, notes: Notes, indices: StatusIndices) -> None:
        self._connection = connection
        self._public_url = public_url
        self._notes = notes
        self._indices = indices

    def reserve(
        self, award: AwardRow, credential: MicroCredential, *, versions: tuple[int, int], now: datetime
    ) -> Reserved:
        """Return the envelope of one award; see :meth:`reserve_all`."""
        return self.reserve_all(((award, credential),), versions=versions, now=now)[0]

    def reserve_all(
        self, wanted: Sequence[tuple[AwardRow, MicroCredential]], *, versions: tuple[int, int], now: datetime
    ) -> tuple[Reserved, ...]:
        """Return the envelope of each award: the one reserved before, else a new one, now or never again.

        ``versions`` are those of the course and the institution profile. While nothing is sealed, a repeated
        reservation only renews the snapshot and its dates; id, status index and URLs stay.
        """
        ids = [award.id for award, _ in wanted]
        there = select(credentials.c.award_id).where(credentials.c.award_id.in_(ids))
        known = frozenset(self._connection.execute(there).scalars())
        said = {award.id: _said(credential, versions) for award, credential in wanted}
        new = [each for each in wanted if each[0].id not in known]
        inserted = self._insert_new(new, said, now) if new else {}
        return tuple(
            inserted.get(award.id)
            or self._renewed(award, credential, said[award.id])
            or self._inserted(award, credential, said[award.id], now)
            for award, credential in wanted
        )

    def _insert_new(
        self, new: Sequence[tuple[AwardRow, MicroCredential]], said: Mapping[str, Values], now: datetime
    ) -> dict[str, Reserved]:
        """Reserve several at once. Returns by award id those whose random index was free."""
        open_list, by_award = self._indices.open_list(now), {award.id: credential for award, credential in new}
        rows = [
            said[award.id] | self._own(award, now) | self._place(open_list.id) | {"status_index": index}
            for (award, _), index in zip(new, self._free_looking(open_list, len(new)), strict=True)
        ]
        statement = conflict_insert(self._connection, credentials).on_conflict_do_nothing().returning(*_ENVELOPE)
        return {row.award_id: _with(row, by_award[row.award_id]) for row in self._connection.execute(statement, rows)}

    def _free_looking(self, open_list: OpenList, number: int) -> list[int]:
        """Return so many random indices in ascending order, so that two transactions never wait for each other."""
        return sorted(self._indices.pick(open_list) for _ in range(number))

    def _own(self, award: AwardRow, now: datetime) -> Values:
        """Return what is an award's own for good: its identity and address."""
        id_ = str(uuid.uuid4())
        own: Values = {"id": id_, "award_id": award.id, "issuer_url": self._public_url, "reserved_at": now}
        return own | {"public_url": f"{self._public_url}/c/{id_}", "supersedes": award.supersedes}

    def _place(self, list_id: str) -> Values:
        return {"status_list_id": list_id, "status_list_url": f"{self._public_url}/status/{list_id}"}

    def _renewed(self, award: AwardRow, credential: MicroCredential, said: Values) -> Reserved | None:
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

    def _inserted(self, award: AwardRow, credential: MicroCredential, said: Values, now: datetime) -> Reserved:
        """Take a random index that no credential ever had; the unique key answers where it is taken.

        A list in which many tries in a row hit taken indices is full enough: another one is opened.
        """
        row_of_award = said | self._own(award, now)
        open_list = self._indices.open_list(now)
        for tries in count(1):
            place = self._place(open_list.id) | {"status_index": self._indices.pick(open_list)}
            insert_one = conflict_insert(self._connection, credentials).values(**row_of_award, **place)
            row = self._connection.execute(insert_one.on_conflict_do_nothing().returning(*_ENVELOPE)).one_or_none()
            if row is not None:
                return _with(row, credential)
            if (there := self._renewed(award, credential, said)) is not None:
                return there
            if tries % MOST_TRIES == 0:
                open_list = self._indices.next_list(open_list, now)
        raise AssertionError("count() does not end")

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
        """Store verified bytes of one credential; see :meth:`keep_all`."""
        self.keep_all({credential_id: (sealed,)}, now)

    def keep_all(self, sealed: Mapping[str, Collection[Sealed]], now: datetime) -> None:
        """Store verified bytes by credential id. The first seal of a format stays: it may be in somebody's hands.

        Raises :class:`ChangedMeanwhile` where the database gives other bytes back than it was handed.
        """
        handed = {(id_, each.format): each for id_, several in sealed.items() for each in several}
        rows = {key: _document_row(key[0], each, now) for key, each in handed.items()}
        if not rows:
            return
        store = conflict_insert(self._connection, documents).on_conflict_do_nothing().returning(*_DOCUMENT)
        answer = self._connection.execute(store, [*rows.values()])
        stored = {(row.credential_id, row.format): row.body for row in answer}
        for (id_, format_), each in handed.items():
            if (stored.get((id_, format_)) or self._body(id_, format_)) != each.body:
                raise ChangedMeanwhile(f"credential {id_} is stored with other bytes than were verified")
            self._notes.kept(rows[id_, format_]) if (id_, format_) in stored else self._notes.sealed(id_)
        first = (credentials.c.id.in_(sealed), credentials.c.sealed_at.is_(None))
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
            self._notes.ended(credential_id)
            Outbox(self._connection).request(Topic.STATUS, status_list, now)
        return status_list is not None

    def why_ended(self, award_id: str) -> str:
        """Return in the words of who did it why the credential of an award ended; empty while it is in force."""
        query = select(credentials.c.status_reason).where(credentials.c.award_id == award_id)
        return str(self._connection.execute(query).scalar() or "")

    def invalid_indices(self, status_list_id: str) -> frozenset[int]:
        """Return the indices of a status list whose bit is set."""
        query = select(credentials.c.status_index).where(
            credentials.c.status_list_id == status_list_id, credentials.c.status != "valid"
        )
        return frozenset(self._connection.execute(query).scalars())

    def has_ended(self, status_list_id: str, index: int) -> bool:
        """Tell whether the credential at a place in a list was revoked or superseded; nobody's has not."""
        place = (credentials.c.status_list_id == status_list_id, credentials.c.status_index == index)
        return self._connection.execute(select(credentials.c.status).where(*place)).scalar() not in {None, "valid"}

    def kept_at(self, status_list_id: str, index: int) -> tuple[tuple[bytes, datetime], ...]:
        """Return the sealed documents of the credential at a place in a list, each with when it was kept."""
        place = (credentials.c.status_list_id == status_list_id, credentials.c.status_index == index)
        query = select(documents.c.body, documents.c.sealed_at).join_from(documents, credentials).where(*place)
        return tuple((row.body, row.sealed_at) for row in self._connection.execute(query))

    def sealed_since(self, moment: datetime) -> dict[str, int]:
        """Count what was sealed after ``moment``, by offer id."""
        query = select(awards.c.offer_id, func.count().label("sealed")).select_from(credentials.join(awards))
        query = query.where(credentials.c.sealed_at > moment).group_by(awards.c.offer_id)
        return {row.offer_id: row.sealed for row in self._connection.execute(query)}

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


def _said(credential: MicroCredential, versions: tuple[int, int]) -> Values:
    profile_version, issuer_version = versions
    said = {"snapshot": snapshot.dump(credential), **_period(credential)}
    return said | {"profile_version": profile_version, "issuer_version": issuer_version}


def _document_row(credential_id: str, sealed: Sealed, now: datetime) -> Values:
    row: Values = {"credential_id": credential_id, "format": sealed.format, "body": sealed.body, "sealed_at": now}
    digest = hashlib.sha256(sealed.body).hexdigest()
    return row | {"media_type": sealed.media_type, "key_id": sealed.key_id, "sha256": digest}


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
