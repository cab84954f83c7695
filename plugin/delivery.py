"""Telling a learner what became of a credential: on each channel at most once, never before the verified seal.

The right to send is committed before anything is sent. Whoever dies between has perhaps sent, so nobody sends again;
only where the other side shows that it took nothing is the right given back and the notice tried again, for three
days. Nothing goes out faster than the institution allows, however many processes send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random, SystemRandom

import structlog

from mappings.assessment import AssessmentRecord, Standing
from plugin.errors import NoticeDeferred, NoticesPaced
from plugin.notices import Channel, Choice, Facts, Letter, Notice, NoticeKind, Sending
from plugin.storage.awards import AwardRow, Move, State
from plugin.storage.contacts import Contact
from plugin.storage.credentials import Reserved
from plugin.storage.deliveries import TOLD, Outcome, Parcel
from plugin.storage.outbox import Topic
from plugin.storage.paces import interval
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage, UnitOfWork

log = structlog.get_logger(__name__)
ACTOR = "delivery"
PACE = "notices"
GIVE_UP = timedelta(hours=72)
"""A notice that no try got through for so long is not tried again."""
_CHANNELS = {Choice.LMS: ("lms",), Choice.MAIL: ("mail",), Choice.PAGE: ()}


@dataclass(frozen=True, slots=True)
class DeliveryTools:
    """What delivery works with. ``clock`` returns aware UTC.

    ``channels`` are those that are set up, the most direct first. ``recovery`` is the address where a holder asks
    for a link by mail, empty where no mail can be sent.
    """

    storage: Storage
    channels: tuple[Channel, ...]
    clock: Callable[[], datetime]
    write: Callable[[Facts], Letter]
    choice: Choice = Choice.AUTO
    per_minute: int = 600
    recovery: str = ""
    chance: Random = field(default_factory=SystemRandom)


@dataclass(frozen=True, slots=True)
class _Due:
    """A notice that is due, with everything that it is made from."""

    award: AwardRow
    kind: NoticeKind
    reserved: Reserved
    record: AssessmentRecord | None
    choice: Choice
    reason: str

    @property
    def holder(self) -> Holder:
        """Whom it is for."""
        return Holder(self.award.platform, self.award.learner)


def deliver(tools: DeliveryTools, award_id: str) -> AwardRow:
    """Tell the learner how the credential of an award stands, as far as that is not told yet.

    Raises :class:`NoticesPaced` where it is not the turn of this notice yet, and :class:`NoticeDeferred` where a
    channel could not take it; and :class:`plugin.errors.WorkPaused`.
    """
    with tools.storage.reading() as work:
        work.marks.require_running(tools.clock())
        award = work.awards.get(award_id)
        due = _due(work, award, tools.choice)
    if due is None:
        return award
    if due.choice is Choice.PAGE and tools.recovery:
        with tools.storage.begin() as work:
            _contact(tools, work, due)  # nothing is sent now, but a link may be asked for by this address later
    outcomes = tuple(_outcomes(tools, due))
    if award.state is State.SEALED and TOLD.intersection(outcomes):
        with tools.storage.begin() as work:
            award = work.awards.move(award, Move(to=State.DELIVERED, now=tools.clock(), actor=ACTOR))
    if Outcome.AGAIN in outcomes:
        raise NoticeDeferred(f"a channel could not take the notice about award {award_id}")
    return award


def _due(work: UnitOfWork, award: AwardRow, institution: Choice) -> _Due | None:
    """Return what is to be told about an award now, None where there is nothing."""
    reserved, kind = work.credentials.of_award(award.id), _kind(award)
    if reserved is None or kind is None:
        return None
    offer = work.offers.get(award.offer_id)
    record = work.assessments.get(award.platform, award.course, award.learner)
    choice = Choice(offer.notices) if offer.notices else institution
    return _Due(award, kind, reserved, record, choice, _reason(work, award, kind))


def _kind(award: AwardRow) -> NoticeKind | None:
    if award.state is State.REVOKED:
        return NoticeKind.REVOKED
    if award.state not in {State.SEALED, State.DELIVERED}:
        return None
    return NoticeKind.REPLACED if award.supersedes else NoticeKind.READY


def _reason(work: UnitOfWork, award: AwardRow, kind: NoticeKind) -> str:
    """Return in their own words why somebody ended the credential that this is about."""
    if kind is NoticeKind.REPLACED:
        return work.cases.why_superseded(work.credentials.get(award.supersedes).award_id)
    return work.credentials.why_ended(award.id) if kind is NoticeKind.REVOKED else ""


def _outcomes(tools: DeliveryTools, due: _Due) -> Iterable[Outcome]:
    """Send on one channel after the other; AUTO ends with the first that may have reached the person, or yet may."""
    wanted = _CHANNELS.get(due.choice)
    for channel in tools.channels:
        if wanted is not None and channel.name not in wanted:
            continue
        outcome = _send_once(tools, channel, due)
        yield outcome
        if due.choice is Choice.AUTO and outcome in {*TOLD, Outcome.AGAIN}:
            return


def _send_once(tools: DeliveryTools, channel: Channel, due: _Due) -> Outcome:
    """Take the right, then send: whoever dies between has perhaps sent, so nobody sends again."""
    parcel = Parcel(due.reserved.envelope.id, due.kind, channel.name)
    with tools.storage.begin() as work:
        if not work.deliveries.begin(parcel, tools.clock()):
            before = work.deliveries.get(parcel)
            return before.outcome if before else Outcome.BEGUN
        _keep_pace(tools, work)
        contact = _contact(tools, work, due)
    sending = channel.send(_notice(tools, due, contact))
    return _keep(tools, parcel, sending)


def _keep_pace(tools: DeliveryTools, work: UnitOfWork) -> None:
    """Wait where it is not the turn of this notice: until some time in which all that wait can have theirs."""
    now = tools.clock()
    free = work.paces.take(PACE, tools.per_minute, now)
    if free is not None:
        backlog = work.outbox.waiting(Topic.DELIVER) * interval(tools.per_minute)
        raise NoticesPaced(free + backlog * tools.chance.random())


def _contact(tools: DeliveryTools, work: UnitOfWork, due: _Due) -> Contact | None:
    """Return how the person is reached; while they are in the course the platform's word counts, and is kept."""
    learner = due.record.learner if due.record else None
    if learner is None or not learner.email or learner.standing is not Standing.LEARNER:
        return work.contacts.get(due.holder)
    return work.contacts.confirm(due.holder, learner.email, learner.locale, tools.clock())


