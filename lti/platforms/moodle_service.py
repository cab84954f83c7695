"""Moodle's REST web services: one call, many calls, and what Moodle says when it refuses.

Moodle answers HTTP 200 to everything; an error is an object with ``exception``. Missing rights can also come as an
empty list with ``warnings``. Both become a :class:`~lti.errors.PlatformError`, so that no refusal is ever read as
«there is nothing» (webservice/rest/locallib.php, Moodle 4.5.6).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal

from requests import Session

from lti.errors import Fault, PlatformError
from lti.network import Answer, Network, Request, open_session, send
from lti.schemas import Flag, Json, load

BATCH = "tool_mobile_call_external_functions"
"""Moodle's own function that calls several others of the same service, with the same rights, in one request."""

_BATCH_SIZE = 60
_IN_FLIGHT = 4
_PATIENCE = 4
"""Moodle computes the grades of all before it sends the first byte: it is waited for longer than others."""

_FAULTS = {
    "invalidtoken": Fault.TOKEN_REFUSED,
    "wsaccessusersuspended": Fault.TOKEN_REFUSED,
    "wsaccessusernologin": Fault.TOKEN_REFUSED,
    "passwordisexpired": Fault.TOKEN_REFUSED,
    # Not in the service, or the protocol capability is missing, or the token has ended: one code for all three.
    "accessexception": Fault.MISSING_FUNCTION,
    "invalidparameter": Fault.INVALID_REQUEST,
    "invalidrecord": Fault.NOT_FOUND,
    "invalidrecordunknown": Fault.NOT_FOUND,
    "requireloginerror": Fault.NO_ACCESS,
    "errorcoursecontextnotvalid": Fault.NO_ACCESS,
    "nopermissions": Fault.NO_ACCESS,
    "nopermission": Fault.NO_ACCESS,
    "cannotviewreport": Fault.NO_ACCESS,
    "accessdenied": Fault.NO_ACCESS,
    "errorreportview": Fault.NO_ACCESS,
    "errorreportaccess": Fault.NO_ACCESS,
    "usernotenroled": Fault.NOT_ENROLLED,
    "notenroled": Fault.NOT_ENROLLED,
    "invalidresponse": Fault.INVALID_RESPONSE,
    "nocriteriaset": Fault.NO_COMPLETION,
    "completionnotenabled": Fault.NO_COMPLETION,
    "competenciesarenotenabled": Fault.NOT_USED,
    "disabled": Fault.NOT_USED,  # messaging, of what is asked for here
    "sitemaintenance": Fault.PLATFORM_DOWN,
    "dmlreadexception": Fault.PLATFORM_DOWN,
    "dbconnectionfailed": Fault.PLATFORM_DOWN,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One function and its arguments."""

    function: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchedAnswer:
    """One answer inside an answer of :data:`BATCH`: JSON as text, either of them empty."""

    error: Flag
    data: Json
    exception: Json


@dataclass(frozen=True, slots=True)
class BatchedAnswers:
    """``tool_mobile_call_external_functions``."""

    responses: tuple[BatchedAnswer, ...]


class MoodleService:
    """The web service of one Moodle site, used with one token.

    Functions that only read may be repeated (:meth:`call`), those that change something may not (:meth:`act`).
    ``url`` is the site's own address (wwwroot). The token travels in the body, never in the address.
    """

    def __init__(self, url: str, token: str, network: Network) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._network = replace(network, read=network.read * _PATIENCE, whole=network.whole * _PATIENCE)
        self._session = open_session(self._network, repeatable=frozenset({"POST"}))
        self._once = open_session(self._network)

    def call(self, call: Call) -> object:
        """Return the answer of one function; raise a named error for anything but an answer."""
        return _checked(self._ask(call, self._session), call.function)

    def act(self, call: Call) -> object:
        """Do the same with a function that changes something: it is asked once and never again by itself."""
        return _checked(self._ask(call, self._once), call.function)

    def call_each(self, calls: Sequence[Call], *, batch: bool) -> list[object | PlatformError]:
        """Return the answers in order, an error in the place of each that was refused.

        With ``batch`` (the service has :data:`BATCH`) sixty go in one request, else four requests are under way at
        once. An error that is not about its own call (network, token, form) is raised.
        """
        if batch:
            return self._in_batches(list(calls))
        with ThreadPoolExecutor(max_workers=_IN_FLIGHT) as workers:
            return list(workers.map(self._answer_or_error, calls))

    def _answer_or_error(self, call: Call) -> object | PlatformError:
        try:
            return self.call(call)
        except PlatformError as error:
            if error.retryable or error.fault in {Fault.TOKEN_REFUSED, Fault.MALFORMED_ANSWER}:
                raise
            return error

    def _in_batches(self, calls: list[Call]) -> list[object | PlatformError]:
        answers: list[object | PlatformError] = []
        while len(answers) < len(calls):
            asked = calls[len(answers) : len(answers) + _BATCH_SIZE]
            got = self._batch(asked)
            # Moodle stops at the first call that fails: what follows it is asked again in the next round.
            answers += [_batched(answer, call) for answer, call in zip(got, asked, strict=False)]
        return answers

    def _batch(self, calls: list[Call]) -> tuple[BatchedAnswer, ...]:
        requests = [{"function": call.function, "arguments": json.dumps(call.arguments)} for call in calls]
        answer = load(BatchedAnswers, self.call(Call(BATCH, {"requests": requests})), place=BATCH)
        if not answer.responses:
            raise PlatformError(Fault.MALFORMED_ANSWER, BATCH, detail="no responses")
        return answer.responses

    def _ask(self, call: Call, session: Session) -> object:
        form = (("wstoken", self._token), ("wsfunction", call.function), ("moodlewsrestformat", "json"))
        request = Request(
            method="POST",
            url=f"{self.url}/webservice/rest/server.php",
            form=(*form, *flat(call.arguments)),
            place=call.function,
        )
        answer = send(session, request, self._network)
        if answer.status != 200:
            raise _status_error(answer)
        return answer.json()


def flat(arguments: Mapping[str, object] | Sequence[object], prefix: str = "") -> tuple[tuple[str, str], ...]:
    """Return arguments as PHP reads them: ``{"courseids": [3]}`` becomes ``courseids[0]=3``; true is 1."""
    pairs: list[tuple[str, str]] = []
    entries = arguments.items() if isinstance(arguments, Mapping) else enumerate(arguments)
    for key, value in entries:
        name = f"{prefix}[{key}]" if prefix else str(key)
        if isinstance(value, Mapping | list | tuple):
            pairs += flat(value, name)
        else:
            pairs.append((name, str(int(value)) if isinstance(value, bool) else str(value)))
    return tuple(pairs)


def _checked(answer: object, function: str) -> object:
    """Return ``answer``; raise where it is an exception, or empty with a warning, which is a refusal."""
    if not isinstance(answer, Mapping):
        return answer
    if "exception" in answer:
        raise _error(answer, function)
    lists = [value for name, value in answer.items() if name != "warnings" and isinstance(value, list)]
    if answer.get("warnings") and lists and not any(lists):
        raise PlatformError(Fault.NO_ACCESS, function, detail="empty list with a warning")
    return answer


def _error(answer: Mapping[str, object], function: str) -> PlatformError:
    """Translate Moodle's exception; its message is not repeated, it can name people."""
    code = str(answer.get("errorcode") or "")
    fault = _FAULTS.get(code, Fault.UNKNOWN_FAULT)
    return PlatformError(fault, function, detail=code if code.isalnum() and code.isascii() else "", undone=True)


def _batched(answer: BatchedAnswer, call: Call) -> object | PlatformError:
    try:
        content = json.loads((answer.exception if answer.error else answer.data) or "null", parse_float=Decimal)
    except ValueError as error:
        raise PlatformError(Fault.MALFORMED_ANSWER, call.function, detail="no JSON in the batch") from error
    if answer.error:
        return _error(content if isinstance(content, Mapping) else {}, call.function)
    try:
        return _checked(content, call.function)
    except PlatformError as error:
        return error


def _status_error(answer: Answer) -> PlatformError:
    if answer.status == 429:
        return PlatformError(Fault.THROTTLED, answer.place, retry_after=answer.retry_after)
    if answer.status >= 500:
        busy = answer.status == 503
        return PlatformError(Fault.PLATFORM_DOWN, answer.place, retry_after=answer.retry_after, undone=busy)
    fault = Fault.NOT_FOUND if answer.status == 404 else Fault.NO_ACCESS
    return PlatformError(fault, answer.place, detail=f"status {answer.status}")
