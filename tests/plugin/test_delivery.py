from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from mappings.assessment import Standing
from plugin import approving
from plugin.approving import ApprovingTools
from plugin.delivery import DeliveryTools, deliver
from plugin.errors import ChangedMeanwhile, NoticeDeferred, NoticesPaced
from plugin.issuing import issue
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Jobs, singly
from plugin.notices import Choice, Notice, NoticeKind, Sending
from plugin.settings import Settings
from plugin.storage.awards import State
from plugin.storage.cases import Remedy
from plugin.storage.deliveries import Outcome, Parcel
from plugin.storage.outbox import Topic
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from plugin.web import letters
from tests import factories
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.platforms import Clock
from tests.plugin.rows import MOODLE

ANNA, BRUNO = "45"
WHO = {"by": "Tessa Teacher", "reason": "The registry corrected it."}


class Postbox:
    """A channel that remembers what was sent, and can fail."""

    def __init__(self, name: str = "mail") -> None:
        self.name = name
        self.sent: list[Notice] = []
        self.answer = Sending(Outcome.SENT)
        self.crash = False

    def send(self, notice: Notice) -> Sending:
        """Send, unless a fault was planned."""
        if self.answer.outcome in {Outcome.SENT, Outcome.PERHAPS}:
            self.sent.append(notice)
        if self.crash:
            raise SystemExit
        return self.answer


@pytest.fixture
def bench(storage: Storage) -> Bench:
    """Anna and Bruno are sealed."""
    bench = a_bench(storage)
    bench.seal_all()
    return bench


def tools(bench: Bench, *boxes: Postbox, choice: Choice = Choice.AUTO, per_minute: int = 600) -> DeliveryTools:
    """Delivery with these channels."""
    return DeliveryTools(bench.storage, boxes, bench.clock, letters.write, choice, per_minute, chance=Random(7))


def outcomes(bench: Bench, learner: str = ANNA) -> dict[str, str]:
    """What became of the notices about a learner's newest credential, by channel."""
    reserved = bench.credential(learner)
    assert reserved is not None
    with bench.storage.reading() as work:
        found = work.deliveries.of((reserved.envelope.id,)).get(reserved.envelope.id, ())
    return {each.parcel.channel: each.error or each.outcome for each in found}


def test_a_notice_goes_out_once(bench: Bench) -> None:
    """Also when several deliver at the same time."""
    box, award_id = Postbox(), bench.awards()[ANNA].id

    def attempt(_: int) -> None:
        with suppress(ChangedMeanwhile):
            deliver(tools(bench, box), award_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(8)))

    assert len(box.sent) == 1
    assert bench.awards()[ANNA].state is State.DELIVERED


def test_nothing_is_told_before_the_seal(sqlite_storage: Storage) -> None:
    """An eligible award is not announced, whoever rings."""
    bench, box = a_bench(sqlite_storage), Postbox()
    sync(bench.sync, bench.offer.id)

    deliver(tools(bench, box), bench.awards()[ANNA].id)

    assert box.sent == []


def test_a_crash_while_sending_never_sends_again(bench: Bench) -> None:
    """It may have arrived; the second try moves on without it."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    box.crash = True
    with pytest.raises(SystemExit):
        deliver(tools(bench, box), award_id)

    box.crash = False
    deliver(tools(bench, box), award_id)

    assert len(box.sent) == 1
    assert bench.awards()[ANNA].state is State.DELIVERED


def test_a_channel_that_took_nothing_is_tried_later(bench: Bench) -> None:
    """Nothing was sent, so nothing is lost: the next try sends."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    box.answer = Sending(Outcome.AGAIN, "mail_unreachable")
    with pytest.raises(NoticeDeferred):
        deliver(tools(bench, box), award_id)
    waiting = outcomes(bench)

    box.answer = Sending(Outcome.SENT)
    deliver(tools(bench, box), award_id)

    assert waiting == {"mail": "mail_unreachable"}
    assert (len(box.sent), outcomes(bench)) == (1, {"mail": "sent"})


