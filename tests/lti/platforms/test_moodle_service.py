"""Every way in which Moodle's web services refuse, each with its own name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from lti.errors import Fault, PlatformError
from lti.platforms.moodle import Moodle
from lti.platforms.moodle_service import BATCH, Call, MoodleService, flat
from mappings.assessment import CourseId, PlatformId
from tests.lti.conftest import LOCAL
from tests.simulators.moodle import MoodleSimulator, key, refusal
from tests.simulators.server import Asked, Reply

USERS, GRADES = "core_enrol_get_enrolled_users", "gradereport_user_get_grade_items"
ASSIGNMENTS = "mod_assign_get_assignments"


def fault_of(moodle: Moodle) -> PlatformError:
    """Return the error that reading the course raises."""
    with pytest.raises(PlatformError) as raised:
        list(moodle.read(CourseId("3")))
    return raised.value


def asks(function: str) -> Callable[[Asked], bool]:
    """Match the calls of one function."""
    return lambda asked: asked.form.get("wsfunction") == function


@pytest.mark.parametrize(
    ("errorcode", "fault", "retryable"),
    [
        ("invalidtoken", Fault.TOKEN_REFUSED, False),
        ("accessexception", Fault.MISSING_FUNCTION, False),
        ("invalidparameter", Fault.INVALID_REQUEST, False),
        ("invalidrecord", Fault.NOT_FOUND, False),
        ("requireloginerror", Fault.NO_ACCESS, False),
        ("errorcoursecontextnotvalid", Fault.NO_ACCESS, False),
        ("nopermissions", Fault.NO_ACCESS, False),
        ("cannotviewreport", Fault.NO_ACCESS, False),
        ("usernotenroled", Fault.NOT_ENROLLED, False),
        ("invalidresponse", Fault.INVALID_RESPONSE, False),
        ("sitemaintenance", Fault.PLATFORM_DOWN, True),
        ("somethingnew", Fault.UNKNOWN_FAULT, False),
    ],
)
def test_an_exception_with_status_200_is_a_named_error(
    simulator: MoodleSimulator, moodle: Moodle, errorcode: str, fault: Fault, retryable: bool
) -> None:
    """Named by Moodle's errorcode, with the function as the place, and said to be retryable or not."""
    simulator.plan(asks(GRADES), Reply(refusal(errorcode)))

    error = fault_of(moodle)

    assert (error.fault, error.retryable, error.place) == (fault, retryable, GRADES)
    assert str(error) == f"{fault} at {GRADES} ({errorcode})"


def test_an_error_without_code_is_unknown(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """PHP errors come without errorcode; their message, which can name people, is not repeated."""
    simulator.plan(asks(GRADES), Reply({"exception": "Error", "message": "about anna@example.org"}))

    error = fault_of(moodle)

    assert (error.fault, str(error)) == (Fault.UNKNOWN_FAULT, f"unknown_fault at {GRADES}")


def test_a_wrong_token_is_refused(simulator: MoodleSimulator) -> None:
    """The simulator, as Moodle, answers status 200 with «invalidtoken»."""
    moodle = Moodle.connect(PlatformId("moodle"), simulator.url, "f" * 32, LOCAL)

    assert fault_of(moodle).fault is Fault.TOKEN_REFUSED


def test_a_function_outside_the_service_is_missing(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """The place says which function IT has to add."""
    site = simulator.answers["core_webservice_get_site_info", ()]
    site["functions"] = [entry for entry in site["functions"] if entry["name"] != GRADES]

    error = fault_of(moodle)

    assert (error.fault, error.place) == (Fault.MISSING_FUNCTION, GRADES)


def test_an_empty_list_with_a_warning_is_a_missing_right(simulator: MoodleSimulator) -> None:
    """As recorded: an account that is not enrolled gets no assignments and no error."""
    service = MoodleService(simulator.url, simulator.token, LOCAL)

    with pytest.raises(PlatformError) as raised:
        service.call(Call(ASSIGNMENTS, {"courseids": [3]}))

    assert raised.value.fault is Fault.NO_ACCESS


def test_an_empty_list_without_warning_is_an_empty_list(simulator: MoodleSimulator) -> None:
    """A course may have no quiz."""
    simulator.answers["mod_quiz_get_quizzes_by_courses", key({"courseids[0]": 3})] = {"quizzes": [], "warnings": []}
    service = MoodleService(simulator.url, simulator.token, LOCAL)

    assert service.call(Call("mod_quiz_get_quizzes_by_courses", {"courseids": [3]})) == {"quizzes": [], "warnings": []}


def test_an_account_that_sees_nobody_lacks_a_right(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """With separate groups Moodle answers an account without «accessallgroups» with an empty list."""
    simulator.answers[USERS, key({"courseid": 3})] = []

    error = fault_of(moodle)

    assert (error.fault, error.place) == (Fault.NO_ACCESS, USERS)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"<html>Login</html>", "no JSON"),
        (b'{"usergrades": [{"userid": NaN}]}', "no JSON"),
        (b"[]", "the whole answer"),
        (b'{"warnings": []}', "usergrades"),
        (b'{"usergrades": [{"userid": true, "gradeitems": []}]}', "usergrades.0.userid"),
        (b'{"usergrades": [{"userid": 4, "gradeitems": "none"}]}', "usergrades.0.gradeitems"),
        (
            b'{"usergrades": [{"userid": 4, "gradeitems": [{"id": 1, "itemtype": "mod", "graderaw": "A+"}]}]}',
            "usergrades.0.gradeitems.0.graderaw",
        ),
    ],
)
def test_an_answer_of_another_form_is_named_by_its_path(
    simulator: MoodleSimulator, moodle: Moodle, body: bytes, detail: str
) -> None:
    """Never by its value."""
    simulator.plan(asks(GRADES), Reply(body))

    error = fault_of(moodle)

    assert error.fault is Fault.MALFORMED_ANSWER
    assert str(error) == f"malformed_answer at {GRADES} ({detail})"


