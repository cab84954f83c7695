"""Links by mail: who gets one, how often, and that it opens once and not for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from mappings.assessment import LearnerId
from plugin import channels, privacy, recovering, sharing
from plugin.delivery import DeliveryTools, deliver
from plugin.errors import NoticeDeferred, WorkPaused
from plugin.notices import Choice
from plugin.privacy import PrivacyTools
from plugin.recovering import MOST, RecoveringTools
from plugin.settings import Settings
from plugin.sharing import SharingTools
from plugin.storage.marks import Mark
from plugin.storage.notice_tables import mailed_links, recovery_requests
from plugin.storage.outbox import Topic
from plugin.storage.retention import PASSING
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.web import letters
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.rows import MOODLE
from tests.simulators.mail_server import MailServerSimulator

ANNA, BRUNO = Holder(MOODLE, LearnerId("4")), Holder(MOODLE, LearnerId("5"))
ADDRESS = "anna@u.example"


@dataclass(frozen=True)
class Desk:
    """A bench whose mails go to a server that runs."""

    bench: Bench
    mail: MailServerSimulator
    tools: RecoveringTools

    def ask(self, address: str = ADDRESS, language: str = "en") -> None:
        """Ask for a link, and let the worker answer whatever was asked for."""
        recovering.ask(self.tools, address, language)
        self.work()

    def work(self) -> None:
        """Answer what waits."""
        for request_id in self.requests():
            recovering.answer(self.tools, request_id)

    def requests(self) -> list[str]:
        """Requests that wait for an answer."""
        query = select(recovery_requests.c.id).where(recovery_requests.c.answered_at.is_(None))
        with self.bench.storage.read() as connection:
            return list(connection.execute(query).scalars())

    def tokens(self) -> list[str]:
        """The tokens in the mails that arrived, in their order."""
        links = re.compile(rf"{PUBLIC_URL}/recover/(\S+)")
        return [token for each in self.mail.received for token in links.findall(each.mail.get_content())]

    def open(self, token: str) -> Holder | None:
        """Whose page a link opens."""
        return sharing.recover(SharingTools(self.bench.storage, self.bench.clock), token)

    def reach(self, holder: Holder, address: str) -> None:
        """The platform names an address."""
        with self.bench.storage.begin() as work:
            work.contacts.confirm(holder, address, "en", self.bench.clock())

    def acts(self, act: str) -> list[tuple[str, str, str]]:
        """Actor, subject and detail of the entries of the audit trail about an act."""
        with self.bench.storage.reading() as work:
            entries = [chained.entry for chained in work.audit.entries()]
        return [(each.actor, each.subject, each.detail) for each in entries if each.act == act]


@pytest.fixture
def desk(sqlite_storage: Storage) -> Iterator[Desk]:
    """Anna and Bruno hold a credential; Anna is reached by mail."""
    bench = a_bench(sqlite_storage)
    bruno = bench.platform.records["5"].learner  # type: ignore[index]
    bench.platform.change("5", learner=replace(bruno, email="bruno@u.example"))
    bench.seal_all()
    with MailServerSimulator() as mail:
        server = {"mail_host": "127.0.0.1", "mail_port": mail.port, "mail_tls": "none", "mail_from": "c@u.example"}
        settings = Settings(public_url=PUBLIC_URL, **server)  # type: ignore[arg-type]
        tools = channels.recovering_tools(settings, bench.storage, clock=bench.clock, write=letters.write_recovery)
        desk = Desk(bench, mail, tools)
        desk.reach(ANNA, ADDRESS)
        yield desk


def test_a_link_comes_by_mail_and_opens_once(desk: Desk) -> None:
    """However the address is written; in the language of the page; and nothing else of the person is in it."""
    desk.ask(" ANNA@u.example", "nl")
    (received,), (token,) = desk.mail.received, desk.tokens()

    opened = [desk.open(token), desk.open(token)]

    assert received.to == ADDRESS
    assert received.mail["Subject"] == "Je link naar je microcredentials"
    assert "Kowalska" not in received.mail.get_content()
    assert opened == [ANNA, None]


def test_who_is_not_known_gets_no_mail_and_is_kept_alike(desk: Desk) -> None:
    """The same row is written and the same work is asked for, so that nothing tells who is known."""
    recovering.ask(desk.tools, "eve@u.example", "en")
    with desk.bench.storage.reading() as work:
        asked = work.outbox.waiting(Topic.RECOVER)
    desk.work()

    assert (asked, desk.requests(), desk.mail.received) == (1, [], [])


def test_a_link_ends_after_an_hour(desk: Desk) -> None:
    """Whoever finds the mail later gets nowhere."""
    desk.ask()
    (token,) = desk.tokens()
    desk.bench.clock.pass_(timedelta(hours=1))

    assert desk.open(token) is None


def test_opening_one_link_ends_the_others_but_not_the_printed_one(desk: Desk) -> None:
    """Two mails may be under way; the printed link is another key to the same door."""
    printed = sharing.recovery(SharingTools(desk.bench.storage, desk.bench.clock), ANNA)
    desk.ask()
    desk.ask()
    first, second = desk.tokens()

    assert [desk.open(first), desk.open(second)] == [ANNA, None]
    assert [desk.open(printed), desk.open(printed)] == [ANNA, ANNA]


def test_one_address_gets_three_mails_an_hour(desk: Desk) -> None:
    """Whoever asks in somebody's name cannot fill their mailbox; an hour later it works again."""
    for _ in range(MOST + 2):
        desk.ask()
    before = len(desk.mail.received)
    desk.bench.clock.pass_(timedelta(hours=1, seconds=1))

    desk.ask()

    assert (before, len(desk.mail.received)) == (MOST, MOST + 1)


