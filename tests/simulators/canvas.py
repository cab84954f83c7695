"""A Canvas that speaks its REST API, its OAuth2 refresh and its LTI services at Canvas' own URLs.

From Canvas' source and documentation; never compared with a live Canvas. It keeps Canvas' habits that hurt: ten
entries a page unless asked, a hundred at most, opaque next links, fifty members a page, ids as numbers unless asked
for texts, concluded enrollments left out unless asked for, ``include[]`` ignored in silence by some keys, 401 with
``WWW-Authenticate`` for a bad token and without for a missing permission or scope.

In a test: ``with CanvasSimulator() as canvas: ...``. By hand: ``python -m tests.simulators.canvas --port 8124``.
"""

from __future__ import annotations

import argparse
import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from lti import gradebook, roster
from lti.authorization import CANVAS_SCOPES, challenge_of
from tests.log_watch import plant
from tests.simulators.canvas_course import CanvasCourse, Payload, data_ethics, example
from tests.simulators.server import Asked, Reply, Simulator
from tests.simulators.token_desk import TokenDesk

CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "10000000000007", "secret-of-the-developer-key", "refresh-for-good"
CODE = "code-of-an-agreeing-person"
"""A code that needs no visit: for tests of the exchange alone."""
NO_PERMISSION = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
REFUSED_REFRESH = next(
    each for each in example("oauth_authorization_code")["errors"] if "refresh_token not found" in str(each)
)
NOT_THERE = {"errors": [{"message": "The specified resource does not exist."}]}
_PAGE_OF_MEMBERS = 50


