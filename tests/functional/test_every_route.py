"""Walks every address of the whole application: who gets in, what guards its forms, and what its answers allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import limits.storage.memory
import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from lti.claims import Launch, VerifiedClaims
from lti.roles import Role
from lti.stores import Registration
from mappings.assessment import LearnerId
from plugin import administering, sharing
from plugin.app import create_app
from plugin.issuer import key_files
from plugin.sealing.multikey import Algorithm
from plugin.settings import Settings
from plugin.sharing import SharingTools
from plugin.storage.cases import Kind as CaseKind
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.sharing import Holder
from plugin.web.limits import limiter
from tests.factories import ISSUED, READ
from tests.functional.every_route import ROUTES, Kind, of_kind
from tests.plugin.web.site import LMS, TOKEN, MemoryLaunches, RecordedPlatform, a_launch
from tests.plugin.web.stock import PLATFORM, an_offer, held_award, records, sealed_credential
from tests.plugin.web.test_dutch import english_of_ours

TOOL = "https://tool.example"
NOW = datetime.now(UTC)
TEACHER, ANNA = a_launch(Role.TEACHER, "2", launched_at=NOW), a_launch(Role.LEARNER, "4", launched_at=NOW)
BRUNO, ASSISTANT = a_launch(Role.LEARNER, "5", launched_at=NOW), a_launch(Role.ASSISTANT, "3", launched_at=NOW)
OTHER_COURSE = a_launch(Role.TEACHER, "2", course="4", launched_at=NOW)
OTHER_PLATFORM = a_launch(Role.TEACHER, "2", platform="2", launched_at=NOW)
FORM = {"reason": "Because I can.", "confirmed": "yes", "remedy": "revoke", "days": "30"}
FORM |= {"allowed": "true", "platform": PLATFORM, "learner": "4", "typed": "ERASE"}
LAUNCHED = (Kind.TEACHER, Kind.LEARNER, Kind.ARRIVED)


@dataclass(frozen=True, slots=True)
class House:
    """The application with one course in which everything happened, and the ids of it by their name in a rule."""

    app: Flask
    ids: dict[str, str]

    def browser(self, *launches: Launch) -> FlaskClient:
        """A browser that came by these launches."""
        client = self.app.test_client()
        with client.session_transaction(base_url=TOOL) as session:
            session["launches"] = [launch.id for launch in launches]
        return client

    def administrator(self) -> FlaskClient:
        """A browser of an administrator who signed in by a link."""
        client, storage = self.app.test_client(), self.app.extensions["microcred.pages"].storage
        link = f"/admin/enter/{administering.make_link(storage, 'Dr Vos', datetime.now(UTC))}"
        answer = self.ask(client, "POST", link, csrf_token=token_of(client))
        assert answer.location == "/admin/"
        return client

    def owner(self, rule: str, method: str) -> FlaskClient:
        """A browser of whoever this address is for; of the teacher where it is for no person."""
        if ROUTES[rule][method] is Kind.ADMINISTRATOR:
            return self.administrator()
        return self.browser({Kind.LEARNER: ANNA}.get(ROUTES[rule][method], TEACHER))

    def path(self, rule: str, launch: Launch) -> str:
        """A rule with this launch and the ids of the course in it."""
        values = {**self.ids, "launch_id": launch.id, "key": launch.id}
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule)

    def ask(self, client: FlaskClient, method: str, path: str, **form: str) -> TestResponse:
        """Ask as a browser does."""
        return client.open(path, method=method, base_url=TOOL, data=form or None, buffered=True)

    def state(self) -> str:
        """Everything that a stranger might have changed."""
        names = ("awards", "offers", "shares", "objections", "cases", "drafts", "class_readings", "recovery_links")
        names += ("recovery_requests", "mailed_links", "outbox")
        names += ("deployments", "registrations", "invites", "marks", "erasures")
        with self.app.extensions["microcred.pages"].storage.engine.connect() as connection:
            return str({name: connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole application, limits off. No test changes this course: that is what they are about."""
    secret = Fernet.generate_key().decode()
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("house"),
        public_url=TOOL,
        secret_keys=(secret,),
        operator_token="token-of-the-operator",
        security_contact="mailto:security@tool.example",
    )
    engine = open_engine(settings.database)
    upgrade(engine)
    engine.dispose()
    for algorithm in Algorithm:
        key_files(settings).rotate(algorithm, NOW)
    limiter.enabled = True  # tests before these may have left it off, and it is set up only where it is on
    app = create_app(settings)
    limiter.enabled = False
    tools = app.extensions["microcred.pages"]
    launches = MemoryLaunches()
    entrance = app.extensions["microcred.launching"]
    app.extensions["microcred.launching"] = replace(entrance, launches=launches)
    app.extensions["microcred.pages"] = replace(
        tools, launches=launches, connect=lambda _: RecordedPlatform(records()), ring=bool
    )
    yield House(app, stocked(app))
    limiter.enabled = True
    tools.storage.engine.dispose()


