"""Random interleavings of events, grades, syncs, crashes, rulings and corrections: the promises hold at every step."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from mappings.assessment import Completion, LearnerId
from mappings.profile import AwardRule
from plugin import approving, class_reading, delivery, issuing, merging, offering, restating, scheduling, sync
from plugin.approving import ApprovingTools
from plugin.class_reading import ClassReadingTools
from plugin.delivery import DeliveryTools
from plugin.errors import BridgeError
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import LEASE, Duty, Jobs, singly
from plugin.jobs.watch import SOFT_LIMIT
from plugin.merging import MergingTools, Pair
from plugin.notices import Notice, Sending
from plugin.offering import OfferingTools
from plugin.settings import Settings
from plugin.storage.awards import ISSUED, AwardRow, State
from plugin.storage.cases import Remedy
from plugin.storage.deliveries import Outcome
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Topic
from plugin.storage.people import Decision
from plugin.storage.profiles import Rule
from plugin.storage.tables import cases, credentials, outbox
from plugin.storage.unit_of_work import Storage, UnitOfWork
from plugin.storage.vault import Vault
from plugin.web import letters
from tests import factories
from tests.factories import EXAM
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY

LEARNERS = ("4", "5")
"""Anna and Bruno, who have earned it to begin with."""
SECOND = {"4": "44", "5": "55"}
"""Their other accounts, to which the platform may move their work."""
WHO = {"by": "Tessa Teacher", "reason": "I looked at it."}
learners = st.sampled_from(LEARNERS)


class Crash(BaseException):
    """The process is gone."""


class FragileStorage(Storage):
    """A database whose process dies before or after the commit that it was told to die at."""

    commits_left = -1

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open a transaction that the process may not survive; even: before the commit, odd: after it."""
        with super().begin() as work:
            yield work
            self._tick()
        self._tick()

    def _tick(self) -> None:
        self.commits_left -= 1
        if self.commits_left == 0:
            raise Crash


class Box:
    """A channel that remembers, and looks whether the seal is committed."""

    name = "box"

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.sent: list[tuple[str, str]] = []
        self.early: list[str] = []

    def send(self, notice: Notice) -> Sending:
        """Send."""
        with self.storage.reading() as work:
            award_id = work.credentials.get(notice.credential_id).award_id
            if work.awards.get(award_id).state not in {*ISSUED, State.REVOKED}:
                self.early.append(notice.credential_id)
        self.sent.append((notice.credential_id, notice.kind))
        return Sending(Outcome.SENT)


@cache
def template() -> Path:
    """A migrated database to copy: migrating for each example would take longer than the example."""
    file = Path(mkdtemp(prefix="microcred-template-")) / "template.sqlite3"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()  # the last connection takes the write-ahead log into the file
    return file


