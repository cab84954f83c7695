"""Issuing one award: read again, decide, describe, reserve, render, seal, verify our own seal, keep.

The work is told by a row id alone and is harmless when done twice or by two at once: an identity and a status index
are reserved once per award, and bytes only count as sealed where the row is still the one that they were made for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from lti.platforms import Platform
from mappings.assessment import AssessmentRecord
from mappings.documents.envelope import Document, Envelope, Format
from mappings.elements import MicroCredential
from mappings.profile import CourseProfile, Issuer
from plugin.errors import NoSeal, SealPaused, SealRejected
from plugin.remedies import end
from plugin.sealing import Sealed, Sealer
from plugin.sealing.errors import SealError
from plugin.storage.awards import ISSUED, OPEN, AwardRow, Move, State
from plugin.storage.credentials import Reserved
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage, UnitOfWork
from plugin.verdict import Ready, Waiting, judge, ruled_on

log = structlog.get_logger(__name__)
ACTOR = "issuing"
SEAL = "seal"
"""The circuit breaker of key and timestamp authority."""


@dataclass(frozen=True, slots=True)
class IssuingTools:
    """What issuing works with.

    ``render`` is :func:`mappings.documents.rendering.render`. ``failures`` verifies sealed bytes and returns a
    sentence per failed check, or per check that had to be made and was not. ``clock`` returns aware UTC.
    """

    storage: Storage
    connect: Callable[[Connected], Platform]
    render: Callable[[Format, MicroCredential, Envelope], Document]
    sealers: Mapping[Format, Sealer]
    failures: Callable[[Sealed], tuple[str, ...]]
    clock: Callable[[], datetime]
    announce: bool = False
    """Whether there is a channel on which the learner is told."""


@dataclass(frozen=True, slots=True)
class _Case:
    """An award with what is needed to judge it."""

    award: AwardRow
    profile: CourseProfile
    issuer: Issuer
    platform: Connected
    enabled: bool
    """False while the teacher pauses the course; the next sync after the pause asks for the award again."""
    seal_failing: bool


def issue(tools: IssuingTools, award_id: str) -> AwardRow:
    """Bring an award as far as it goes now: sealed, or back to waiting with its reasons.

    Raises :class:`lti.errors.PlatformError`, :class:`plugin.sealing.errors.SealError`,
    :class:`plugin.errors.SealPaused`, :class:`plugin.errors.SealRejected`,
    :class:`plugin.errors.ChangedMeanwhile`.
    """
    case = _load(tools, award_id)
    if case.award.state not in OPEN or not case.enabled:
        return case.award
    if not tools.sealers:
        raise NoSeal("no seal is configured (MICROCRED_SEAL_FILE)")
    record = _read_again(tools, case)
    issued_at = tools.clock().replace(microsecond=0)
    verdict = judge(record, case.profile, case.issuer, ruled=ruled_on(case.award), issued_at=issued_at)
    if isinstance(verdict, Waiting):
        return _wait(tools, case.award, record, verdict)
    if case.seal_failing:
        _await_seal(tools)
    award, reserved = _reserve(tools, case, record, verdict)
    sealed = tuple(_sealed(tools, form, reserved) for form in tools.sealers)
    return _keep(tools, award, reserved, sealed, seal_failed=case.seal_failing)


def _load(tools: IssuingTools, award_id: str) -> _Case:
    with tools.storage.reading() as work:
        award = work.awards.get(award_id)
        offer = work.offers.get(award.offer_id)
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        issuer = work.profiles.issuer(offer.issuer_id, offer.issuer_version)
        platform = work.platforms.get(offer.platform)
        return _Case(award, profile, issuer, platform, offer.enabled, work.breakers.failing(SEAL))


def _read_again(tools: IssuingTools, case: _Case) -> AssessmentRecord:
    """Read this one learner once more, right before sealing: a grade may have changed since the sync."""
    records = tools.connect(case.platform).read(case.award.course, (case.award.learner,))
    return next(iter(records))


def _await_seal(tools: IssuingTools) -> None:
    """Leave a seal alone that failed several times in a row; after the pause only one tries it.

    Raises :class:`SealPaused` with when to come back.
    """
    now = tools.clock()
    with tools.storage.begin() as work:
        until = work.breakers.open_until(SEAL)
        if until is not None and not work.breakers.probe(SEAL, now):
            raise SealPaused(max(until, now))


def _wait(tools: IssuingTools, award: AwardRow, record: AssessmentRecord, verdict: Waiting) -> AwardRow:
    if (award.state, award.reasons) == (verdict.state, verdict.reasons):
        return award
    with tools.storage.begin() as work:
        work.assessments.record(record)
        move = Move(to=verdict.state, now=tools.clock(), actor=ACTOR, reasons=verdict.reasons)
        return work.awards.move(award, move)


def _reserve(tools: IssuingTools, case: _Case, record: AssessmentRecord, ready: Ready) -> tuple[AwardRow, Reserved]:
    """Take identity, status index and URLs, and keep what will be stated, in one transaction."""
    now = tools.clock()
    versions = (case.profile.version, case.issuer.version)
    with tools.storage.begin() as work:
        work.assessments.record(record)
        award = work.awards.move(case.award, Move(to=State.RESERVED, now=now, actor=ACTOR))
        return award, work.credentials.reserve(award, ready.credential, versions=versions, now=now)


def _sealed(tools: IssuingTools, form: Format, reserved: Reserved) -> Sealed:
    """Render, seal and verify one format, outside of any transaction. Raises :class:`SealRejected`."""
    document = tools.render(form, reserved.credential, reserved.envelope)
    try:
        sealed = tools.sealers[form].seal(document, tools.clock())
    except SealError as error:
        if error.retryable:
            with tools.storage.begin() as work:
                work.breakers.failed(SEAL, error.code, tools.clock())
        raise
    if failures := tools.failures(sealed):
        raise SealRejected(failures)
    return sealed


def _keep(
    tools: IssuingTools, award: AwardRow, reserved: Reserved, sealed: tuple[Sealed, ...], *, seal_failed: bool
) -> AwardRow:
    """Make it count: bytes and state in one transaction, only where nobody moved the award meanwhile."""
    now = tools.clock()
    with tools.storage.begin() as work:
        award = work.awards.move(award, Move(to=State.SEALED, now=now, actor=ACTOR, detail=reserved.envelope.id))
        for each in sealed:
            work.credentials.keep(reserved.envelope.id, each, now)
        if seal_failed:
            work.breakers.worked(SEAL)
        if tools.announce:
            work.outbox.request(Topic.DELIVER, award.id, now)
        if award.supersedes:
            _end_superseded(work, award, now)
    log.info("award_sealed", award_id=award.id, credential_id=reserved.envelope.id)
    return award


def _end_superseded(work: UnitOfWork, award: AwardRow, now: datetime) -> None:
    """End the credential that this edition replaces, in the transaction that makes the new one count."""
    old = work.awards.get(work.credentials.get(award.supersedes).award_id)
    if old.state in ISSUED:
        end(work, old, State.SUPERSEDED, by=ACTOR, reason=f"superseded by award {award.id}", now=now)