def stocked(app: Flask) -> dict[str, str]:
    """Fill the database; returns an id for each name that a rule uses."""
    tools = app.extensions["microcred.pages"]
    tools.registrations.save(
        Registration(LMS, "client", f"{LMS}/a", f"{LMS}/t", f"{LMS}/k", "moodle", "LMS", (LMS,)), NOW
    )
    for launch in (TEACHER, ANNA, BRUNO, ASSISTANT, OTHER_COURSE, OTHER_PLATFORM):
        tools.launches.keep(launch, VerifiedClaims({}))
    offer = an_offer(tools.storage)
    held, issued = held_award(tools.storage, offer, "8"), sealed_credential(tools.storage, offer)
    with tools.storage.begin() as work:
        case = work.cases.open(issued.award_id, CaseKind.ACHIEVEMENT, "f", reasons=(), now=ISSUED)
        work.holdings.object(held.id, "I object.", READ)
        (objection,) = work.holdings.unanswered(offer.id)
    token = sharing.share(
        SharingTools(tools.storage, lambda: NOW), Holder(PLATFORM, LearnerId("4")), issued.envelope.id, 30
    )
    assert case is not None
    return {
        "award_id": issued.award_id,
        "credential_id": issued.envelope.id,
        "case_id": case.id,
        "objection_id": objection.id,
        "form": "elm",
        "kind": "png",
        "reference": token,
        "token": "invented",
        "ticket": "invented",
        "invite": "invented",
        "which": "invented",
        "registration_id": "invented",
        "platform_id": PLATFORM,
        "name": issued.envelope.status_list_url.rpartition("/")[2],
        "filename": "bridge.css",
    }


def test_every_route_is_in_the_table(house: House) -> None:
    """A new address is guarded on purpose or not at all."""
    there: dict[str, set[str]] = {}
    for rule in house.app.url_map.iter_rules():
        there.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})

    assert there == {rule: set(verbs) for rule, verbs in ROUTES.items()}


@pytest.mark.parametrize(("method", "rule"), of_kind(*LAUNCHED))
def test_an_address_of_a_launch_opens_nothing_to_whoever_did_not_come_by_it(
    house: House, method: str, rule: str
) -> None:
    """Neither nobody, nor somebody with a launch of their own, by the id of another's."""
    mine = {Kind.LEARNER: ANNA}.get(ROUTES[rule][method], TEACHER)
    before = house.state()

    for launches in ((), (BRUNO,), (OTHER_COURSE,)):
        client = house.browser(*launches)
        answer = house.ask(client, method, house.path(rule, mine), csrf_token=token_of(client), **FORM)

        assert answer.status_code == 403, launches
        assert "Anna" not in answer.text
    assert house.state() == before


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.TEACHER))
def test_nobody_but_a_teacher_opens_a_teacher_s_address(house: House, method: str, rule: str) -> None:
    """A learner and an assistant of this very course, by launches of their own."""
    before = house.state()

    for launch in (ANNA, ASSISTANT):
        client = house.browser(launch)
        answer = house.ask(client, method, house.path(rule, launch), csrf_token=token_of(client), **FORM)

        assert answer.status_code == 403
        assert "Kowalska" not in answer.text
    assert house.state() == before


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.ADMINISTRATOR))
def test_nobody_but_an_administrator_opens_their_pages(house: House, method: str, rule: str) -> None:
    """Neither nobody nor whoever came by a launch; the first page tells how to sign in."""
    before = house.state()

    for launches in ((), (ANNA,), (TEACHER,)):
        client = house.browser(*launches)
        answer = house.ask(client, method, house.path(rule, TEACHER), csrf_token=token_of(client), **FORM)

        if rule in {"/admin/", "/admin/sign-out"}:
            assert answer.location == "/admin/sign-in"
        else:
            assert answer.status_code == 401
            assert "/admin/sign-in" in answer.text
        assert "Kowalska" not in answer.text
    assert house.state() == before


