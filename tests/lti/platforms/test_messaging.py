"""Telling one person something through Moodle and through Canvas, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from joserfc.jwk import RSAKey

from lti import roster
from lti.errors import Fault, PlatformError
from lti.network import Network
from lti.platforms.canvas import MANNERS, Canvas
from lti.platforms.messaging import Line, Message, Messaging
from lti.platforms.moodle import Moodle
from lti.service import Service
from lti.tokens import Client, ClientCredentials, FixedToken, TokensInMemory, signer
from mappings.assessment import CourseId, LearnerId, PlatformId
from tests.lti.conftest import LOCAL
from tests.simulators.canvas import CanvasSimulator, lti_id
from tests.simulators.moodle import MoodleSimulator, refusal
from tests.simulators.server import Asked, Reply
from tests.simulators.token_desk import Client as RegisteredClient
from tests.simulators.token_desk import TokenDesk

ADA101, DATA_ETHICS = CourseId("3"), CourseId("565")
ANNA = LearnerId("4")
SENDING = "core_message_send_instant_messages"
READY = Message(
    "Your <credential> is ready", (Line("Sealed by A & B."), Line("Open it:", "https://b.example/?a=1&b=2"))
)
TOOL_KEY = RSAKey.generate_key(2048, private=True)


def sends(asked: Asked) -> bool:
    """Whether a request sends something."""
    return asked.form.get("wsfunction") == SENDING or asked.path.endswith("/conversations")


def fault_of(platform: Messaging, course: CourseId = ADA101, learner: LearnerId = ANNA) -> PlatformError:
    """Return the error of sending."""
    with pytest.raises(PlatformError) as raised:
        platform.message(course, learner, READY)
    return raised.value


def test_moodle_sends_one_instant_message_as_html(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """To the person alone, in paragraphs whose text cannot become markup."""
    moodle.message(ADA101, ANNA, READY)

    (form,) = simulator.calls(SENDING)
    assert (form["messages[0][touserid]"], form["messages[0][textformat]"]) == ("4", "1")
    assert form["messages[0][text]"] == (
        "<p><b>Your &lt;credential&gt; is ready</b></p><p>Sealed by A &amp; B.</p>"
        '<p><a href="https://b.example/?a=1&amp;b=2">Open it</a></p>'
    )


def test_a_moodle_message_that_is_not_wanted_is_a_failure(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Moodle answers 200 with a message id of -1 (as recorded for an account that shares no course)."""
    simulator.unwilling.add(ANNA)

    error = fault_of(moodle)

    assert (error.fault, error.retryable, error.perhaps_done) == (Fault.NOT_WANTED, False, False)


@pytest.mark.parametrize(
    ("reply", "fault", "perhaps"),
    [
        (Reply(drop=True), Fault.CUT_OFF, True),
        (Reply(status=502), Fault.PLATFORM_DOWN, True),
        (Reply(status=503), Fault.PLATFORM_DOWN, False),
        (Reply(refusal("sitemaintenance")), Fault.PLATFORM_DOWN, False),
        (Reply(b"<html>"), Fault.MALFORMED_ANSWER, True),
        (Reply(refusal("accessexception")), Fault.MISSING_FUNCTION, False),
        (Reply(refusal("disabled")), Fault.NOT_USED, False),
    ],
)
def test_a_message_is_never_repeated_by_itself(
    simulator: MoodleSimulator, moodle: Moodle, reply: Reply, fault: Fault, perhaps: bool
) -> None:
    """One request, whatever comes of it, and the error says whether it may have been sent."""
    simulator.plan(sends, *[reply] * 3)

    error = fault_of(moodle)

    assert (error.fault, error.perhaps_done) == (fault, perhaps)
    assert len(simulator.calls(SENDING)) == 1


def test_a_moodle_that_is_not_there_sent_nothing() -> None:
    """Nobody listens at that port."""
    with MoodleSimulator() as gone:
        url = gone.url

    error = fault_of(Moodle.connect(PlatformId("moodle"), url, "token", Network(allowed=LOCAL.allowed, pause=0.0)))

    assert (error.fault, error.retryable, error.perhaps_done) == (Fault.UNREACHABLE, True, False)


