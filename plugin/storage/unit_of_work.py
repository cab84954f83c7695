"""The unit of work: one transaction with all repositories on it. No key use and no HTTP inside, ever."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from plugin.storage.assessments import Assessments
from plugin.storage.audit import AuditTrail
from plugin.storage.awards import Awards
from plugin.storage.breakers import Breakers
from plugin.storage.cases import Cases
from plugin.storage.class_lists import ClassLists
from plugin.storage.class_readings import ClassReadings
from plugin.storage.courses import Courses
from plugin.storage.credentials import Credentials
from plugin.storage.deliveries import Deliveries
from plugin.storage.drafts import Drafts
from plugin.storage.engine import READ_ONLY
from plugin.storage.hints import Hints
from plugin.storage.holdings import Holdings
from plugin.storage.outbox import Outbox
from plugin.storage.platforms import Platforms
from plugin.storage.profiles import Known, Offers, Profiles
from plugin.storage.pulses import Pulses
from plugin.storage.sessions import IntakeSecrets, Sessions
from plugin.storage.sharing import Shares
from plugin.storage.vault import Vault


class UnitOfWork:
    """Everything that is stored, within one transaction."""

    def __init__(self, connection: Connection, vault: Vault, public_url: str, known: Known) -> None:
        self.audit = AuditTrail(connection)
        self.platforms = Platforms(connection, vault)
        self.profiles = Profiles(connection, known)
        self.offers = Offers(connection)
        self.assessments = Assessments(connection)
        self.awards = Awards(connection, self.audit)
        self.credentials = Credentials(connection, public_url)
        self.cases = Cases(connection, self.audit)
        self.deliveries = Deliveries(connection)
        self.breakers = Breakers(connection)
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


Strike = Callable[[UnitOfWork, Collection[str]], None]
"""Strikes work on these rows out of the outbox, in the transaction that ends it."""


def strike_nothing(work: UnitOfWork, row_ids: Collection[str]) -> None:
    """Be the :data:`Strike` of work that nobody asked for by the outbox."""


class Storage:
    """The database of the bridge."""

    def __init__(self, engine: Engine, vault: Vault, public_url: str) -> None:
        self.engine = engine
        self.vault = vault
        self._public_url = public_url
        self._known = Known()

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open a writing transaction: committed at the end, rolled back where an exception leaves it."""
        with self.engine.begin() as connection:
            work = UnitOfWork(connection, self.vault, self._public_url, self._known)
            yield work
            work.audit.flush()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a bare connection that only reads: it takes no write lock."""
        with self.engine.connect() as connection:
            yield connection.execution_options(**{READ_ONLY: True})

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Open a transaction that only reads, and blocks nobody."""
        with self.engine.connect() as connection:
            yield UnitOfWork(
                connection.execution_options(**{READ_ONLY: True}), self.vault, self._public_url, self._known
            )
