"""Reading a service with a token: renewal, throttling, paging, and the name of every refusal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lti.errors import Fault, PlatformError
from lti.service import Manners, Service, next_page
from tests.lti.conftest import LOCAL
from tests.simulators.server import Asked, Reply, Simulator


class Numbers(Simulator):
    """A list of four pages; one token is good, and tokens can be renewed twice."""

    good = "token-1"

    def answer(self, asked: Asked) -> Reply:
        """Serve one page, with Canvas' header for a bad token."""
        if asked.headers.get("authorization") != f"Bearer {self.good}":
            return Reply({}, status=401, headers={"WWW-Authenticate": 'Bearer realm="canvas-lms"'})
        page = int(asked.argument("page", "1"))
        here = f"{self.url}{asked.path}"
        link = f'<{here}?page=1>; rel="first",<{here}?page={page + 1}&Mark=AbC>; rel="next"'
        return Reply([page], headers={"Link": link} if page < 4 else {})


class Renewable:
    """A token source that counts up."""

    def __init__(self) -> None:
        self.number = 1

    def current(self) -> str:
        """Return the present token."""
        return f"token-{self.number}"

    def renewed(self, refused: str) -> str:
        """Return the next."""
        self.number += 1
        return self.current()


@pytest.fixture
def numbers() -> Iterator[Numbers]:
    """Serve the four pages."""
    with Numbers() as running:
        yield running


@pytest.fixture
def slept() -> list[float]:
    """Collect the seconds that the service waited."""
    return []


@pytest.fixture
def service(slept: list[float]) -> Service:
    """Read with a sleep that only notes."""
    return Service(Renewable(), LOCAL, Manners(pages=10, sleep=slept.append))


def fault_of(service: Service, url: str) -> PlatformError:
    """Return the error that reading the list raises."""
    with pytest.raises(PlatformError) as raised:
        list(service.pages(url))
    return raised.value


def test_all_pages_are_read(numbers: Numbers, service: Service) -> None:
    """The next link is taken as it is, its letters' case too (bookmarks of Canvas)."""
    pages = [page.json() for page in service.pages(f"{numbers.url}/list")]

    assert pages == [[1], [2], [3], [4]]
    assert [asked.argument("Mark") for asked in numbers.asked] == ["", "AbC", "AbC", "AbC"]


def test_a_refused_token_is_renewed_once(numbers: Numbers, service: Service) -> None:
    """And the same request is sent again."""
    numbers.good = "token-2"

    assert service.get(f"{numbers.url}/list?page=4").json() == [4]
    assert len(numbers.asked) == 2


def test_a_token_that_stays_refused_is_an_error(numbers: Numbers, service: Service) -> None:
    """There is no loop of renewals."""
    numbers.good = "none"

    assert fault_of(service, f"{numbers.url}/list").fault is Fault.TOKEN_REFUSED
    assert len(numbers.asked) == 2


def test_a_bare_401_is_a_missing_permission_for_canvas(numbers: Numbers) -> None:
    """Without ``WWW-Authenticate`` Canvas means the person, not the token."""
    service = Service(Renewable(), LOCAL, Manners(bare_401=False))
    numbers.plan(lambda _: True, Reply({"status": "unauthorized"}, status=401))

    assert fault_of(service, f"{numbers.url}/list").fault is Fault.NO_ACCESS
    assert len(numbers.asked) == 1


@pytest.mark.parametrize(
    "throttle",
    [Reply(status=429), Reply(b"403 Forbidden (Rate Limit Exceeded)\n", status=403)],
    ids=["429", "403 of older Canvas"],
)
def test_a_throttled_request_is_repeated_ever_later(
    numbers: Numbers, service: Service, slept: list[float], throttle: Reply
) -> None:
    """Both ways in which Canvas has said it."""
    numbers.plan(lambda _: True, throttle, throttle)

    assert service.get(f"{numbers.url}/list?page=4").json() == [4]
    assert slept == [1.0, 2.0]


def test_retry_after_is_respected(numbers: Numbers, service: Service, slept: list[float]) -> None:
    """Where the platform says how long, but not longer than a minute."""
    numbers.plan(lambda _: True, Reply(status=429, headers={"Retry-After": "7"}))
    numbers.plan(lambda _: True, Reply(status=429, headers={"Retry-After": "9000"}))

    service.get(f"{numbers.url}/list?page=4")

    assert slept == [7.0, 60.0]