def test_a_channel_that_takes_nothing_for_three_days_is_given_up(bench: Bench) -> None:
    """The teacher then reads that it failed and why."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    box.answer = Sending(Outcome.AGAIN, "mail_deferred")
    with pytest.raises(NoticeDeferred):
        deliver(tools(bench, box), award_id)

    bench.clock.pass_(timedelta(hours=73))
    award = deliver(tools(bench, box), award_id)

    with bench.storage.reading() as work:
        reserved = work.credentials.of_award(award_id)
        assert reserved is not None
        kept = work.deliveries.get(Parcel(reserved.envelope.id, NoticeKind.READY, "mail"))
    assert kept is not None
    assert (kept.outcome, kept.error, award.state) == (Outcome.FAILED, "mail_deferred", State.SEALED)


def test_a_refused_notice_is_kept_with_its_code(bench: Bench) -> None:
    """Told once, not tried for ever; and the award is not called handed over, because nobody was told."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    box.answer = Sending(Outcome.FAILED, "recipient_refused")

    award = deliver(tools(bench, box), award_id)
    deliver(tools(bench, box), award_id)

    assert outcomes(bench) == {"mail": "recipient_refused"}
    assert award.state is State.SEALED


def test_what_perhaps_arrived_is_not_sent_again(bench: Bench) -> None:
    """The platform had it and did not answer."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    box.answer = Sending(Outcome.PERHAPS, "timed_out")

    for _ in range(2):
        deliver(tools(bench, box), award_id)

    assert (len(box.sent), bench.awards()[ANNA].state) == (1, State.DELIVERED)


@pytest.mark.parametrize(
    ("choice", "lms", "sent"),
    [
        (Choice.AUTO, Sending(Outcome.SENT), (1, 0)),
        (Choice.AUTO, Sending(Outcome.PERHAPS, "cut_off"), (1, 0)),
        (Choice.AUTO, Sending(Outcome.FAILED, "not_wanted"), (0, 1)),
        (Choice.BOTH, Sending(Outcome.SENT), (1, 1)),
        (Choice.LMS, Sending(Outcome.SENT), (1, 0)),
        (Choice.MAIL, Sending(Outcome.SENT), (0, 1)),
        (Choice.PAGE, Sending(Outcome.SENT), (0, 0)),
    ],
)
def test_the_choice_says_on_which_channels(bench: Bench, choice: Choice, lms: Sending, sent: tuple[int, int]) -> None:
    """By default a message in the platform, and a mail where that does not reach the person."""
    boxes = Postbox("lms"), Postbox("mail")
    boxes[0].answer = lms

    deliver(tools(bench, *boxes, choice=choice), bench.awards()[ANNA].id)

    assert (len(boxes[0].sent), len(boxes[1].sent)) == sent


def test_a_course_chooses_for_itself(bench: Bench) -> None:
    """What the institution chose holds only where the course says nothing."""
    box = Postbox("mail")
    with bench.storage.begin() as work:
        work.offers.notify_by(bench.offer.id, Choice.PAGE)

    deliver(tools(bench, box, choice=Choice.MAIL), bench.awards()[ANNA].id)

    assert box.sent == []


def test_a_deferred_channel_does_not_keep_the_other_from_sending(bench: Bench) -> None:
    """The mail goes out while the platform is down, and the message afterwards, each once."""
    lms, mail = Postbox("lms"), Postbox("mail")
    lms.answer = Sending(Outcome.AGAIN, "unreachable")
    both = tools(bench, lms, mail, choice=Choice.BOTH)
    with pytest.raises(NoticeDeferred):
        deliver(both, bench.awards()[ANNA].id)

    lms.answer = Sending(Outcome.SENT)
    deliver(both, bench.awards()[ANNA].id)

    assert (len(lms.sent), len(mail.sent)) == (1, 1)


def test_the_address_of_the_issuance_holds_after_the_learner_left(bench: Bench) -> None:
    """The platform names nobody any more; a revocation reaches them all the same."""
    box = Postbox()
    deliver(tools(bench, box), bench.awards()[ANNA].id)
    gone = replace(bench.platform.records[ANNA].learner, standing=Standing.WITHDRAWN, email="")  # type: ignore[index]
    bench.platform.change(ANNA, learner=gone)
    sync(bench.sync, bench.offer.id)

    approving.revoke(ApprovingTools(bench.storage, bench.clock), bench.awards()[ANNA].id, **WHO)
    deliver(tools(bench, box), bench.awards()[ANNA].id)

    assert [notice.kind for notice in box.sent] == [NoticeKind.READY, NoticeKind.REVOKED]
    assert box.sent[0].address
    assert box.sent[1].address == box.sent[0].address


def test_a_revocation_is_told_with_its_reason_and_the_way_to_object(bench: Bench) -> None:
    """And asked for in the transaction that revokes."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    approving.revoke(ApprovingTools(bench.storage, bench.clock), award_id, **WHO)
    with bench.storage.reading() as work:
        asked = work.outbox.waiting(Topic.DELIVER)

    deliver(tools(bench, box), award_id)

    text = box.sent[0].letter.message.plain
    assert asked == 1
    assert "has revoked your micro-credential" in text
    assert "The reason given: The registry corrected it." in text
    assert "Object" in text