class Interleavings(RuleBasedStateMachine):
    """Everything that can happen, in any order."""

    @initialize(approval=st.booleans(), correction=st.sampled_from(["ask", "supersede", "keep"]), begun=st.booleans())
    def begin(self, *, approval: bool, correction: str, begun: bool) -> None:
        """Enable the credential of a course; where it has ``begun``, whatever can be sealed is."""
        self.folder = Path(mkdtemp(prefix="microcred-interleavings-"))
        shutil.copy(template(), self.folder / "db.sqlite3")
        engine = open_engine(f"sqlite:///{self.folder / 'db.sqlite3'}")
        self.storage = FragileStorage(engine, Vault((SECRET_KEY,)), PUBLIC_URL)
        self.bench: Bench = a_bench(self.storage, rule=AwardRule(approval=approval)).with_issuing(announce=True)
        self.bench.platform.records = {
            id_: replace(record, learner=replace(record.learner, student_number=f"s-{id_}"))
            for id_, record in self.bench.platform.records.items()
            if id_ in LEARNERS
        }
        self.versions, self.hurried = 1, False
        self.box = Box(self.storage)
        self.events = 0
        with self.storage.begin() as work:
            work.offers.correct_by(self.bench.offer.id, Rule(correction))
        if begun:
            self.an_event_arrives(repeat=False)
            self.work_off()

    @property
    def jobs(self) -> Jobs:
        """The jobs of the bridge."""
        bench, clock = self.bench, self.bench.clock
        handing_over = DeliveryTools(self.storage, (self.box,), clock, letters.write)
        bell = Bell(self.storage, make_queue(Settings(data_dir=self.folder)), 200, clock)
        seconds = 0.0 if self.hurried else SOFT_LIMIT
        duties = {
            Topic.SYNC: singly(lambda row_id: sync.sync(bench.sync, row_id), seconds=seconds),
            Topic.RESTATE: singly(lambda row_id: restating.restate(self.storage, row_id, clock)),
            Topic.ISSUE: Duty(partial(issuing.issue_all, bench.issuing), issuing.AT_ONCE, seconds),
            Topic.DELIVER: singly(lambda row_id: delivery.deliver(handing_over, row_id)),
            Topic.STATUS: singly(lambda _: None),  # publishing a list is tested where lists are
        }
        return Jobs(self.storage, bell, duties, clock)

    def pending(self) -> list[tuple[str, str]]:
        """The batches of all work that is asked for."""
        query = select(outbox.c.topic, outbox.c.batch).distinct().order_by(outbox.c.topic, outbox.c.batch)
        with self.storage.engine.connect() as connection:
            return [(row.topic, row.batch) for row in connection.execute(query)]

    @rule(repeat=st.booleans())
    def an_event_arrives(self, *, repeat: bool) -> None:
        """New, or one that came before."""
        self.events += not repeat
        plan = scheduling.make_tools(self.storage, timedelta(minutes=10), self.bench.clock)
        scheduling.take_hint(plan, self.bench.offer.platform, self.bench.offer.course, f"event-{self.events}")

    @rule(learner=learners, completed=st.booleans())
    def completion_changes(self, learner: str, *, completed: bool) -> None:
        """Done, or undone."""
        done = Completion(completed, factories.GRADED if completed else None)
        self.bench.platform.change(self.living(learner), completion=done)

    @rule(learner=learners, exam=st.sampled_from([(95, True), (60, True), (10, False), (None, None)]))
    def a_grade_changes(self, learner: str, exam: tuple[int | None, bool | None]) -> None:
        """Regraded, failed, or taken back."""
        id_ = self.living(learner)
        results = self.bench.platform.records[LearnerId(id_)].results
        regraded = replace(factories.result(EXAM, *exam), submitted_at=factories.GRADED)
        changed = tuple(regraded if each.activity == EXAM else each for each in results)
        self.bench.platform.change(id_, results=changed)

    @rule()
    def a_teacher_looks_at_the_class(self) -> None:
        """The forecast has everybody read and kept, before any sync."""
        bench = self.bench
        tools = ClassReadingTools(self.storage, lambda _: bench.platform, lambda: None, bench.clock)
        asked = class_reading.begin(tools, bench.offer.platform, bench.offer.course)
        class_reading.read(tools, asked.id)
        with self.storage.begin() as work:
            (lease,) = work.outbox.claim(Topic.READ, asked.id, bench.clock(), LEASE)
            work.outbox.finish((lease,))

    @rule(learner=learners, name=st.sampled_from(["Anna Kowalska", "Anna Nowak", "A. K."]))
    def name_changes(self, learner: str, name: str) -> None:
        """The registry corrects a name."""
        id_ = self.living(learner)
        self.bench.platform.change(id_, learner=factories.learner(name, id_, student_number=f"s-{learner}"))

    def living(self, learner: str) -> str:
        """By which id the platform knows somebody now."""
        return learner if learner in self.bench.platform.records else SECOND[learner]

    @rule(learner=learners)
    def the_platform_merges_accounts(self, learner: str) -> None:
        """The work goes to the account that is kept; the other one is gone."""
        if (record := self.bench.platform.records.pop(LearnerId(learner), None)) is not None:
            id_ = LearnerId(SECOND[learner])
            self.bench.platform.records[id_] = replace(record, learner=replace(record.learner, id=id_))

    @rule(learner=learners)
    def accounts_are_joined(self, learner: str) -> None:
        """An administrator says that both are one person, before or after the bridge has seen it."""
        pair = Pair(self.bench.offer.platform, LearnerId(learner), LearnerId(SECOND[learner]))
        with suppress(BridgeError):
            merging.merge(MergingTools(self.storage, self.bench.clock), pair, **WHO)

    @rule(institution=st.booleans(), accredited=st.booleans())
    def something_else_is_stated(self, *, institution: bool, accredited: bool) -> None:
        """The teacher enables a newer profile, or the institution states one, perhaps without its accreditation."""
        self.versions += 1
        tools = OfferingTools(self.storage, self.bench.clock)
        with self.storage.reading() as work:
            offer = work.offers.get(self.bench.offer.id)
            profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
            issuer = work.profiles.issuer(offer.issuer_id, offer.issuer_version)
        if institution:
            granted = factories.issuer().accreditations if accredited else ()
            moved = replace(issuer, version=self.versions, homepage=f"https://{self.versions}.example")
            offering.state_institution(tools, replace(moved, accreditations=granted), by="Ada")
        else:
            newer = replace(profile, version=self.versions, title=factories.text(f"Data {self.versions}"))
            offering.enable(tools, (offer.platform, offer.course), newer, issuer, by="Tessa")

    @rule(learner=learners, flagged=st.booleans())
    def a_flag_is_raised(self, learner: str, *, flagged: bool) -> None:
        """Or withdrawn."""
        evidence = (factories.evidence(open_flag=True),) if flagged else ()
        self.bench.platform.change(self.living(learner), supervision=evidence)

    @precondition(lambda self: self.pending())
    @rule(data=st.data(), twice=st.booleans(), hurried=st.booleans())
    def a_job_runs(self, data: st.DataObject, *, twice: bool, hurried: bool) -> None:
        """Any that is asked for, once or twice; where it is ``hurried`` it has to stop at the first safe point."""
        topic, batch = data.draw(st.sampled_from(self.pending()))
        self.hurried = hurried
        for _ in range(1 + twice):
            self.jobs.work(Topic(topic), batch)
        self.hurried = False

    @precondition(lambda self: self.pending())
    @rule(commits=st.integers(1, 50))
    def the_process_works_and_dies(self, commits: int) -> None:
        """Whatever is due is done in turn, until it dies at one of its commits; its lease ends by itself."""
        self.storage.commits_left = commits
        with suppress(Crash):
            self.work_off()
        self.storage.commits_left = -1
        self.bench.clock.pass_(LEASE)

    def work_off(self) -> None:
        """Do what is asked for, as long as that gets anywhere."""
        for _ in range(6):
            for topic, batch in self.pending():
                self.jobs.work(Topic(topic), batch)

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        """Hours."""
        self.bench.clock.pass_(timedelta(hours=hours))

    @rule(learner=learners, released=st.booleans())
    def a_person_rules(self, learner: str, *, released: bool) -> None:
        """Releases or refuses what is held; on anything else it is refused by the bridge."""
        if (award := self.bench.awards().get(self.living(learner))) is not None:
            ruling = approving.release if released else approving.refuse
            with suppress(BridgeError):
                ruling(ApprovingTools(self.storage, self.bench.clock), award.id, **WHO)

    @precondition(lambda self: self.bench.cases())
    @rule(remedy=st.sampled_from(list(Remedy)))
    def a_case_is_decided(self, remedy: Remedy) -> None:
        """In one way or another."""
        case = self.bench.cases()[0]
        with suppress(BridgeError):
            approving.decide_case(ApprovingTools(self.storage, self.bench.clock), case.id, remedy, **WHO)

    @invariant()
    def nobody_holds_two(self) -> None:
        """At most one credential per person is in force, and each has an index of its own.

        Whose two accounts a person called two people is two people.
        """
        if not hasattr(self, "bench"):
            return
        platform = self.bench.offer.platform
        with self.storage.reading() as work:
            awards = tuple(work.awards.of_offer(self.bench.offer.id))
            cases = {old: work.people.case(platform, LearnerId(old), LearnerId(new)) for old, new in SECOND.items()}
        two = {old for old, case in cases.items() if case and case.decision is Decision.APART}
        one = {new: old for old, new in SECOND.items() if old not in two}
        in_force = Counter(one.get(award.learner, award.learner) for award in awards if award.state in ISSUED)
        with self.storage.engine.connect() as connection:
            places = connection.execute(select(credentials.c.status_list_id, credentials.c.status_index)).all()
        assert max(in_force.values(), default=0) <= 1
        assert len(set(places)) == len(places)

    @invariant()
    def notices_are_true(self) -> None:
        """None twice, none before its seal."""
        if hasattr(self, "box"):
            assert max(Counter(self.box.sent).values(), default=0) <= 1
            assert self.box.early == []

    @invariant()
    def the_trail_holds(self) -> None:
        """After every step."""
        if hasattr(self, "bench"):
            with self.storage.reading() as work:
                assert work.audit.verify() is None

    def teardown(self) -> None:
        """Let everything settle: whoever has earned it and waits for nobody holds it, and nothing is left over."""
        if not hasattr(self, "bench"):
            return
        for learner in LEARNERS:
            self.completion_changes(learner, completed=True)
            self.a_grade_changes(learner, (95, True))
            self.a_flag_is_raised(learner, flagged=False)
        self.something_else_is_stated(institution=True, accredited=True)
        self._settle()
        assert self.pending() == []
        self.nobody_holds_two()
        with self.storage.reading() as work:
            awards = tuple(work.awards.of_offer(self.bench.offer.id))
        for learner in LEARNERS:
            own = [award for award in awards if award.learner in {learner, SECOND[learner]}]
            told = {State.DELIVERED, State.HELD, State.REVOKED}
            assert any(award.state in told or (award.state is State.WITHHELD and award.ruled_by) for award in own)
            self.no_change_was_missed(own)
            self.the_platform_merges_accounts(learner)
        self._settle()
        self.nobody_holds_two()
        self.storage.engine.dispose()
        shutil.rmtree(self.folder)

    def no_change_was_missed(self, own: Sequence[AwardRow]) -> None:
        """Whatever is in force says the name and the grade of now, or there is a case about it."""
        for award in own:
            record = self.bench.platform.records.get(award.learner)
            if award.state not in ISSUED or record is None:
                continue
            with self.storage.reading() as work:
                reserved = work.credentials.of_award(award.id)
            noticed = select(cases.c.id).where(cases.c.award_id == award.id)
            with self.storage.engine.connect() as connection:
                is_noticed = connection.execute(noticed).first() is not None
            assert reserved is not None
            assert is_noticed or reserved.credential.holder.value.full_name == record.learner.full_name

    def _settle(self) -> None:
        with self.storage.begin() as work:
            work.outbox.retry_parked(self.bench.clock())
            work.outbox.request(Topic.SYNC, self.bench.offer.id, self.bench.clock())
        for _ in range(40):
            self.bench.clock.pass_(timedelta(hours=2))
            for topic, batch in self.pending():
                self.jobs.work(Topic(topic), batch)
            if not self.pending():
                return


Interleavings.TestCase.settings = settings(
    max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestInterleavings = Interleavings.TestCase