def test_a_throttle_without_end_is_retryable_later(numbers: Numbers, service: Service, slept: list[float]) -> None:
    """With the platform's own wish, where it has one."""
    numbers.plan(lambda _: True, *[Reply(status=429, headers={"Retry-After": "3"})] * 5)

    error = fault_of(service, f"{numbers.url}/list")

    assert (error.fault, error.retryable, error.retry_after) == (Fault.THROTTLED, True, 3.0)
    assert slept == [3.0, 3.0, 4.0, 8.0]


def test_an_ordinary_403_is_a_missing_right(numbers: Numbers, service: Service, slept: list[float]) -> None:
    """It is not waited for."""
    numbers.plan(lambda _: True, Reply({"errors": []}, status=403))

    assert fault_of(service, f"{numbers.url}/list").fault is Fault.NO_ACCESS
    assert slept == []


@pytest.mark.parametrize(("left", "waits"), [("700.0", []), ("100", []), ("40", [6.0]), ("0", [10.0]), ("soon", [])])
def test_little_left_of_the_limit_slows_down(
    numbers: Numbers, service: Service, slept: list[float], left: str, waits: list[float]
) -> None:
    """Canvas refills ten units a second."""
    numbers.plan(lambda _: True, Reply([], headers={"X-Rate-Limit-Remaining": left}))

    service.get(f"{numbers.url}/list")

    assert slept == waits


@pytest.mark.parametrize(
    ("status", "fault", "retryable"),
    [
        (400, Fault.INVALID_REQUEST, False),
        (404, Fault.NOT_FOUND, False),
        (412, Fault.NO_ACCESS, False),
        (418, Fault.UNKNOWN_FAULT, False),
        (422, Fault.COURSE_CONCLUDED, False),
        (500, Fault.PLATFORM_DOWN, True),
        (503, Fault.PLATFORM_DOWN, True),
    ],
)
def test_a_status_is_a_named_error(
    numbers: Numbers, service: Service, status: int, fault: Fault, retryable: bool
) -> None:
    """By the number alone: there may be no text."""
    numbers.plan(lambda _: True, *[Reply(b"", status=status, headers={"Retry-After": "0"})] * 4)

    error = fault_of(service, f"{numbers.url}/list?token=x")

    assert (error.fault, error.retryable) == (fault, retryable)
    assert str(error) == f"{fault} at http://127.0.0.1/list (status {status})"


@pytest.mark.parametrize(
    "link",
    [
        '<http://127.0.0.2:1/list>; rel="next"',
        '<https://evil.example/list>; rel="next"',
        '<//evil.example/list>; rel="next"',
        '<https://127.0.0.1/list>; rel="next"',
    ],
)
def test_a_next_page_on_another_origin_is_refused(numbers: Numbers, service: Service, link: str) -> None:
    """It would get the token."""
    numbers.plan(lambda _: True, Reply([], headers={"Link": link}))

    assert fault_of(service, f"{numbers.url}/list").fault is Fault.FOREIGN_PAGE
    assert len(numbers.asked) == 1


def test_a_list_in_a_circle_ends(numbers: Numbers, service: Service) -> None:
    """A page that was there before is not asked for again."""
    back = Reply([], headers={"Link": f'<{numbers.url}/list>; rel="next"'})
    numbers.plan(lambda _: True, back, back)

    assert fault_of(service, f"{numbers.url}/list").fault is Fault.TOO_MANY_PAGES


def test_a_list_without_end_ends(numbers: Numbers) -> None:
    """At the most pages that a list may have."""
    service = Service(Renewable(), LOCAL, Manners(pages=3))

    assert fault_of(service, f"{numbers.url}/list").fault is Fault.TOO_MANY_PAGES
    assert len(numbers.asked) == 3


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ("", None),
        ('<http://h/a?page=1>; rel="current",<http://h/a?page=2>; rel="next"', "http://h/a?page=2"),
        ('</a?page=2>; rel="next"', "http://h/a?page=2"),
        ("<http://h/a?page=2>; rel=next", "http://h/a?page=2"),
        ('<http://h/a?page=2>; title="x"; rel="next"; a=b', "http://h/a?page=2"),
        ('<http://h/a?page=9>; rel="last"', None),
        ("<http://h/a?page=2>; rel=“next”", None),
    ],
)
def test_the_link_header_says_the_next_page(
    numbers: Numbers, service: Service, link: str, following: str | None
) -> None:
    """RFC 8288; Moodle's malformed one of its line items (curly quotes) is none."""
    answer = service.get(f"{numbers.url}/list?page=4")

    found = next_page(type(answer)(200, {"link": link}, b"", "http://h/a"))

    assert found == following