def test_a_corrected_credential_is_told_once_with_its_reason(bench: Bench) -> None:
    """One notice about the new one, none more about the one that it replaces."""
    box = Postbox()
    bench.clock.pass_(timedelta(hours=1))
    bench.platform.change(ANNA, learner=factories.learner("Anna Kowalska-Nowak"))
    sync(bench.sync, bench.offer.id)
    (case,) = bench.cases()
    approving.decide_case(ApprovingTools(bench.storage, bench.clock), case.id, Remedy.SUPERSEDE, **WHO)
    old = case.award_id
    issue(bench.issuing, bench.awards()[ANNA].id)

    for award_id in (bench.awards()[ANNA].id, old):
        deliver(tools(bench, box), award_id)

    (notice,) = box.sent
    assert notice.kind is NoticeKind.REPLACED
    assert "The reason given: The registry corrected it." in notice.letter.message.plain


def test_muting_silences_ready_and_nothing_else(bench: Bench) -> None:
    """The holder muted notices; a revocation is told in any case, without a way to mute it."""
    box, boxes = Postbox(), tools(bench, Postbox())
    deliver(boxes, bench.awards()[BRUNO].id)
    with bench.storage.begin() as work:
        contact = work.contacts.get(Holder(MOODLE, bench.awards()[BRUNO].learner))
        assert contact is not None
        work.contacts.mute(contact.mute_token, bench.clock())
    approving.revoke(ApprovingTools(bench.storage, bench.clock), bench.awards()[BRUNO].id, **WHO)

    deliver(tools(bench, box), bench.awards()[BRUNO].id)

    (notice,) = box.sent
    assert (notice.kind, notice.muted, notice.mute_url) == (NoticeKind.REVOKED, False, "")


def test_notices_go_out_no_faster_than_allowed(bench: Bench) -> None:
    """The second of a minute waits its turn; no right is lost by that."""
    box = Postbox()
    slow = tools(bench, box, per_minute=1)
    deliver(slow, bench.awards()[ANNA].id)

    with pytest.raises(NoticesPaced) as paced:
        deliver(slow, bench.awards()[BRUNO].id)
    bench.clock.now = paced.value.until
    deliver(slow, bench.awards()[BRUNO].id)

    assert len(box.sent) == 2


def test_a_burst_keeps_the_pace_and_ends(sqlite_storage: Storage) -> None:
    """Four hundred notices at 60 a minute: in no minute more, all of them sent, none twice, in little over time."""
    sends: list[datetime] = []
    clock = Clock()

    def work_one(row_id: str) -> None:
        with sqlite_storage.begin() as work:
            free = work.paces.take("notices", 60, clock())
            if free is not None:
                waiting = work.outbox.waiting(Topic.DELIVER)
                raise NoticesPaced(free + timedelta(seconds=waiting * chance.random()))
        sends.append(clock())

    chance = Random(7)
    bell = Bell(sqlite_storage, make_queue(Settings(broker_url="memory://")), 200, clock)
    jobs = Jobs(sqlite_storage, bell, {Topic.DELIVER: singly(work_one)}, clock)
    with sqlite_storage.begin() as work:
        for number in range(400):
            work.outbox.request(Topic.DELIVER, str(number), clock())
    began = clock()

    while len(sends) < 400 and clock() - began < timedelta(hours=1):
        with sqlite_storage.begin() as work:
            rings = work.outbox.ring(clock(), in_flight=200, again_after=timedelta(seconds=1))
        for ring in rings:
            jobs.work(ring.topic, ring.batch)
        clock.pass_(timedelta(seconds=1))

    assert len(sends) == 400
    assert clock() - began < timedelta(minutes=12)
    assert _most_in_a_minute(sends) <= 60


def test_a_clock_that_is_a_day_ahead_silences_nobody(sqlite_storage: Storage) -> None:
    """What a wrong clock left behind counts for nothing: those whose clock is right go on at their pace."""
    now = Clock()()

    with sqlite_storage.begin() as work:
        ahead = work.paces.take("notices", 60, now + timedelta(days=1))
        taken = [work.paces.take("notices", 60, now) for _ in range(7)]

    assert ahead is None
    assert taken[:6] == [None] * 6  # the tolerance of six seconds
    assert taken[6] is not None
    assert timedelta() < taken[6] - now < timedelta(seconds=2)


def _most_in_a_minute(moments: list[datetime]) -> int:
    """The most moments in any minute that begins with one of them."""
    minute = timedelta(minutes=1)
    return max(sum(start <= each < start + minute for each in moments) for start in moments)
