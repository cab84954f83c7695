"""A Moodle that answers its web services and LTI services from recordings of a real one, at Moodle's own URLs.

In a test: ``with MoodleSimulator() as moodle: ... moodle.url``.
By hand: ``python -m tests.simulators.moodle --port 8123``.

Answers are found by (function, arguments). Derived from the recordings are only what Moodle derives too: a page of the
people with the fields asked for, the grades of one user out of the grades of all, and several calls in one.

With a ``desk`` it also gives tokens for LTI services and answers Names and Roles and the tool's own line items.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lti import gradebook, roster
from tests.log_watch import plant
from tests.simulators.server import Asked, Reply, Simulator
from tests.simulators.token_desk import TokenDesk

RECORDINGS = Path(__file__).parent.parent / "recordings" / "moodle"
ADA101 = (RECORDINGS / "course-ada101.jsonl", RECORDINGS / "gradable-users.jsonl")
TOKEN = plant("0123456789abcdef0123456789abcdef")
BATCH = "tool_mobile_call_external_functions"
REPORT = "core_reportbuilder_retrieve_report"
REPORT_ID = "5"

RECORDED_AT = "http://127.0.0.1:8100"
LTI_SERVICES = {
    "/CourseSection/3/bindings/1/memberships": ("nrps_with_non_editing_teacher", roster.SCOPE),
    "/3/lineitems": ("ags_lineitems_before", gradebook.LINE_ITEMS_SCOPE),
    "/3/lineitems/9/lineitem/results": ("ags_results", gradebook.RESULTS_SCOPE),
}

Recorded = dict[tuple[str, tuple[tuple[str, str], ...]], Any]


def recorded(files: Iterable[Path] = ADA101) -> Recorded:
    """Return the recorded answers by function and arguments."""
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return {(line["wsfunction"], key(line["parameters"])): line["response"] for line in lines}


def key(parameters: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return the arguments in one order, as text."""
    return tuple(sorted((name, str(value)) for name, value in parameters.items()))


def enlarged(learners: int, model: str = "4") -> Recorded:
    """Return the recorded course with so many learners of their own names, each of whom did what one did (Anna: 4)."""
    answers = recorded()
    users = answers["core_enrol_get_enrolled_users", key({"courseid": 3})]
    gradable = answers["core_grades_get_gradable_users", key({"courseid": 3})]["users"]
    grades = answers["gradereport_user_get_grade_items", key({"courseid": 3})]["usergrades"]
    anna = next(user for user in users if str(user["id"]) == model)
    graded = next(user for user in grades if str(user["userid"]) == model)
    numbers = range(1000, 1000 + learners)
    users[:] = [{**anna, **_own(number)} for number in numbers]
    gradable[:] = [{"id": number} for number in numbers]
    grades[:] = [{**graded, "userid": number} for number in numbers]
    of_anna = [(place, answer) for place, answer in answers.items() if ("userid", model) in place[1]]
    for (function, arguments), answer in of_anna:
        for number in numbers:
            answers[function, key({**dict(arguments), "userid": number})] = answer
    return answers


def _own(number: int) -> dict[str, object]:
    """Return what two people do not share."""
    name = {"lastname": f"Kowalska{number}", "fullname": f"Anna Kowalska{number}"}
    return {"id": number, "idnumber": f"STU-{number}", "email": f"learner{number}@example.org", **name}


def refusal(errorcode: str, exception: str = "core\\exception\\moodle_exception", message: str = "") -> dict[str, str]:
    """Return an error as Moodle sends it, with status 200."""
    return {"exception": exception, "errorcode": errorcode, "message": message or errorcode}