@pytest.mark.parametrize("status", [502, 503, 504, 429])
def test_what_only_reads_is_asked_again(simulator: MoodleSimulator, moodle: Moodle, status: int) -> None:
    """Twice refused, the third answer counts."""
    simulator.plan(asks(GRADES), Reply(status=status), Reply(status=status, headers={"Retry-After": "0"}))

    assert len(list(moodle.read(CourseId("3")))) == 6


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(status=503, headers={"Retry-After": "0"}), Fault.PLATFORM_DOWN),
        (Reply(status=429, headers={"Retry-After": "0"}), Fault.THROTTLED),
        (Reply(drop=True), Fault.CUT_OFF),
    ],
)
def test_what_stays_away_is_retryable_later(
    simulator: MoodleSimulator, moodle: Moodle, reply: Reply, fault: Fault
) -> None:
    """After four tries in all the error says so."""
    simulator.plan(asks(GRADES), *[reply] * 9)

    error = fault_of(moodle)

    assert (error.fault, error.retryable) == (fault, True)
    assert len(simulator.calls(GRADES)) == 4


def test_a_slow_answer_times_out(simulator: MoodleSimulator) -> None:
    """No request waits for ever."""
    service = MoodleService(simulator.url, simulator.token, replace(LOCAL, read=0.05))
    simulator.plan(lambda _: True, *[Reply(delay=0.5)] * 4)

    with pytest.raises(PlatformError) as raised:
        service.call(Call("core_webservice_get_site_info"))

    assert (raised.value.fault, raised.value.retryable) == (Fault.TIMED_OUT, True)


def test_a_moved_site_is_not_followed(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """A redirect would carry the token to a place nobody has checked."""
    simulator.plan(asks(GRADES), Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}))

    assert fault_of(moodle).fault is Fault.REDIRECTED