@pytest.mark.parametrize(("method", "rule"), of_kind(*LAUNCHED))
def test_an_administrator_opens_nothing_of_a_launch(house: House, method: str, rule: str) -> None:
    """Running the bridge gives no right to see a class or a learner's page."""
    client, before = house.administrator(), house.state()
    mine = {Kind.LEARNER: ANNA}.get(ROUTES[rule][method], TEACHER)

    answer = house.ask(client, method, house.path(rule, mine), csrf_token=token_of(client), **FORM)

    assert answer.status_code == 403
    assert house.state() == before


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.ADMINISTRATOR, method="GET"))
def test_an_administrator_s_page_is_framed_by_nobody_and_kept_by_nobody(house: House, method: str, rule: str) -> None:
    """No page of another can lay itself over it, and a shared computer keeps none of it."""
    answer = house.ask(house.administrator(), method, house.path(rule, TEACHER))

    assert answer.status_code == (404 if "<" in rule else 200)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("method", "rule"), [each for each in of_kind(Kind.TEACHER) if each[1].count("<") > 1])
def test_an_id_of_another_course_or_platform_is_as_unknown_as_an_invented_one(
    house: House, method: str, rule: str
) -> None:
    """Teachers, by launches of their own into other courses, with ids of this one."""
    before = house.state()

    for launch in (OTHER_COURSE, OTHER_PLATFORM):
        client = house.browser(launch)
        answer = house.ask(client, method, house.path(rule, launch), csrf_token=token_of(client), **FORM)

        assert answer.status_code == 404
    assert house.state() == before


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.TEACHER))
def test_whatever_a_teacher_of_elsewhere_does_leaves_this_course_alone(house: House, method: str, rule: str) -> None:
    """Addresses without an id act on the course of the launch, and on no other."""
    client = house.browser(OTHER_COURSE)
    with house.app.extensions["microcred.pages"].storage.reading() as work:
        before = work.awards.counts(work.offers.enabled()[0].id), len(work.offers.enabled())

    answer = house.ask(client, method, house.path(rule, OTHER_COURSE), csrf_token=token_of(client), **FORM)

    with house.app.extensions["microcred.pages"].storage.reading() as work:
        after = work.awards.counts(work.offers.enabled()[0].id), len(work.offers.enabled())
    assert after == before
    assert "Kowalska" not in answer.text


@pytest.mark.parametrize(("method", "rule"), [each for each in of_kind(Kind.LEARNER) if each[1].count("<") > 1])
def test_another_learner_s_id_is_as_unknown_as_an_invented_one(house: House, method: str, rule: str) -> None:
    """Bruno, by his own launch, with Anna's ids."""
    client, before = house.browser(BRUNO), house.state()

    answer = house.ask(client, method, house.path(rule, BRUNO), csrf_token=token_of(client), **FORM)

    assert answer.status_code == 404
    assert house.state() == before


@pytest.mark.parametrize(("method", "rule"), of_kind(*LAUNCHED, Kind.ADMINISTRATOR, Kind.PUBLIC, method="POST"))
def test_every_form_needs_its_token(house: House, method: str, rule: str) -> None:
    """From the right person, in the right browser, with everything but the token."""
    mine = {Kind.LEARNER: ANNA}.get(ROUTES[rule][method], TEACHER)
    client, before = house.owner(rule, method), house.state()

    answer = house.ask(client, method, house.path(rule, mine), text="{}", language="nl", **FORM)

    assert answer.status_code == 400
    assert "open for too long" in answer.text
    assert house.state() == before


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.SIGNED, Kind.OPERATOR))
def test_what_services_and_operators_use_answers_nobody_without_a_secret(house: House, method: str, rule: str) -> None:
    """401, whatever session a browser has."""
    assert house.ask(house.browser(TEACHER), method, house.path(rule, TEACHER)).status_code == 401


@pytest.mark.parametrize(("method", "rule"), [each for kind in Kind for each in of_kind(kind, method="GET")])
def test_every_page_and_refusal_is_in_dutch_for_whoever_chose_dutch(house: House, method: str, rule: str) -> None:
    """The owner's page, and what a stranger is told instead: no English text of ours, marked as English or not."""
    mine = {Kind.LEARNER: ANNA}.get(ROUTES[rule][method], TEACHER)

    for client in (house.owner(rule, method), house.app.test_client()):
        with client.session_transaction(base_url=TOOL) as session:
            session["language"] = "nl"
        answer = house.ask(client, method, house.path(rule, mine) + "?all=1&verify=1")

        if answer.mimetype == "text/html" and not answer.location:
            assert '<html lang="nl"' in answer.text
            assert english_of_ours(answer.text) == []