class MoodleSimulator(Simulator):
    """Moodle's web services and LTI services. ``batch`` adds the function that calls several others to the service.

    Its custom report :data:`REPORT_ID` lists those who have not completed their course.
    ``unwilling`` are ids of users who take no messages from the account, ``finished_too`` of those whom the report
    lists although they have completed the course.
    """

    def __init__(
        self,
        answers: Recorded | None = None,
        *,
        token: str = TOKEN,
        batch: bool = False,
        desk: TokenDesk | None = None,
        port: int = 0,
    ) -> None:
        self.answers = recorded() if answers is None else answers
        super().__init__(port)
        self.desk = desk
        self.token = token
        self.unwilling: set[str] = set()
        self.report: Any = json.loads((RECORDINGS / "completion-report.json").read_text())
        self.finished_too: set[str] = set()
        if batch:
            self._site()["functions"].append({"name": BATCH, "version": "2024100700"})

    def calls(self, function: str = "") -> list[dict[str, str]]:
        """Return the forms of the calls so far, of one function or of all."""
        forms = [asked.form for asked in self.asked]
        return [form for form in forms if function in ("", form.get("wsfunction"))]

    def answer(self, asked: Asked) -> Reply:
        """Answer a web service (status 200 for errors too) or an LTI service."""
        if self.desk is not None and asked.path == "/mod/lti/token.php":
            return self.desk.give(asked, f"{self.url}{asked.path}")
        if self.desk is not None and asked.path.startswith("/mod/lti/services.php/"):
            return self._lti_service(asked, self.desk)
        if (asked.method, asked.path) != ("POST", "/webservice/rest/server.php"):
            return Reply({"error": "no such page"}, status=404)
        form = asked.form
        if form.pop("wstoken", None) != self.token:
            return Reply(refusal("invalidtoken"))
        form.pop("moodlewsrestformat")
        return Reply(self.call(form.pop("wsfunction", ""), form))

    def call(self, function: str, arguments: dict[str, str]) -> Any:
        """Return the answer of one function."""
        if function not in {entry["name"] for entry in self._site()["functions"]}:
            return refusal("accessexception", "webservice_access_exception")
        if function == BATCH:
            return {"responses": self._several(arguments)}
        if function == REPORT:
            return self._report(arguments)
        if function == "core_message_send_instant_messages":
            return self._messages(arguments)
        if function == "core_enrol_get_enrolled_users":
            return self._people(arguments)
        if function == "core_grades_get_gradable_users":
            # An account without «viewsuspendedusers» gets the active ones, whether it asks for them or not.
            arguments = {"courseid": arguments["courseid"]}
        if function == "gradereport_user_get_grade_items" and arguments.get("userid", "0") != "0":
            return self._grades_of_one(arguments)
        return self._found(function, arguments)

    def _site(self) -> Any:
        return self.answers["core_webservice_get_site_info", ()]

    def _found(self, function: str, arguments: Mapping[str, str]) -> Any:
        missing = refusal("invalidparameter", "invalid_parameter_exception", "not in the recording")
        return self.answers.get((function, key(arguments)), missing)

    def _people(self, arguments: dict[str, str]) -> Any:
        people = self._found("core_enrol_get_enrolled_users", {"courseid": arguments["courseid"]})
        names = {name: arguments[name.replace("[name]", "[value]")] for name in arguments if name.endswith("[name]")}
        options = {arguments[name]: value for name, value in names.items()}
        if not isinstance(people, list):
            return people
        start, number = int(options.get("limitfrom", 0)), int(options.get("limitnumber", 0))
        page = people[start : start + number] if number else people[start:]
        wanted = options.get("userfields", "").split(",") if "userfields" in options else None
        return [{name: value for name, value in one.items() if wanted is None or name in wanted} for one in page]

    def _report(self, arguments: dict[str, str]) -> Any:
        """Cut a page out of the report, as recorded but with a row for each person here who has not completed."""
        if arguments["reportid"] != REPORT_ID:
            return refusal("invalidrecord", "dml_missing_record_exception")
        blank, *_ = (row for row in self.report["data"]["rows"] if not row["columns"][1])
        rows = [blank, *(self._row(user) for user in self._found("core_enrol_get_enrolled_users", {"courseid": "3"}))]
        listed = [row for row in rows if row is not None]
        start, number = int(arguments["page"]) * int(arguments["perpage"]), int(arguments["perpage"])
        data = {**self.report["data"], "rows": listed[start : start + number], "totalrowcount": len(listed)}
        return {**self.report, "data": data}

    def _row(self, user: dict[str, Any]) -> Any:
        status = self._found("core_completion_get_course_completion_status", {"courseid": "3", "userid": user["id"]})
        finished = status.get("completionstatus", {}).get("completed", False)
        if finished and str(user["id"]) not in self.finished_too:
            return None
        course, person = (
            f'<a href="{self.url}/{path}?id={id_}">{name}</a>'
            for path, id_, name in (
                ("course/view.php", 3, "Micro-credential"),
                ("user/profile.php", user["id"], user["fullname"]),
            )
        )
        return {"columns": [course, person, "Manual enrolments"]}

    def _messages(self, arguments: dict[str, str]) -> list[Any]:
        """Answer each message by itself, with an id or with -1, as recorded; never with an exception."""
        recorded = json.loads((RECORDINGS / "messages.json").read_text())
        places = sorted(name.removesuffix("[touserid]") for name in arguments if name.endswith("[touserid]"))
        return [
            recorded["refused"]
            if arguments[f"{place}[touserid]"] in self.unwilling
            else {**recorded["sent"], "text": arguments[f"{place}[text]"]}
            for place in places
        ]

    def _grades_of_one(self, arguments: dict[str, str]) -> Any:
        report = self._found("gradereport_user_get_grade_items", {"courseid": arguments["courseid"]})
        own = [one for one in report["usergrades"] if str(one["userid"]) == arguments["userid"]]
        return {**report, "usergrades": own}

    def _lti_service(self, asked: Asked, desk: TokenDesk) -> Reply:
        for path, (recording, scope) in LTI_SERVICES.items():
            if asked.path == f"/mod/lti/services.php{path}":
                if not desk.allows(asked, scope):
                    return self._recorded_reply("nrps_bad_token")
                if path.endswith("/lineitems") and "lineitemcontainer" not in asked.headers.get("accept", ""):
                    return self._recorded_reply("ags_lineitems_no_accept")
                reply = self._recorded_reply(recording)
                return self._page(asked, reply) if path.endswith("/memberships") else reply
        return self._recorded_reply("ags_foreign_results")

    def _page(self, asked: Asked, reply: Reply) -> Reply:
        """Cut a page out of the members; the next link forgets the role filter, as Moodle's does."""
        limit, start = int(asked.argument("limit", "0")), int(asked.argument("from", "0"))
        body = json.loads(reply.encoded())
        members = body["members"]
        more = limit and start + limit < len(members)
        following = f'<{self.url}{asked.path}?limit={limit}&from={start + limit}>; rel="next"'
        body["members"] = members[start : start + limit] if limit else members
        return Reply(body, headers={"Link": following} if more else {})

    def _recorded_reply(self, name: str) -> Reply:
        recording = (RECORDINGS / "lti" / f"{name}.json").read_text().replace(RECORDED_AT, self.url)
        reply = json.loads(recording)
        return Reply(reply["body"], status=reply["status"], headers={"Content-Type": reply["headers"]["Content-Type"]})

    def _several(self, arguments: dict[str, str]) -> list[dict[str, object]]:
        """Answer the calls in order and stop at the first that fails, as Moodle does."""
        responses: list[dict[str, object]] = []
        for number in range(sum(1 for name in arguments if re.fullmatch(r"requests\[\d+\]\[function\]", name))):
            inner = json.loads(arguments[f"requests[{number}][arguments]"])
            answer = self.call(arguments[f"requests[{number}][function]"], {n: str(v) for n, v in inner.items()})
            if isinstance(answer, dict) and "exception" in answer:
                return [*responses, {"error": True, "exception": json.dumps(answer)}]
            responses.append({"error": False, "data": json.dumps(answer)})
        return responses


def main() -> None:
    """Serve the recorded course until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--batch", action="store_true", help="offer the function that calls several others")
    options = parser.parse_args()
    simulator = MoodleSimulator(batch=options.batch, port=options.port)
    print(f"token {simulator.token}", flush=True)
    simulator.serve_until_interrupted()


if __name__ == "__main__":
    main()