def test_the_token_is_in_no_address_and_no_error(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """It travels in the body of a POST."""
    simulator.plan(asks(GRADES), Reply(refusal("nopermissions", message=simulator.token)))

    error = fault_of(moodle)

    assert simulator.token not in repr(error) + str(error) + error.sentence
    assert all(asked.query == () for asked in simulator.asked)


class FourAtOnce(MoodleSimulator):
    """A Moodle that answers as soon as four ask, and notices how many it is asked by."""

    most = under_way = 0

    def answer(self, asked: Asked) -> Reply:
        """Wait for the others first; whoever waits in vain gets no answer."""
        with counting:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        four.wait(10)
        with counting:
            self.under_way -= 1
        return super().answer(asked)


counting, four = threading.Lock(), threading.Barrier(4)


def test_without_batches_four_requests_are_under_way_at_once() -> None:
    """Not one after the other, and never so many that the platform suffers by a large class."""
    with FourAtOnce() as running:
        service = MoodleService(running.url, running.token, LOCAL)
        calls = [Call("mod_quiz_get_quiz_access_information", {"quizid": 3})] * 12

        answers = service.call_each(calls, batch=False)

    assert (len(answers), running.most) == (12, 4)
    assert not [each for each in answers if isinstance(each, PlatformError)]


def test_a_batch_goes_on_after_a_refused_call() -> None:
    """Moodle stops at the first refusal; what follows it is asked in the next round, each answer in its place."""
    with MoodleSimulator(batch=True) as running:
        service = MoodleService(running.url, running.token, LOCAL)
        calls = [Call("mod_quiz_get_quiz_access_information", {"quizid": quiz}) for quiz in (3, 4, 3)]

        first, refused, last = service.call_each(calls, batch=True)

        assert first == last != refused
        assert isinstance(refused, PlatformError)
        assert refused.fault is Fault.INVALID_RESPONSE
        assert len(running.calls(BATCH)) == 2


def test_a_batch_without_answers_is_malformed() -> None:
    """It must not be asked for ever."""
    with MoodleSimulator(batch=True) as running:
        service = MoodleService(running.url, running.token, LOCAL)
        running.plan(asks(BATCH), Reply({"responses": []}))

        with pytest.raises(PlatformError) as raised:
            service.call_each([Call("core_webservice_get_site_info")], batch=True)

    assert raised.value.fault is Fault.MALFORMED_ANSWER


@pytest.mark.parametrize("data", ["{", '"usergrades'])
def test_a_batch_with_broken_answers_is_malformed(data: str) -> None:
    """JSON inside JSON can be cut off too."""
    with MoodleSimulator(batch=True) as running:
        service = MoodleService(running.url, running.token, LOCAL)
        running.plan(asks(BATCH), Reply({"responses": [{"error": False, "data": data}]}))

        with pytest.raises(PlatformError) as raised:
            service.call_each([Call("core_webservice_get_site_info")], batch=True)

    assert (raised.value.fault, raised.value.place) == (Fault.MALFORMED_ANSWER, "core_webservice_get_site_info")


def test_a_refusal_by_an_empty_list_is_found_inside_a_batch_too() -> None:
    """In its place, beside the other answers."""
    with MoodleSimulator(batch=True) as running:
        service = MoodleService(running.url, running.token, LOCAL)
        calls = [Call(ASSIGNMENTS, {"courseids[0]": 3}), Call("core_webservice_get_site_info")]

        refused, site = service.call_each(calls, batch=True)

    assert isinstance(refused, PlatformError)
    assert refused.fault is Fault.NO_ACCESS
    assert not isinstance(site, PlatformError)


@pytest.mark.parametrize("batch", [True, False])
def test_a_token_that_ends_between_calls_is_raised(batch: bool) -> None:
    """It is not about one call: nothing more would be read."""
    with MoodleSimulator(batch=batch) as running:
        service = MoodleService(running.url, running.token, LOCAL)
        running.plan(lambda _: True, Reply(refusal("invalidtoken")))

        with pytest.raises(PlatformError) as raised:
            service.call_each([Call("core_webservice_get_site_info")], batch=batch)

    assert raised.value.fault is Fault.TOKEN_REFUSED


@pytest.mark.parametrize(
    ("status", "fault"), [(404, Fault.NOT_FOUND), (403, Fault.NO_ACCESS), (500, Fault.PLATFORM_DOWN)]
)
def test_a_status_that_is_not_200_is_not_moodles_answer(
    simulator: MoodleSimulator, moodle: Moodle, status: int, fault: Fault
) -> None:
    """A proxy or a wrong address speaks."""
    simulator.plan(asks(GRADES), Reply(b"<html>", status=status))

    assert fault_of(moodle).fault is fault


def test_arguments_are_written_as_php_reads_them() -> None:
    """Lists and objects in brackets, true as 1."""
    arguments = {"courseids": [3, 4], "options": [{"name": "a", "value": True}], "userid": "5"}

    assert flat(arguments) == (
        ("courseids[0]", "3"),
        ("courseids[1]", "4"),
        ("options[0][name]", "a"),
        ("options[0][value]", "1"),
        ("userid", "5"),
    )


def test_the_simulator_speaks_at_moodles_url(simulator: MoodleSimulator) -> None:
    """Elsewhere it has no page."""
    assert simulator.answer(Asked("GET", "/", (), {}, b"")).status == 404
