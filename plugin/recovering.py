"""A link by mail, for whoever has no account at the platform any more: asked for by an address, good once, for an hour.

Asking does the same work and says the same whether anybody has the address or not; who has it is looked up by the
worker. The mail goes to the address as the platform named it, never to what was typed: two texts that compare alike may
be two mailboxes. A mail that may have been lost is sent again with a link of its own: a second link harms nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from plugin.errors import NoticeDeferred
from plugin.notices import Letter, MailedLink, Sending
from plugin.storage.audit import Entry
from plugin.storage.deliveries import Outcome
from plugin.storage.outbox import Topic
from plugin.storage.recoveries import Wanted
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage, UnitOfWork

log = structlog.get_logger(__name__)
ACTOR = "recovery"
LIVES = timedelta(hours=1)
"""How long a mailed link opens; a request that could not be answered for so long is given up."""
MOST, WITHIN = 3, timedelta(hours=1)
"""So many mails to one address, within so long; what is asked for beyond that is not kept."""


@dataclass(frozen=True, slots=True)
class RecoveringTools:
    """What links are mailed with.

    ``send`` hands a letter to the mail server, to an address and under the first part of a message id; None where no
    mail can be sent. ``address`` is where a token is opened (``https://bridge.example/recover``). ``clock`` returns
    aware UTC.
    """

    storage: Storage
    send: Callable[[str, Letter, str], Sending] | None
    write: Callable[[tuple[MailedLink, ...], str], Letter]
    address: str
    clock: Callable[[], datetime]


def ask(tools: RecoveringTools, address: str, language: str) -> None:
    """Keep that somebody asks for a link, unless the address was asked for too often."""
    now = tools.clock()
    with tools.storage.begin() as work:
        if work.recoveries.count(address, now - WITHIN) < MOST:
            work.outbox.request(Topic.RECOVER, work.recoveries.ask(address, language, now), now)


def answer(tools: RecoveringTools, request_id: str) -> None:
    """Mail a link to everybody who is reached at the address; perhaps nobody is.

    Raises :class:`NoticeDeferred` where the mail server could not take it, and :class:`plugin.errors.WorkPaused`.
    """
    now = tools.clock()
    with tools.storage.begin() as work:
        work.marks.require_running(now)
        wanted = work.recoveries.waiting(request_id)
        late = wanted is None or now - wanted.requested_at > LIVES
        links = {} if wanted is None or late or tools.send is None else _links(tools, work, wanted)
    outcomes = {_mailed(tools, wanted, address, made) for address, made in links.items()} if wanted else set()
    if Outcome.AGAIN in outcomes:
        raise NoticeDeferred(f"the mail server could not take the answer to request {request_id}")
    with tools.storage.begin() as work:
        work.recoveries.answer(request_id, tools.clock())


def _links(tools: RecoveringTools, work: UnitOfWork, wanted: Wanted) -> dict[str, tuple[MailedLink, ...]]:
    """Make a link for each of these people, by the very address at which the platform says that they are reached."""
    made: dict[str, tuple[MailedLink, ...]] = {}
    for contact in work.contacts.marked(wanted.mark):
        made[contact.address] = (*made.get(contact.address, ()), _link(tools, work, contact.holder))
    return made


def _link(tools: RecoveringTools, work: UnitOfWork, holder: Holder) -> MailedLink:
    now, token, own = tools.clock(), secrets.token_urlsafe(32), work.holdings.of(holder)
    work.recoveries.add_link(token, holder, now + LIVES)
    work.audit.note(Entry(at=now, actor=ACTOR, act="mail-link", subject=own[0].award_id if own else "person"))
    return MailedLink(f"{tools.address}/{token}", next((each.title for each in own if each.credential_id), None))


def _mailed(tools: RecoveringTools, wanted: Wanted, address: str, links: tuple[MailedLink, ...]) -> Outcome:
    """Send one mail; of it only how it went is logged."""
    assert tools.send is not None, "links are made only where they can be mailed"
    sending = tools.send(address, tools.write(links, wanted.language), f"recovery.{wanted.id}")
    log.info("recovery_mailed", row_id=wanted.id, count=len(links), code=sending.outcome, error=sending.error)
    return sending.outcome
