"""A whole bridge on a test database, a platform in memory, and a development seal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from cryptography import x509

from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from plugin.app import self_check
from plugin.issuing import IssuingTools, issue
from plugin.sealing.development import DevelopmentSeal, development_seal
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import from_pem
from plugin.storage.awards import AwardRow, State
from plugin.storage.cases import Case
from plugin.storage.credentials import Reserved
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import Storage
from plugin.sync import SyncTools, sync
from plugin.verification import CheckContext, check
from tests import factories
from tests.factories import READ
from tests.plugin.platforms import Clock, RecordedPlatform
from tests.plugin.rows import an_offer


@cache
def seal() -> DevelopmentSeal:
    """One development seal of the test institution for all tests."""
    return development_seal(factories.issuer(), READ - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a test of the use-cases needs."""

    storage: Storage
    platform: RecordedPlatform
    clock: Clock
    offer: Offer
    sync: SyncTools
    issuing: IssuingTools

    def awards(self) -> dict[str, AwardRow]:
        """The newest edition of every learner's award, by learner id."""
        with self.storage.reading() as work:
            return {award.learner: award for award in work.awards.of_offer(self.offer.id)}

    def credential(self, learner: str) -> Reserved | None:
        """The credential of a learner's newest award."""
        with self.storage.reading() as work:
            return work.credentials.of_award(self.awards()[learner].id)

    def sealed(self, learner: str) -> bytes | None:
        """The sealed bytes of a learner's newest award."""
        reserved = self.credential(learner)
        if reserved is None:
            return None
        with self.storage.reading() as work:
            document = work.credentials.document(reserved.envelope.id, Format.ELM)
        return document.body if document else None

    def seal_all(self) -> None:
        """Sync, and issue whatever is asked to be issued."""
        sync(self.sync, self.offer.id)
        for award in self.awards().values():
            if award.state in {State.ELIGIBLE, State.HELD}:
                issue(self.issuing, award.id)

    def cases(self) -> tuple[Case, ...]:
        """The changes that wait for a decision."""
        with self.storage.reading() as work:
            return work.cases.undecided(self.offer.id)

    def with_issuing(self, **changes: object) -> Bench:
        """The same bench with other tools for issuing."""
        return replace(self, issuing=replace(self.issuing, **changes))


def a_bench(storage: Storage, **profile: object) -> Bench:
    """The recorded course, read from memory; ``profile`` changes its course profile."""
    clock = Clock()
    platform = RecordedPlatform(clock)
    offer = an_offer(storage, factories.profile(**profile))
    key = from_pem(seal().key_pem, seal().certificate_pem)
    anchors = tuple(x509.load_pem_x509_certificates(seal().authority_pem))
    reading = SyncTools(storage, lambda _: platform, clock)
    issuing = IssuingTools(
        storage,
        lambda _: platform,
        render,
        {Format.ELM: JadesSealer(key)},
        self_check(lambda data: check(data, CheckContext(clock(), anchors))),
        clock,
    )
    return Bench(storage, platform, clock, offer, reading, issuing)