@pytest.fixture
def canvas_simulator() -> Iterator[CanvasSimulator]:
    """Serve the course with a token made by hand."""
    desk = TokenDesk(RegisteredClient("tool-1", TOOL_KEY, frozenset({roster.SCOPE})), checks_audience=True)
    with CanvasSimulator(desk=desk) as running:
        running.tokens.add("made-by-hand")
        yield running


@pytest.fixture
def canvas(canvas_simulator: CanvasSimulator) -> Canvas:
    """A Canvas whose people are known by their LTI ids."""
    client = Client("https://canvas.instructure.com", "tool-1", f"{canvas_simulator.url}/login/oauth2/token")
    key = signer(TOOL_KEY.as_pem(private=True), "key-1")
    lti = Service(ClientCredentials(client, frozenset({roster.SCOPE}), key, LOCAL, store=TokensInMemory()), LOCAL)
    return Canvas.connect(PlatformId("canvas"), canvas_simulator.url, FixedToken("made-by-hand"), LOCAL, lti=lti)


def conversations(simulator: CanvasSimulator) -> list[dict[str, str]]:
    """The conversations that were begun."""
    return [asked.form for asked in simulator.asked if sends(asked)]


def test_canvas_begins_a_conversation_with_the_user_behind_the_lti_id(
    canvas_simulator: CanvasSimulator, canvas: Canvas
) -> None:
    """Plain text, apart from earlier ones, in the context of the course."""
    canvas.message(DATA_ETHICS, LearnerId(lti_id(48)), READY)

    assert conversations(canvas_simulator) == [
        {
            "recipients[]": "48",
            "subject": "Your <credential> is ready",
            "body": "Sealed by A & B.\n\nOpen it:\nhttps://b.example/?a=1&b=2",
            "force_new": "true",
            "context_code": "course_565",
        }
    ]


def test_canvas_reads_the_roster_once_for_many_messages(canvas_simulator: CanvasSimulator, canvas: Canvas) -> None:
    """A class is told with one request a person."""
    for user in (48, 49, 50):
        canvas.message(DATA_ETHICS, LearnerId(lti_id(user)), READY)

    rosters = [asked for asked in canvas_simulator.asked if asked.path.endswith("/names_and_roles")]
    assert len(rosters) == 2
    assert len(conversations(canvas_simulator)) == 3


def test_canvas_cannot_tell_somebody_who_is_not_in_the_course(canvas: Canvas) -> None:
    """They have no id there that the bridge could know."""
    error = fault_of(canvas, DATA_ETHICS, LearnerId("nobody"))

    assert (error.fault, error.perhaps_done) == (Fault.NOT_ENROLLED, False)


def test_a_canvas_conversation_is_never_repeated_by_itself(canvas_simulator: CanvasSimulator, canvas: Canvas) -> None:
    """The connection ended after the request: it may be there."""
    canvas_simulator.plan(sends, *[Reply(drop=True)] * 3)

    error = fault_of(canvas, DATA_ETHICS, LearnerId(lti_id(48)))

    assert (error.fault, error.perhaps_done) == (Fault.CUT_OFF, True)
    assert len(conversations(canvas_simulator)) == 1


def test_a_throttled_conversation_is_begun_later(canvas_simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Canvas did nothing yet, and says so."""
    slept: list[float] = []
    tokens = FixedToken("made-by-hand")
    manners = type(MANNERS)(bare_401=False, accept=MANNERS.accept, sleep=slept.append)
    patient = Canvas(PlatformId("canvas"), canvas_simulator.url, Service(tokens, LOCAL, manners))
    canvas_simulator.plan(sends, Reply(status=429))

    patient.message(DATA_ETHICS, LearnerId("48"), READY)

    assert len(conversations(canvas_simulator)) == 2
    assert slept