def test_whoever_has_no_right_is_logged_without_a_name(house: House) -> None:
    """The view and the code, so that attempts can be counted; no address, which may hold a token, and no person."""
    with capture_logs() as lines:
        house.ask(house.browser(ANNA), "GET", house.path("/teach/<launch_id>", ANNA))
        house.ask(house.app.test_client(), "GET", "/metrics")

    refused = [(line["code"], line["place"]) for line in lines if line["event"] == "not_allowed"]
    assert refused == [("403", "teacher.home"), ("401", "metrics.metrics")]


def test_whoever_goes_around_a_limit_or_a_form_is_logged(house: House) -> None:
    """Asking too often, and a form that no page of ours gave: the view and why, once each."""
    limiter.enabled = True
    limiter.reset()
    with capture_logs() as lines:
        for _ in range(200):
            if house.app.test_client().get("/admin/sign-in").status_code == 429:
                break
        house.app.test_client().post("/verify", data={"text": "x"})
    limiter.reset()
    limiter.enabled = False

    refused = [(line["code"], line["place"]) for line in lines if line["event"] == "not_allowed"]
    assert refused == [("429", "administrators.sign_in"), ("csrf", "verify.check")]


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.INVITED))
def test_without_an_open_invite_nothing_is_registered(house: House, method: str, rule: str) -> None:
    """Guessed invites and other people's registrations."""
    client = house.browser(TEACHER)
    form = {"csrf_token": token_of(client), "issuer": "https://evil.example"}

    answer = house.ask(client, method, house.path(rule, TEACHER), **form)

    assert answer.status_code in {403, 410}


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.MONITORING))
def test_monitoring_learns_no_details_and_gets_no_cookie(house: House, method: str, rule: str) -> None:
    """Nothing about a course or a person, nor why something is wrong."""
    answer = house.ask(house.browser(TEACHER), method, house.path(rule, TEACHER))

    assert set(answer.get_json()) <= {"status", "version", "schema"}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.PUBLISHED))
def test_what_is_published_is_the_same_for_everybody_and_sets_no_cookie(house: House, method: str, rule: str) -> None:
    """Nobody can be recognised by it, and caches may keep it."""
    path = house.path(rule, TEACHER)
    stranger, teacher = house.app.test_client(), house.browser(TEACHER)

    answers = [house.ask(client, method, path) for client in (stranger, teacher)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].data == answers[1].data
    assert [answer.headers.get("Set-Cookie") for answer in answers] == [None, None]


@pytest.mark.parametrize(("method", "rule"), of_kind(Kind.PUBLIC, Kind.MAILED, Kind.INVITED, Kind.OPERATOR))
def test_a_stranger_may_ask_only_so_often(
    house: House, method: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guessing tokens, invites and unguessable addresses is slow."""
    monkeypatch.setattr(limits.storage.memory, "time", SimpleNamespace(time=NOW.timestamp))  # however busy we are
    limiter.enabled = True
    limiter.reset()
    client, path = house.app.test_client(), house.path(rule, TEACHER)

    token = token_of(client)

    statuses = {house.ask(client, method, path, csrf_token=token).status_code for _ in range(61)}

    limiter.reset()
    limiter.enabled = False
    assert 429 in statuses


@pytest.mark.parametrize(("method", "rule"), [each for kind in Kind for each in of_kind(kind)])
def test_every_answer_has_a_strict_policy(house: House, method: str, rule: str) -> None:
    """Pages and refusals alike: scripts by nonce, nothing inline or from elsewhere, framed by the platform only."""
    mine = {Kind.LEARNER: ANNA}.get(ROUTES[rule][method], TEACHER)

    answer = house.ask(house.owner(rule, method), method, house.path(rule, mine))

    policy = answer.headers["Content-Security-Policy"]
    text = answer.data.decode(errors="replace")  # what is no page, such as a ZIP, too
    scripts = re.findall(r"<script\b([^>]*)>", text)
    assert answer.status_code < 500 or answer.status_code == 503
    assert "default-src 'none'" in policy
    assert not re.search(r"unsafe-|\*|https?:(?!//lms\.example)", policy)
    assert all(
        re.search(f"nonce-{nonce[1]}'", policy)
        for nonce in map(re.compile(r'nonce="([^"]+)"').search, scripts)
        if nonce
    )
    assert all("nonce=" in attributes for attributes in scripts)
    assert not re.search(r"<[^>]+\s(?:on\w+|style)=", text)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def token_of(client: FlaskClient) -> str:
    """A good token of this browser."""
    found = TOKEN.search(client.get("/verify", base_url=TOOL).text)
    assert found is not None
    return found[1]
