"""Handing a sealed credential over: on each channel at most once, and never before the verified seal is committed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from lti.errors import Fault, PlatformError
from mappings.assessment import CourseId, LearnerId, PlatformId
from plugin.storage.awards import AwardRow, Move, State
from plugin.storage.unit_of_work import Storage

log = structlog.get_logger(__name__)
ACTOR = "delivery"
SENT = "sent"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a learner is told: that a credential is there and where. It holds no achievement and no name."""

    credential_id: str
    public_url: str
    platform: PlatformId
    course: CourseId
    learner: LearnerId


class Channel(Protocol):
    """One way to reach a learner."""

    @property
    def name(self) -> str:
        """A stable name: one notice goes out per credential and name."""
        ...

    def send(self, notice: Notice) -> None:
        """Send. Raises :class:`lti.errors.PlatformError`."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryTools:
    """What delivery works with. ``clock`` returns aware UTC."""

    storage: Storage
    channels: tuple[Channel, ...]
    clock: Callable[[], datetime]


def deliver(tools: DeliveryTools, award_id: str) -> AwardRow:
    """Tell the learner on every channel that has not been used for this credential.

    Raises :class:`PlatformError` where a channel cannot be reached: nothing was sent there, later again; and
    :class:`plugin.errors.WorkPaused`.
    """
    with tools.storage.reading() as work:
        work.marks.require_running(tools.clock())
        award = work.awards.get(award_id)
        reserved = work.credentials.of_award(award_id)
    if award.state is not State.SEALED or reserved is None or not tools.channels:
        return award
    envelope = reserved.envelope
    notice = Notice(envelope.id, envelope.public_url, award.platform, award.course, award.learner)
    for channel in tools.channels:
        _send_once(tools, channel, notice)
    with tools.storage.begin() as work:
        return work.awards.move(award, Move(to=State.DELIVERED, now=tools.clock(), actor=ACTOR))


def _send_once(tools: DeliveryTools, channel: Channel, notice: Notice) -> None:
    """Take the right, then send: whoever dies between has perhaps sent, so nobody sends again."""
    with tools.storage.begin() as work:
        mine = work.deliveries.begin(notice.credential_id, channel.name, tools.clock())
    if not mine:
        return
    try:
        channel.send(notice)
        outcome = SENT
    except PlatformError as error:
        if error.code == Fault.UNREACHABLE:
            with tools.storage.begin() as work:
                work.deliveries.give_back(notice.credential_id, channel.name)
            raise
        outcome = error.code
    with tools.storage.begin() as work:
        work.deliveries.end(notice.credential_id, channel.name, outcome, tools.clock())
    log.info("notice", credential_id=notice.credential_id, code=outcome)