def _keep(tools: DeliveryTools, parcel: Parcel, sending: Sending) -> Outcome:
    """Keep what came of it; whoever could not be reached for three days is given up."""
    now, outcome = tools.clock(), sending.outcome
    with tools.storage.begin() as work:
        begun = work.deliveries.get(parcel)
        if outcome is Outcome.AGAIN and begun is not None and now - begun.begun_at > GIVE_UP:
            outcome = Outcome.FAILED
        work.deliveries.end(parcel, outcome, sending.error, now)
    log.info("notice", credential_id=parcel.credential_id, topic=parcel.notice, service=parcel.channel, code=outcome)
    return outcome


def _notice(tools: DeliveryTools, due: _Due, contact: Contact | None) -> Notice:
    ready = due.kind is NoticeKind.READY and contact is not None
    return Notice(
        kind=due.kind,
        credential_id=due.reserved.envelope.id,
        platform=due.award.platform,
        course=due.award.course,
        learner=due.award.learner,
        letter=tools.write(_facts(tools, due, contact)),
        address=contact.address if contact else "",
        mute_url=f"{due.reserved.envelope.issuer_url}/notices/{contact.mute_token}" if contact and ready else "",
        muted=contact.muted if contact and ready else False,
    )


def _facts(tools: DeliveryTools, due: _Due, contact: Contact | None) -> Facts:
    credential, course = due.reserved.credential, due.record.course if due.record else None
    locales = (contact.locale if contact else "", due.record.learner.locale if due.record else "")
    return Facts(
        kind=due.kind,
        title=credential.title.value,
        issuer=credential.awarding_bodies.value[0].legal_name,
        course_title=course.title if course else "",
        course_url=course.url if course else "",
        recovery_url=tools.recovery,
        reason=due.reason,
        languages=(*filter(None, locales), *credential.title.value.languages),
    )
