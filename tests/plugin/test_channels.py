"""The channels of an institution as they are wired: a Moodle and a mail server really receive what is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from lti.network import Network
from lti.platforms import Platform
from lti.platforms.moodle import Moodle
from plugin.channels import LmsChannel, delivery_tools
from plugin.delivery import DeliveryTools, deliver
from plugin.errors import NoticeDeferred
from plugin.settings import Settings
from plugin.storage.awards import State
from plugin.storage.deliveries import Outcome
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage
from plugin.web import letters
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.conftest import PUBLIC_URL
from tests.simulators.mail_server import MailServerSimulator
from tests.simulators.moodle import MoodleSimulator, refusal
from tests.simulators.server import Reply

ANNA, BRUNO = "45"
SENDING = "core_message_send_instant_messages"
LOCAL = Network(allowed=(ip_network("127.0.0.0/8"),), connect=2, read=2, whole=5, pause=0.01)


@pytest.fixture
def moodle() -> Iterator[MoodleSimulator]:
    """The Moodle of the course."""
    with MoodleSimulator() as running:
        yield running


@pytest.fixture
def mail() -> Iterator[MailServerSimulator]:
    """The institution's mail server."""
    with MailServerSimulator() as running:
        yield running


@pytest.fixture
def bench(sqlite_storage: Storage) -> Bench:
    """Anna, whose platform speaks Dutch to her, and Bruno are sealed."""
    bench = a_bench(sqlite_storage)
    anna = bench.platform.records[ANNA].learner  # type: ignore[index]
    bench.platform.change(ANNA, learner=replace(anna, email="anna@u.example", locale="nl_BE"))
    bench.seal_all()
    return bench


def wired(bench: Bench, moodle: MoodleSimulator, mail: MailServerSimulator | None, **more: object) -> DeliveryTools:
    """Delivery as an installation with these settings has it."""
    server: dict[str, object] = {}
    if mail:
        server = {"mail_host": "127.0.0.1", "mail_port": mail.port, "mail_tls": "none", "mail_from": "c@u.example"}
    settings = Settings(public_url=PUBLIC_URL, **(server | more))  # type: ignore[arg-type]

    def connect(connected: Connected) -> Platform:
        return Moodle.connect(connected.id, moodle.url, moodle.token, LOCAL)

    return delivery_tools(settings, bench.storage, connect, clock=bench.clock, write=letters.write)


def tell(bench: Bench, tools: DeliveryTools, learner: str = ANNA) -> State:
    """Tell a learner, and return the state of the award."""
    return deliver(tools, bench.awards()[learner].id).state


def test_a_message_in_the_platform_comes_first(
    bench: Bench, moodle: MoodleSimulator, mail: MailServerSimulator
) -> None:
    """In the language that the platform speaks to the learner, with the course and the way to mute it."""
    state = tell(bench, wired(bench, moodle, mail))

    (form,) = moodle.calls(SENDING)
    text = form["messages[0][text]"]
    assert (state, form["messages[0][touserid]"], mail.received) == (State.DELIVERED, "4", [])
    assert "is klaar" in text
    assert f"{PUBLIC_URL}/notices/" in text


def test_a_mail_goes_where_the_platform_does_not_reach_the_person(
    bench: Bench, moodle: MoodleSimulator, mail: MailServerSimulator
) -> None:
    """Moodle answered -1: both outcomes are kept, and the learner is told once."""
    moodle.unwilling.add(ANNA)

    state = tell(bench, wired(bench, moodle, mail))

    (received,) = mail.received
    assert (state, received.to) == (State.DELIVERED, "anna@u.example")
    assert "is klaar" in received.mail["Subject"]
    assert received.mail["Message-ID"].startswith("<ready.")
    reserved = bench.credential(ANNA)
    assert reserved is not None
    with bench.storage.reading() as work:
        kept = work.deliveries.of((reserved.envelope.id,))[reserved.envelope.id]
    assert {each.parcel.channel: (each.outcome, each.error) for each in kept} == {
        "lms": (Outcome.FAILED, "not_wanted"),
        "mail": (Outcome.SENT, ""),
    }


def test_a_mail_holds_no_grade_no_name_and_no_credential(
    bench: Bench, moodle: MoodleSimulator, mail: MailServerSimulator
) -> None:
    """What a stranger who reads it learns is that there is a credential of this title."""
    tell(bench, wired(bench, moodle, mail, notices="mail"))

    received = mail.received[0].mail
    text = f"{received['Subject']} {received.get_content()}"
    assert "Kowalska" not in text
    assert [part.get_content_type() for part in received.walk()] == ["text/plain"]
    assert all(
        address.startswith((f"{PUBLIC_URL}/notices/", f"{PUBLIC_URL}/recover"))
        for address in re.findall(r"https?://\S+", text)
    )


def test_a_platform_in_maintenance_is_told_later(
    bench: Bench, moodle: MoodleSimulator, mail: MailServerSimulator
) -> None:
    """It says that it did nothing; the mail does not jump the queue, for the message will come."""
    tools = wired(bench, moodle, mail)
    moodle.plan(lambda asked: asked.form.get("wsfunction") == SENDING, Reply(refusal("sitemaintenance")))

    with pytest.raises(NoticeDeferred):
        tell(bench, tools)
    state = tell(bench, tools)

    assert (state, len(moodle.calls(SENDING)), mail.received) == (State.DELIVERED, 2, [])


def test_without_mail_and_without_the_function_only_the_page_tells(bench: Bench, moodle: MoodleSimulator) -> None:
    """The award stays sealed: nobody was told, and nothing says otherwise."""
    site = moodle.answers["core_webservice_get_site_info", ()]
    site["functions"] = [each for each in site["functions"] if each["name"] != SENDING]

    assert tell(bench, wired(bench, moodle, None)) is State.SEALED


def test_a_learner_without_an_address_is_named(
    bench: Bench, moodle: MoodleSimulator, mail: MailServerSimulator
) -> None:
    """The platform withholds addresses: the teacher reads that there is none."""
    bruno = bench.platform.records[BRUNO].learner  # type: ignore[index]
    bench.platform.change(BRUNO, learner=replace(bruno, email=""))
    with bench.storage.begin() as work:
        work.assessments.record(next(iter(bench.platform.read(bench.offer.course, (bruno.id,)))))

    state = tell(bench, wired(bench, moodle, mail, notices="mail"), BRUNO)

    reserved = bench.credential(BRUNO)
    assert reserved is not None
    with bench.storage.reading() as work:
        (kept,) = work.deliveries.of((reserved.envelope.id,))[reserved.envelope.id]
    assert (state, kept.outcome, kept.error) == (State.SEALED, Outcome.FAILED, "no_address")


def test_a_connection_is_kept_for_ten_minutes(bench: Bench, moodle: MoodleSimulator) -> None:
    """It knows who is who; after that somebody may have changed the token."""
    opened: list[str] = []
    now = [0.0]

    def connect(platform: str) -> Platform:
        opened.append(platform)
        return Moodle.connect(bench.offer.platform, moodle.url, moodle.token, LOCAL)

    channel = LmsChannel(connect, clock=lambda: now[0])
    tools = replace(wired(bench, moodle, None), channels=(channel,))
    tell(bench, tools)
    tell(bench, tools, BRUNO)
    once: Callable[[], int] = opened.__len__
    assert once() == 1

    now[0] = 601.0
    channel._platform(bench.offer.platform)

    assert once() == 2