class CanvasSimulator(Simulator):
    """Canvas with one course.

    ``includes`` is the tick «Allow Include Parameters» of the developer key; ``forbidden`` are path parts that the
    token's user may not read; ``concluded`` ends the course for LTI services.
    """

    def __init__(
        self, course: CanvasCourse | None = None, *, includes: bool = True, desk: TokenDesk | None = None, port: int = 0
    ) -> None:
        self.course = data_ethics() if course is None else course
        super().__init__(port)
        self.includes = includes
        self.desk = desk
        self.concluded = False
        self.forbidden: set[str] = set()
        self.tokens: set[str] = set()
        self.codes: dict[str, str] = {}
        self.refresh_tokens = {REFRESH_TOKEN}
        self.agrees = True
        self.roles = dict(_ROLES)

    def agree(self, address: str) -> str:
        """Do what the person's browser does at Canvas, and return where Canvas sends it back to.

        A code is bound to the challenge that came along, and works once.
        """
        asked = dict(parse_qsl(urlsplit(address).query))
        problem = "" if self.agrees else "access_denied"
        if asked["client_id"] != CLIENT_ID or asked["response_type"] != "code":
            problem = "invalid_request"
        elif not set(asked["scope"].split()) <= set(CANVAS_SCOPES):
            problem = "invalid_scope"
        code = plant(secrets.token_urlsafe(16))
        self.codes[code] = asked.get("code_challenge", "")
        answer = {"error": problem} if problem else {"code": code}
        return f"{asked['redirect_uri']}?{urlencode({**answer, 'state': asked['state']})}"

    def revoke(self) -> None:
        """Take the authorisation back, as its user or an administrator does."""
        self.refresh_tokens.clear()
        self.tokens.clear()

    def answer(self, asked: Asked) -> Reply:
        """Answer a token request, an LTI service or the REST API."""
        if asked.path == "/login/oauth2/token":
            return self._token(asked)
        if asked.path.startswith("/api/lti/"):
            return self._lti(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            body = {"errors": [{"message": "Invalid access token."}]}
            return Reply(body, status=401, headers={"WWW-Authenticate": 'Bearer realm="canvas-lms"'})
        if any(part in asked.path for part in self.forbidden):
            return Reply(NO_PERMISSION, status=401)
        return self._as_asked(asked, self._rest(asked))

    def _token(self, asked: Asked) -> Reply:
        form = asked.form
        if form.get("grant_type") == "client_credentials" and self.desk is not None:
            return self.desk.give(asked, f"{self.url}{asked.path}")
        by_code = form.get("grant_type") == "authorization_code"
        known = self._is_open_code(form) if by_code else form.get("refresh_token") in self.refresh_tokens
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET) or not known:
            return Reply(REFUSED_REFRESH["body"], status=REFUSED_REFRESH["status"])
        token = plant(f"1/{secrets.token_urlsafe(16)}")
        self.tokens.add(token)
        answer = example("oauth_authorization_code")["token" if by_code else "refresh"]
        given = {"access_token": token} | ({"refresh_token": self._new_refresh_token()} if by_code else {})
        return Reply((answer if by_code else answer["response"]) | given)

    def _is_open_code(self, form: dict[str, str]) -> bool:
        """RFC 7636 section 4.6, where a challenge came with the request."""
        if form.get("code") == CODE:
            return True
        challenge = self.codes.pop(form.get("code", ""), None)
        return challenge is not None and challenge in {"", challenge_of(form.get("code_verifier", ""))}

    def _new_refresh_token(self) -> str:
        token = plant(secrets.token_urlsafe(24))
        self.refresh_tokens.add(token)
        return token

    def _rest(self, asked: Asked) -> Reply:
        if (asked.method, asked.path) == ("POST", "/api/v1/conversations"):
            return self._conversation(asked)
        if found := re.fullmatch(r"/api/v1/outcomes/(\d+)", asked.path):
            return next((Reply(one) for one in self.course.outcomes if str(one["id"]) == found[1]), _not_there())
        names = f"{self.course.id}|lti_context_id:{self.course.course['uuid']}"
        found = re.fullmatch(rf"/api/(v1|quiz/v1)/courses/(?:{names})/?(.*)", asked.path)
        read = _LISTS.get(f"{found[1]} {found[2]}") if found else None
        return read(self, asked) if read else _not_there()

    def _conversation(self, asked: Asked) -> Reply:
        """Begin a conversation with a person who is active in the course; without one Canvas answers 400."""
        user, body = asked.form.get("recipients[]", ""), asked.form.get("body", "")
        active = {str(row["user_id"]) for row in self.course.enrollments if row["enrollment_state"] == "active"}
        blank = {"recipients": [{"attribute": "recipients", "message": "blank", "type": "blank"}]}
        if not user or not body:
            return Reply({"errors": blank}, status=400)
        if user not in active:
            return Reply({"errors": [{"message": "restricted by role"}]}, status=400)
        answer = example("notify_conversation")["response_sync"][0]
        return Reply([answer | {"subject": asked.form.get("subject", ""), "last_message": body}], status=201)

    def _as_asked(self, asked: Asked, reply: Reply) -> Reply:
        if "string-ids" in asked.headers.get("accept", ""):
            return replace(reply, body=_with_text_ids(reply.body))
        return reply

    def _paged(self, asked: Asked, rows: list[Payload], *, bookmarks: bool = False) -> Reply:
        size = min(int(asked.argument("per_page", "10")), 100)
        page = asked.argument("page", "1")
        number = int(base64.urlsafe_b64decode(page.removeprefix("bookmark:"))) if ":" in page else int(page)
        following = str(number + 1)
        if bookmarks:
            following = "bookmark:" + base64.urlsafe_b64encode(following.encode()).decode()
        others = "".join(f"&{name}={value}" for name, value in asked.query if name != "page")
        more = number * size < len(rows)
        link = f'<{self.url}{asked.path}?page={following}{others}>; rel="next"'
        return Reply(rows[(number - 1) * size : number * size], headers={"link": link} if more else {})

    def _course(self, asked: Asked) -> Reply:
        return Reply(self.course.course)

    def _enrollments(self, asked: Asked) -> Reply:
        states = {value for name, value in asked.query if name == "state[]"} or {"active", "invited"}
        rows = [row for row in self.course.enrollments if row["enrollment_state"] in states]
        return self._paged(asked, rows, bookmarks=True)

    def _submissions(self, asked: Asked) -> Reply:
        users = {value for name, value in asked.query if name == "student_ids[]"}
        graded, submitted = asked.argument("graded_since"), asked.argument("submitted_since")
        if "all" in users and not (graded or submitted):
            return self._paged(asked, self.course.submissions)
        rows = [
            row
            for row in self.course.submissions
            if ("all" in users or str(row["user_id"]) in users)
            and (not graded or (row["graded_at"] or "") >= graded)
            and (not submitted or (row["submitted_at"] or "") >= submitted)
        ]
        return self._paged(asked, rows)

    def _progress(self, asked: Asked) -> Reply:
        if not self.course.module_based:
            answer = example("rest_course_progress")["bulk"]["not_module_based"]
            return Reply(answer["body"], status=answer["status"])
        return self._paged(asked, self.course.progress)

    def _rollups(self, asked: Asked) -> Reply:
        page = self._paged(asked, self.course.rollups)
        linked = self.includes and ("include[]", "outcomes") in asked.query
        body = {"rollups": page.body} | ({"linked": {"outcomes": self.course.outcomes}} if linked else {})
        return replace(page, body=body)

    def _lti(self, asked: Asked) -> Reply:
        if found := re.fullmatch(r"/api/lti/courses/(\d+)/(names_and_roles|line_items)(.*)", asked.path):
            scope = _LTI_SCOPES[found[2] if not found[3].endswith("/results") else "results"]
            if self.desk is None or not self.desk.allows(asked, scope):
                return Reply({"errors": {"type": "unauthorized"}}, status=401)
            if found[1] == self.course.id:
                return self._members(asked) if found[2] == "names_and_roles" else self._own_items(asked, found[3])
        return _not_there()

    def _members(self, asked: Asked) -> Reply:
        """Active enrollments only; with ``rlid`` each with the message that a launch would carry."""
        rows = [row for row in self.course.enrollments if row["enrollment_state"] == "active"]
        size = min(int(asked.argument("limit", "10")), _PAGE_OF_MEMBERS)
        page = self._paged(replace(asked, query=(*asked.query, ("per_page", str(size)))), rows)
        members = [_member(row, self.roles, with_message=bool(asked.argument("rlid"))) for row in page.body]  # type: ignore[attr-defined]
        return replace(
            page,
            body={"id": f"{self.url}{asked.path}", "context": {"id": self.course.course["uuid"]}, "members": members},
        )

    def _own_items(self, asked: Asked, rest: str) -> Reply:
        if self.concluded:
            return Reply({"errors": {"message": "This course has concluded."}}, status=422)
        if not rest:
            items = example("ags_line_items")["response"]
            return Reply([item | {"id": f"{self.url}{asked.path}/2"} for item in items])
        if rest == "/2/results":
            return Reply(example("ags_results")["response"])
        return Reply({"errors": {"message": "Tool does not have permission to view line_item"}}, status=412)