def test_people_who_share_an_address_get_a_link_each_in_one_mail(desk: Desk) -> None:
    """Each opens the page of one of them."""
    desk.reach(BRUNO, ADDRESS)

    desk.ask()

    (received,) = desk.mail.received
    assert received.mail.get_content().count("Open the page with “Applied Data Analysis”:") == 2
    assert {desk.open(token) for token in desk.tokens()} == {ANNA, BRUNO}


def test_a_mail_goes_to_the_address_of_the_platform_and_never_to_what_was_typed(desk: Desk) -> None:
    """Two that compare alike may be two mailboxes: each gets the link of its owner alone."""
    desk.reach(BRUNO, "Anna@u.example")

    desk.ask()

    links = [(each.to, re.findall(r"/recover/(\S+)", each.mail.get_content())) for each in desk.mail.received]
    assert {to: [desk.open(token) for token in tokens] for to, tokens in links} == {
        "anna@u.example": [ANNA],
        "Anna@u.example": [BRUNO],
    }


def test_a_mail_server_that_is_away_is_asked_again_for_an_hour(desk: Desk) -> None:
    """A link that comes the next day would frighten more than help."""
    desk.mail.recipient = "451 later"
    recovering.ask(desk.tools, ADDRESS, "en")
    with pytest.raises(NoticeDeferred):
        desk.work()
    desk.mail.recipient = "250 OK"
    desk.work()
    desk.mail.recipient = "451 later"
    recovering.ask(desk.tools, ADDRESS, "en")
    desk.bench.clock.pass_(timedelta(hours=1, seconds=1))

    desk.work()

    assert (len(desk.mail.received), desk.requests()) == (1, [])


def test_nothing_is_mailed_while_a_restore_is_looked_at(desk: Desk) -> None:
    """As with everything that leaves the house."""
    with desk.bench.storage.begin() as work:
        work.marks.set(Mark.PAUSED, "restored", desk.bench.clock())

    with pytest.raises(WorkPaused):
        desk.ask()

    assert desk.mail.received == []


def test_a_request_of_before_the_mail_server_was_taken_away_is_struck_out(desk: Desk) -> None:
    """It does not wait for ever for something that will not come."""
    recovering.ask(desk.tools, ADDRESS, "en")

    recovering.answer(replace(desk.tools, send=None), desk.requests()[0])

    assert desk.requests() == []


def test_the_trail_names_the_award_and_neither_address_nor_token(desk: Desk) -> None:
    """Who came in when, and by which kind of link, can be looked up."""
    award = desk.bench.awards()["4"].id
    desk.ask()
    (token,) = desk.tokens()
    desk.open(token)
    with desk.bench.storage.reading() as work:
        trail = str(list(work.audit.entries()))

    assert desk.acts("mail-link") == [("recovery", award, "")]
    assert desk.acts("recover") == [("holder", award, "mailed link")]
    assert ADDRESS not in trail
    assert token not in trail


def test_the_database_shows_neither_address_nor_token(desk: Desk) -> None:
    """A mark that only the key makes, and a digest."""
    desk.ask()
    (token,) = desk.tokens()
    with desk.bench.storage.read() as connection:
        kept = [connection.execute(select(table)).all() for table in (recovery_requests, mailed_links)]

    assert all(rows for rows in kept)
    assert ADDRESS not in str(kept)
    assert token not in str(kept)


def test_an_erasure_takes_requests_and_links_along(desk: Desk) -> None:
    """Nothing that was asked by the address of an erased person stays."""
    desk.ask()
    tools = PrivacyTools(desk.bench.storage, {}, desk.bench.clock)
    kept = privacy.preview(tools, ANNA).rows

    privacy.erase(tools, ANNA, by="Dr Vos", reason="asked")

    with desk.bench.storage.read() as connection:
        left = [connection.execute(select(table)).all() for table in (recovery_requests, mailed_links)]
    assert (kept["recovery_requests"], kept["mailed_links"]) == (1, 1)
    assert left == [[], []]
    assert desk.open(desk.tokens()[0]) is None


def test_requests_and_links_are_let_go_after_their_time(desk: Desk) -> None:
    """Also those by addresses that nobody has."""
    desk.ask()
    desk.ask("eve@u.example")
    desk.bench.clock.pass_(timedelta(days=2))

    gone = privacy.let_go(PrivacyTools(desk.bench.storage, {PASSING: timedelta(days=1)}, desk.bench.clock))

    assert gone == {PASSING: 3}


def test_where_learners_are_told_on_their_page_alone_their_address_is_kept_all_the_same(desk: Desk) -> None:
    """Without it nobody there could have a link mailed."""
    address = channels.recovery_address(Settings(public_url=PUBLIC_URL))
    page_only = DeliveryTools(desk.bench.storage, (), desk.bench.clock, letters.write, Choice.PAGE, recovery=address)
    deliver(page_only, desk.bench.awards()["5"].id)

    desk.ask("bruno@u.example")

    assert [desk.open(token) for token in desk.tokens()] == [BRUNO]
