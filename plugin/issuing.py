"""Issuing awards of one course: read again, decide, describe, reserve, render, seal, verify our own seal, keep.

The work is told by row ids alone and is harmless when done twice or by two at once: an identity and a status index
are reserved once per award, and bytes only count as sealed where the row is still the one that they were made for.
Awards that are issued together share readings and transactions, nothing else: each has its own outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from lti.errors import Fault, PlatformError
from lti.platforms import Platform
from mappings.assessment import AssessmentRecord, LearnerId
from mappings.documents.envelope import Document, Envelope, Format
from mappings.elements import MicroCredential
from mappings.profile import CourseProfile, Issuer
from plugin.correcting import compare_again
from plugin.errors import ChangedMeanwhile, NoSeal, OutOfTime, SealPaused, SealRejected, UnknownRow
from plugin.remedies import end_superseded
from plugin.sameness import leave_out_doubts
from plugin.sealing import Sealed, Sealer
from plugin.sealing.errors import SealError
from plugin.storage.awards import OPEN, AwardRow, Move, State
from plugin.storage.credentials import Reserved
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage, Strike, strike_nothing
from plugin.turn import is_over
from plugin.verdict import Waiting, judge, ruled_on

log = structlog.get_logger(__name__)
ACTOR = "issuing"
SEAL = "seal"
"""The circuit breaker of key and timestamp authority."""
AT_ONCE = 40
"""Awards of a course that are issued together: as many as both platforms read by name in a few requests."""
LONGEST_SEALING = timedelta(seconds=60)
"""After that what is sealed is kept, and the rest is done with the next message."""
Failures = dict[str, Exception]
"""What stopped an award, by award id: errors of :mod:`plugin.errors`, of the platform and of the seal."""


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
class _Course:
    """What is needed to judge the awards of one course."""

    profile: CourseProfile
    issuer: Issuer
    platform: Connected
    enabled: bool
    """False while the teacher pauses the course; the next sync after the pause asks for its awards again."""
    seal_failing: bool


@dataclass(frozen=True, slots=True)
class _Ready:
    """An award that is to be sealed now."""

    award: AwardRow
    record: AssessmentRecord
    credential: MicroCredential


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A reserved award with its verified bytes."""

    award: AwardRow
    credential_id: str
    bodies: tuple[Sealed, ...]


def issue(tools: IssuingTools, award_id: str) -> AwardRow:
    """Bring one award as far as it goes now: sealed, or back to waiting. Raises what stopped it (:data:`Failures`)."""
    for error in issue_all(tools, (award_id,)).values():
        raise error
    with tools.storage.reading() as work:
        return work.awards.get(award_id)


def issue_all(tools: IssuingTools, award_ids: Collection[str], strike: Strike = strike_nothing) -> Failures:
    """Bring awards of one course as far as they go now; ``strike`` is told in the transactions that end the work.

    Returns what stopped single awards. Raises what stopped them all: :class:`NoSeal`, :class:`plugin.errors.Paused`,
    :class:`ChangedMeanwhile`; then nothing of this call was kept but what was struck out.
    """
    course, awards, failures = _load(tools, award_ids)
    if not awards or not course.enabled:
        return failures
    if not tools.sealers:
        raise NoSeal("no seal is configured (MICROCRED_SEAL_FILE)")
    records = _read_again(tools, course, awards, failures)
    ready, waiting = _judge(tools, course, awards, records)
    failures |= _wait(tools, waiting, records, strike)
    if not ready:
        return failures
    if course.seal_failing:
        _await_seal(tools)
    reserved = _reserve(tools, course, ready, failures)
    sealed = _seal_all(tools, reserved, failures)
    return failures | _keep(tools, course, sealed, strike)


def _load(tools: IssuingTools, award_ids: Collection[str]) -> tuple[_Course, tuple[AwardRow, ...], Failures]:
    """Return the course, and those of its awards where nothing is sealed yet."""
    with tools.storage.reading() as work:
        work.marks.require_running(tools.clock())
        awards = work.awards.get_all(award_ids)
        missing = set(award_ids) - {award.id for award in awards}
        if missing and not awards:
            raise UnknownRow(f"there is no award {min(missing)}")
        (offer_id,) = {award.offer_id for award in awards}
        offer = work.offers.get(offer_id)
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        issuer = work.profiles.issuer(offer.issuer_id, offer.issuer_version)
        platform = work.platforms.get(offer.platform)
        course = _Course(profile, issuer, platform, offer.enabled, work.breakers.failing(SEAL))
    unknown: Failures = {each: UnknownRow(f"there is no award {each}") for each in missing}
    return course, tuple(award for award in awards if award.state in OPEN), unknown


def _read_again(
    tools: IssuingTools, course: _Course, awards: Sequence[AwardRow], failures: Failures
) -> dict[LearnerId, AssessmentRecord]:
    """Read these learners once more, right before sealing: a grade may have changed since the sync.

    A platform tells of its trouble with one learner after all others: those were read.
    """
    records: dict[LearnerId, AssessmentRecord] = {}
    trouble: PlatformError | None = None
    try:
        for record in tools.connect(course.platform).read(awards[0].course, [award.learner for award in awards]):
            records[record.learner.id] = record
    except PlatformError as error:
        trouble = error
    for award in awards:
        if award.learner not in records:
            failures[award.id] = trouble or PlatformError(Fault.MALFORMED_ANSWER, "a learner is missing")
    return records


