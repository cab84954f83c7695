"""The unit of work: one transaction with all repositories on it. No key use and no HTTP inside, ever."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom

from sqlalchemy import Connection, Engine

from plugin.storage.administrators import AdministratorLinks, AdministratorSessions
from plugin.storage.adopting import Adopting
from plugin.storage.assessments import Assessments
from plugin.storage.audit import AuditTrail
from plugin.storage.awards import Awards
from plugin.storage.breakers import Breakers
from plugin.storage.cases import Cases
from plugin.storage.class_lists import ClassLists
from plugin.storage.class_readings import ClassReadings
from plugin.storage.contacts import Contacts
from plugin.storage.courses import Courses
from plugin.storage.credentials import Credentials
from plugin.storage.deliveries import Deliveries
from plugin.storage.drafts import Drafts
from plugin.storage.engine import READ_ONLY
from plugin.storage.epoch import EpochFile
from plugin.storage.erasing import Erasures
from plugin.storage.hints import Hints
from plugin.storage.holdings import Holdings
from plugin.storage.journal import Entry, Notes
from plugin.storage.kinships import Kinships
from plugin.storage.marks import Mark, Marks
from plugin.storage.outbox import Outbox
from plugin.storage.paces import Paces
from plugin.storage.people import People
from plugin.storage.platforms import Platforms
from plugin.storage.profiles import Known, Offers, Profiles
from plugin.storage.pulses import Pulses
from plugin.storage.recoveries import Recoveries
from plugin.storage.retention import Retention
from plugin.storage.sessions import IntakeSecrets, Sessions
from plugin.storage.sharing import Shares
from plugin.storage.status_indices import StatusIndices
from plugin.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation is: in the world, and on disk beside its database."""

    public_url: str
    folder: Path | None

    @property
    def journal(self) -> Path | None:
        """The folder of the journal."""
        return self.folder / "journal" if self.folder else None

    @property
    def epoch(self) -> EpochFile | None:
        """The file of the epoch."""
        return EpochFile(self.folder / "epoch") if self.folder else None


class UnitOfWork:
    """Everything that is stored, within one transaction."""

    def __init__(self, connection: Connection, vault: Vault, place: Place, known: Known) -> None:
        self.connection = connection
        self.administrators = AdministratorLinks(connection)
        self.sign_ins = AdministratorSessions(connection)
        self.audit = AuditTrail(connection)
        self.notes = Notes(connection)
        self.marks = Marks(connection)
        self.platforms = Platforms(connection, vault)
        self.profiles = Profiles(connection, known)
        self.offers = Offers(connection)
        self.assessments = Assessments(connection)
        self.awards = Awards(connection, self.audit)
        indices = StatusIndices(connection, SystemRandom(), self._require_epoch)
        self.credentials = Credentials(connection, place.public_url, self.notes, indices)
        self.cases = Cases(connection, self.audit)
        self.people = People(connection, self.audit, self.notes)
        self.kinships = Kinships(connection)
        self.deliveries = Deliveries(connection, self.notes)
        self.contacts = Contacts(connection, vault)
        self.recoveries = Recoveries(connection, vault, self.contacts)
        self.paces = Paces(connection)
        self.breakers = Breakers(connection)
        self.erasures = Erasures(connection, self.notes)
        self.retention = Retention(connection)
        self.hints = Hints(connection)
        self.outbox = Outbox(connection)
        self.shares = Shares(connection)
        self.holdings = Holdings(connection)
        self.drafts = Drafts(connection)
        self.class_lists = ClassLists(connection)
        self.class_readings = ClassReadings(connection)
        self.sessions = Sessions(connection)
        self.intake_secrets = IntakeSecrets(connection, vault)
        self.courses = Courses(connection)
        self.pulses = Pulses(connection)
        self._epoch = place.epoch

    def adopting(self, now: datetime) -> Adopting:
        """Return what takes rows of the journal over."""
        return Adopting(self.connection, self.audit, self.people, now)

    def _require_epoch(self) -> None:
        if self._epoch is not None:
            self._epoch.require(self.marks)


Strike = Callable[[UnitOfWork, Collection[str]], None]
"""Strikes work on these rows out of the outbox, in the transaction that ends it."""


def strike_nothing(work: UnitOfWork, row_ids: Collection[str]) -> None:
    """Be the :data:`Strike` of work that nobody asked for by the outbox."""


class Storage:
    """The database of the bridge. ``folder`` is where the journal and the epoch are kept, None keeps neither."""

    def __init__(self, engine: Engine, vault: Vault, public_url: str, folder: Path | None = None) -> None:
        self.engine = engine
        self.vault = vault
        self.place = Place(public_url, folder)
        self._known = Known()

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open a writing transaction: committed at the end, rolled back where an exception leaves it."""
        with Entry(self.place.journal) as entry, self.engine.begin() as connection:
            work = UnitOfWork(connection, self.vault, self.place, self._known)
            yield work
            entry.write(work.notes.rows())
            work.audit.flush()

    def advance_epoch(self, now: datetime, *, at_most_every: timedelta = timedelta(0)) -> bool:
        """Count the epoch up, in the database first and beside it then. False where that was done lately."""
        with self.reading() as work:
            last = work.marks.get(Mark.EPOCH)
        if last is not None and now - last.at < at_most_every:
            return False
        with self.begin() as work:
            number = work.marks.epoch() + 1
            work.marks.set(Mark.EPOCH, str(number), now)
        if self.place.epoch is not None:
            self.place.epoch.raise_to(number)
        return True

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a bare connection that only reads: it takes no write lock."""
        with self.engine.connect() as connection:
            yield connection.execution_options(**{READ_ONLY: True})

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Open a transaction that only reads, and blocks nobody."""
        with self.engine.connect() as connection:
            read_only = connection.execution_options(**{READ_ONLY: True})
            yield UnitOfWork(read_only, self.vault, self.place, self._known)
