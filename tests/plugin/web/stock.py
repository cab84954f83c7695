"""What the pages' tests find in the database: an issued credential, and awards on the way."""

from __future__ import annotations

from dataclasses import replace

from lti.claims import platform_id
from mappings.assessment import AssessmentRecord, CourseId, LearnerId
from mappings.awarding import Award, decide
from mappings.describe import describe
from mappings.documents.envelope import Document, Format
from mappings.documents.rendering import render
from mappings.elements import MicroCredential
from mappings.profile import CourseProfile
from plugin.issuing import IssuingTools, issue
from plugin.sealing import Sealer
from plugin.sealing.credential_keys import new_key
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.development import development_seal
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import from_pem
from plugin.sealing.multikey import Algorithm
from plugin.sealing.vc_jwt import VcJwtSealer
from plugin.storage.awards import AwardRow, Move, State, StoredReason
from plugin.storage.credentials import Reserved
from plugin.storage.platforms import Connected
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import Storage
from plugin.sync import SyncTools, sync
from tests import factories
from tests.factories import ISSUED, READ
from tests.plugin.web.site import LMS, Site

PLATFORM = platform_id(LMS, "client", "1")
"""The deployment that :func:`tests.plugin.web.site.a_launch` comes from."""
COURSE = CourseId("3")
_SEAL = development_seal(factories.issuer(), READ)
SEALER = JadesSealer(from_pem(_SEAL.key_pem, _SEAL.certificate_pem))
DID = "did:web:credentials.example.org"
BADGE_SEALERS: dict[Format, Sealer] = {
    Format.OPEN_BADGES: DataIntegritySealer(new_key(Algorithm.EDDSA), DID),
    Format.OPEN_BADGES_JWT: VcJwtSealer(new_key(Algorithm.ES256), DID),
}


def records() -> dict[str, AssessmentRecord]:
    """The six learners of the recorded course, on the platform of the tests' launches."""
    return {
        name: replace(record, course=replace(record.course, platform=PLATFORM))
        for name, record in factories.ada101().items()
    }


def a_platform(storage: Storage) -> None:
    """The platform of the launches, connected."""
    with storage.begin() as work:
        work.platforms.connect(Connected(PLATFORM, "moodle", LMS, token="secret-token"), READ)


def an_offer(storage: Storage) -> Offer:
    """The recorded course with its credential enabled."""
    a_platform(storage)
    profile, issuer = factories.profile(), factories.issuer()
    with storage.begin() as work:
        work.profiles.keep_course_profile(profile, READ)
        work.profiles.keep_issuer(issuer, READ)
        return work.offers.enable(PLATFORM, COURSE, profile=profile, issuer=issuer, now=READ)


def sealed_credential(
    storage: Storage, offer: Offer, who: str = "anna", profile: CourseProfile | None = None
) -> Reserved:
    """One learner of the recorded course, all the way to a sealed European Digital Credential."""
    record, stated = records()[who], profile or factories.profile()
    award = decide(record, stated)
    assert isinstance(award, Award)
    described = describe(award, stated, factories.issuer(), ISSUED)
    assert isinstance(described, MicroCredential)
    return _seal(storage, offer, record.learner.id, described)


def sealed_badge(storage: Storage, reserved: Reserved) -> None:
    """The same credential as an Open Badge, with a proof and as a JWT."""
    for form, sealer in BADGE_SEALERS.items():
        sealed = sealer.seal(render(form, reserved.credential, reserved.envelope), ISSUED)
        with storage.begin() as work:
            work.credentials.keep(reserved.envelope.id, sealed, ISSUED)


def _seal(storage: Storage, offer: Offer, learner: LearnerId, described: MicroCredential) -> Reserved:
    with storage.begin() as work:
        row = work.awards.open(offer, learner, READ)
        row = work.awards.move(row, Move(to=State.RESERVED, now=ISSUED, actor="issuing"))
        reserved = work.credentials.reserve(row, described, versions=(1, 1), now=ISSUED)
    document: Document = render(Format.ELM, described, reserved.envelope)
    sealed = SEALER.seal(document, ISSUED)
    with storage.begin() as work:
        work.credentials.keep(reserved.envelope.id, sealed, ISSUED)
        work.awards.move(row, Move(to=State.SEALED, now=ISSUED, actor="issuing"))
    return reserved


def waiting_award(storage: Storage, offer: Offer, learner: str = "7") -> AwardRow:
    """Dieter's award: his project is not graded yet."""
    reason = StoredReason("not_graded", "“Data project” is not graded yet.", "8")
    with storage.begin() as work:
        row = work.awards.open(offer, LearnerId(learner), READ)
        return work.awards.move(row, Move(to=State.WITHHELD, now=READ, actor="sync", reasons=(reason,)))


def settle(site: Site, offer: Offer) -> None:
    """Read the course and issue whatever is earned, as the worker does."""
    connect = site.connect
    sync(SyncTools(site.storage, connect, lambda: site.now), offer.id)
    tools = IssuingTools(site.storage, connect, render, {Format.ELM: SEALER}, lambda sealed: (), lambda: site.now)
    with site.storage.reading() as work:
        due = [award.id for award in work.awards.of_offer(offer.id) if award.state is State.ELIGIBLE]
    for award_id in due:
        issue(tools, award_id)


def held_award(storage: Storage, offer: Offer, learner: str = "4") -> AwardRow:
    """Anna's award, or that of another learner, which waits for a person."""
    reason = StoredReason("approval_needed", "Every award of this course waits for approval by a person.")
    with storage.begin() as work:
        work.assessments.record(records()["anna"])
        row = work.awards.open(offer, LearnerId(learner), READ)
        return work.awards.move(row, Move(to=State.HELD, now=READ, actor="sync", reasons=(reason,)))