_LTI_SCOPES = {
    "names_and_roles": roster.SCOPE,
    "line_items": gradebook.LINE_ITEMS_SCOPE,
    "results": gradebook.RESULTS_SCOPE,
}
_LISTS: dict[str, Callable[[CanvasSimulator, Asked], Reply]] = {
    "v1 ": CanvasSimulator._course,
    "v1 enrollments": CanvasSimulator._enrollments,
    "v1 assignments": lambda canvas, asked: canvas._paged(asked, canvas.course.assignments),
    "v1 students/submissions": CanvasSimulator._submissions,
    "v1 bulk_user_progress": CanvasSimulator._progress,
    "v1 outcome_rollups": CanvasSimulator._rollups,
    "v1 quizzes": lambda canvas, asked: canvas._paged(asked, canvas.course.quizzes),
    "v1 all_quizzes": lambda canvas, asked: canvas._paged(asked, canvas.course.all_quizzes),
    "quiz/v1 quizzes": lambda canvas, asked: canvas._paged(asked, canvas.course.new_quizzes),
}
_ROLES = {
    "StudentEnrollment": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    "TeacherEnrollment": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
    "TaEnrollment": [
        "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor",
    ],
    "StudentViewEnrollment": [
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
        "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
    ],
    "ObserverEnrollment": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"],
}


def lti_id(user: int) -> str:
    """Return the LTI id of a Canvas user: nothing like the number that REST knows."""
    return f"86157096-483e-46b3-a50b-{user:012d}"


def _member(row: Payload, roles: dict[str, list[str]], *, with_message: bool) -> Payload:
    member = {"status": "Active", "user_id": lti_id(row["user_id"]), "roles": roles[row["type"]]}
    member |= {"name": row["user"]["name"], "lis_person_sourcedid": row["sis_user_id"]}
    if with_message:
        message = example("nrps_member_with_rlid_message")["member"]["message"][0]
        message["https://purl.imsglobal.org/spec/lti/claim/custom"]["canvas_user_id"] = row["user_id"]
        member["message"] = [message]
    return member


def _not_there() -> Reply:
    return Reply(NOT_THERE, status=404)


def _with_text_ids(body: Any) -> Any:
    """Turn ids into texts, as the Accept header asks."""
    if isinstance(body, list):
        return [_with_text_ids(one) for one in body]
    if not isinstance(body, dict):
        return body
    return {
        name: str(value) if isinstance(value, int) and (name == "id" or name.endswith("_id")) else _with_text_ids(value)
        for name, value in body.items()
    }


def main() -> None:
    """Serve the composed course until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8124)
    simulator = CanvasSimulator(port=parser.parse_args().port)
    print(f"client {CLIENT_ID} secret {CLIENT_SECRET} refresh token {REFRESH_TOKEN}", flush=True)
    simulator.serve_until_interrupted()


if __name__ == "__main__":
    main()
