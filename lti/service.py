"""Authenticated use of a platform's services: LTI services and Canvas' REST API.

Every request has a bearer token, limits (:mod:`lti.network`), and an end that is either an answer or a named error
that says whether to try again. In this order for each request:

1. one request at a time for each token, as Canvas asks; slower where Canvas says that little is left of its limit;
2. 401 with ``WWW-Authenticate`` (or from an LTI service): the token is renewed once, and the request repeated;
3. throttled (429; 403 «Rate Limit Exceeded» of Canvas before October 2025): waits grow, then it is an error;
4. any other status but 200 is an error by its number alone (IMS services send no usable text).

Lists are followed by ``Link: rel="next"`` (RFC 8288), on the same origin only, never in a circle, and only so far.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from lti.errors import Fault, PlatformError
from lti.network import Answer, Network, Request, open_session, place_of, send
from lti.tokens import TokenSource

_NEXT = re.compile(r'<([^<>]*)>([^<]*?);\s*rel="?next"?(?=[;,\s]|$)', re.IGNORECASE)
_LOW = 100.0
"""Canvas refills its bucket of 700 with 10 units a second: below this many units the next request waits."""

_FAULTS = {
    400: Fault.INVALID_REQUEST,
    401: Fault.NO_ACCESS,
    403: Fault.NO_ACCESS,
    404: Fault.NOT_FOUND,
    406: Fault.INVALID_REQUEST,
    410: Fault.NOT_FOUND,
    412: Fault.NO_ACCESS,
    422: Fault.COURSE_CONCLUDED,
    429: Fault.THROTTLED,
}


@dataclass(frozen=True, slots=True)
class Manners:
    """How a platform likes to be read.

    ``pages`` is the most pages one list may have: there is one submission for each learner and assignment, and Canvas
    shows a hundred on a page. ``waits`` are the seconds after each throttled try.
    ``bare_401`` says that a 401 without ``WWW-Authenticate`` is about the token too: so in Moodle's LTI services;
    in Canvas it is a missing permission.
    """

    pages: int = 5_000
    waits: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    bare_401: bool = True
    accept: str = "application/json"
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)


class Service:
    """Asks with one token. Safe to share between threads."""

    def __init__(self, tokens: TokenSource, network: Network, manners: Manners | None = None) -> None:
        self._tokens = tokens
        self._network = network
        self._manners = manners or Manners()
        self._session = open_session(network, again_on=frozenset({502, 503, 504}))
        self._in_flight = threading.Lock()

    def get(self, url: str, *, accept: str = "") -> Answer:
        """Return the answer to a GET; its status is 200."""
        return self._answer(Request(url=url, headers={"Accept": accept or self._manners.accept}), frozenset({200}))

    def post(self, url: str, form: tuple[tuple[str, str], ...]) -> Answer:
        """Return the answer to a form that changes something; its status is one of success.

        It is sent again only where the answer shows that nothing was done: throttled, or the token was refused.
        """
        request = Request(method="POST", url=url, headers={"Accept": self._manners.accept}, form=form)
        return self._answer(request, frozenset({200, 201, 202}))

    def _answer(self, request: Request, good: frozenset[int]) -> Answer:
        with self._in_flight:
            token = self._tokens.current()
            answer = self._patiently(request, token)
            if self._is_about_the_token(answer):
                answer = self._patiently(request, self._tokens.renewed(token))
                if self._is_about_the_token(answer):
                    raise PlatformError(Fault.TOKEN_REFUSED, answer.place)
            self._mind_the_limit(answer)
        if answer.status not in good:
            raise status_error(answer)
        return answer

    def pages(self, url: str, *, accept: str = "") -> Iterator[Answer]:
        """Yield the answers of a list, page by page."""
        asked: set[str] = set()
        following: str | None = url
        while following is not None:
            if following in asked or len(asked) >= self._manners.pages:
                raise PlatformError(Fault.TOO_MANY_PAGES, place_of(url))
            asked.add(following)
            answer = self.get(following, accept=accept)
            yield answer
            following = next_page(answer)

    def _patiently(self, request: Request, token: str) -> Answer:
        authorized = replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})
        for wait in (*self._manners.waits, None):
            answer = send(self._session, authorized, self._network)
            if not is_throttled(answer):
                return answer
            if wait is None:
                break
            self._manners.sleep(max(wait, min(answer.retry_after or 0.0, 60.0)))
        raise PlatformError(Fault.THROTTLED, answer.place, retry_after=answer.retry_after)

    def _is_about_the_token(self, answer: Answer) -> bool:
        return answer.status == 401 and (self._manners.bare_401 or "www-authenticate" in answer.headers)

    def _mind_the_limit(self, answer: Answer) -> None:
        try:
            left = float(answer.headers.get("x-rate-limit-remaining", _LOW))
        except ValueError:
            return
        if left < _LOW:
            self._manners.sleep(min((_LOW - left) / 10.0, 10.0))


def is_throttled(answer: Answer) -> bool:
    """Say whether the platform asks to be read more slowly."""
    return answer.status == 429 or (answer.status == 403 and b"rate limit exceeded" in answer.body[:500].lower())


def next_page(answer: Answer) -> str | None:
    """Return the address of the next page, None where this is the last; raise where it is on another origin."""
    found = _NEXT.search(answer.headers.get("link", ""))
    if found is None:
        return None
    following = urljoin(answer.url, str(found[1]))
    if _origin(following) != _origin(answer.url):
        raise PlatformError(Fault.FOREIGN_PAGE, answer.place)
    return following


def status_error(answer: Answer) -> PlatformError:
    """Return the error that a status other than 200 means."""
    fault = Fault.PLATFORM_DOWN if answer.status >= 500 else _FAULTS.get(answer.status, Fault.UNKNOWN_FAULT)
    detail, busy = f"status {answer.status}", answer.status == 503
    return PlatformError(fault, answer.place, detail=detail, retry_after=answer.retry_after, undone=busy)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