def _judge(
    tools: IssuingTools, course: _Course, awards: Sequence[AwardRow], records: Mapping[LearnerId, AssessmentRecord]
) -> tuple[list[_Ready], list[tuple[AwardRow, Waiting]]]:
    """Say of everybody who was read what is to be sealed and who has to wait."""
    issued_at = tools.clock().replace(microsecond=0)
    ready: list[_Ready] = []
    waiting: list[tuple[AwardRow, Waiting]] = []
    for award in awards:
        if (record := records.get(award.learner)) is None:
            continue
        verdict = judge(record, course.profile, course.issuer, ruled=ruled_on(award), issued_at=issued_at)
        if isinstance(verdict, Waiting):
            waiting.append((award, verdict))
        else:
            ready.append(_Ready(award, record, verdict.credential))
    return ready, waiting


def _wait(
    tools: IssuingTools,
    waiting: Sequence[tuple[AwardRow, Waiting]],
    records: Mapping[LearnerId, AssessmentRecord],
    strike: Strike,
) -> Failures:
    """Keep for what the awards wait, with the reading that says so."""
    new = [(award, why) for award, why in waiting if (award.state, award.reasons) != (why.state, why.reasons)]
    if not new:
        return {}
    now, overtaken = tools.clock(), set[str]()
    with tools.storage.begin() as work:
        work.assessments.record_all([records[award.learner] for award, _ in new])
        for award, why in new:
            move = Move(to=why.state, now=now, actor=ACTOR, reasons=why.reasons)
            if not work.awards.move_all((award,), move):
                overtaken.add(award.id)
        strike(work, [award.id for award, _ in waiting if award.id not in overtaken])
    return {each: _changed(each) for each in overtaken}


def _await_seal(tools: IssuingTools) -> None:
    """Leave a seal alone that failed several times in a row; after the pause only one tries it.

    Raises :class:`SealPaused` with when to come back.
    """
    now = tools.clock()
    with tools.storage.begin() as work:
        until = work.breakers.open_until(SEAL)
        if until is not None and not work.breakers.probe(SEAL, now):
            raise SealPaused(max(until, now))


def _reserve(
    tools: IssuingTools, course: _Course, ready: Sequence[_Ready], failures: Failures
) -> list[tuple[AwardRow, Reserved]]:
    """Take identities, status indices and URLs, and keep what will be stated, in one transaction."""
    now = tools.clock()
    credentials = {each.award.id: each.credential for each in ready}
    versions = (course.profile.version, course.issuer.version)
    with tools.storage.begin() as work:
        work.assessments.record_all([each.record for each in ready])
        certain = leave_out_doubts(work, [(each.award, each.record) for each in ready], actor=ACTOR, now=now)
        awards = work.awards.move_all(certain, Move(to=State.RESERVED, now=now, actor=ACTOR))
        wanted = [(award, credentials[award.id]) for award in awards]
        reserved = work.credentials.reserve_all(wanted, versions=versions, now=now)
    failures |= {id_: _changed(id_) for id_ in {award.id for award in certain} - {award.id for award in awards}}
    return list(zip(awards, reserved, strict=True))


def _seal_all(tools: IssuingTools, reserved: Sequence[tuple[AwardRow, Reserved]], failures: Failures) -> list[_Sealed]:
    """Seal one after the other, outside of any transaction.

    What is wrong with one document stops only that; where the seal or its timestamp authority is away, nobody asks
    them again for the rest.
    """
    sealed: list[_Sealed] = []
    until = tools.clock() + LONGEST_SEALING
    away: Exception | None = None
    for award, each in reserved:
        if away is None and sealed and is_over():
            away = OutOfTime(tools.clock())
        if away is None and tools.clock() >= until and sealed:
            away = SealPaused(tools.clock())
        if away is not None:
            failures[award.id] = away
            continue
        try:
            bodies = tuple(_sealed(tools, form, each) for form in tools.sealers)
            sealed.append(_Sealed(award, each.envelope.id, bodies))
        except (SealError, SealRejected) as error:
            failures[award.id] = error
            away = error if error.retryable else None
    return sealed


def _sealed(tools: IssuingTools, form: Format, reserved: Reserved) -> Sealed:
    """Render, seal and verify one format. Raises :class:`SealError`, :class:`SealRejected`."""
    document = tools.render(form, reserved.credential, reserved.envelope)
    try:
        sealed = tools.sealers[form].seal(document, tools.clock())
    except SealError as error:
        if error.retryable:
            with tools.storage.begin() as work:
                work.breakers.failed(SEAL, error.code, tools.clock())
        raise
    if wrong := tools.failures(sealed):
        raise SealRejected(wrong)
    return sealed


def _keep(tools: IssuingTools, course: _Course, sealed: Sequence[_Sealed], strike: Strike) -> Failures:
    """Make it count: bytes, states and what is done in one transaction, only where nobody moved an award meanwhile."""
    if not sealed:
        return {}
    now = tools.clock()
    by_award = {each.award.id: each for each in sealed}
    details = {each.award.id: each.credential_id for each in sealed}
    with tools.storage.begin() as work:
        move = Move(to=State.SEALED, now=now, actor=ACTOR)
        awards = work.awards.move_all([each.award for each in sealed], move, details)
        work.credentials.keep_all({details[award.id]: by_award[award.id].bodies for award in awards}, now)
        if course.seal_failing:
            work.breakers.worked(SEAL)
        if tools.announce:
            work.outbox.request_all(Topic.DELIVER, [award.id for award in awards], now)
        for award in awards:
            if award.supersedes:
                end_superseded(work, award, by=ACTOR, now=now)
        compare_again(work, awards, (course.profile.version, course.issuer.version), now)
        strike(work, [award.id for award in awards])
    for award in awards:
        log.info("award_sealed", award_id=award.id, credential_id=details[award.id])
    return {id_: _changed(id_) for id_ in by_award.keys() - {award.id for award in awards}}


def _changed(award_id: str) -> ChangedMeanwhile:
    return ChangedMeanwhile(f"award {award_id} was moved by somebody else")
