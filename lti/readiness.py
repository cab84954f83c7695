"""What a connected platform lets the bridge do, need by need, and the exact step that would make it possible.

Each need is green or red. A red one carries its remedy in the platform's own words: names of menus, settings and
functions as the administrator sees them there. The words of each product stand in its table below; nothing else here
knows one product from another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lti.network import Network
from lti.platforms.moodle_service import Call, MoodleService
from lti.schemas import Id, load


@dataclass(frozen=True, slots=True)
class _Function:
    name: Id


@dataclass(frozen=True, slots=True)
class _SiteInfo:
    """``core_webservice_get_site_info``, as far as it says what the token opens."""

    functions: tuple[_Function, ...]


class Need(StrEnum):
    """What the credential needs from a platform, in the order in which it is set up."""

    LAUNCH = "launch"
    ROSTER = "roster"
    GRADES = "grades"
    COMPLETION = "completion"
    OUTCOMES = "outcomes"
    PROCTORING = "proctoring settings"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Check:
    """One need: ``fix`` is empty where it is met."""

    need: Need
    fix: str = ""

    @property
    def ok(self) -> bool:
        """Whether the platform lets the bridge do it."""
        return not self.fix


@dataclass(frozen=True, slots=True)
class Findings:
    """What was tried. ``functions`` are the web-service functions at hand, None where no token opens the service."""

    launched: bool
    roster: bool
    functions: Collection[str] | None


_MOODLE_FUNCTIONS: Mapping[Need, tuple[str, ...]] = {
    Need.GRADES: ("gradereport_user_get_grade_items", "core_enrol_get_enrolled_users"),
    Need.COMPLETION: (
        "core_completion_get_course_completion_status",
        "core_completion_get_activities_completion_status",
    ),
    Need.OUTCOMES: ("core_competency_list_course_competencies", "report_competency_data_for_report"),
    Need.PROCTORING: ("mod_quiz_get_quizzes_by_courses",),
    Need.MESSAGES: ("core_message_send_instant_messages",),
}
_MOODLE_LAUNCH = (
    "Site administration > Plugins > Activity modules > External tool > Manage tools: press «Activate» at "
    "«Microcredential Bridge». Then open a course, turn editing on, «Add an activity or resource» > "
    "«Microcredential Bridge» > «Select content», save, and open the activity once."
)
_MOODLE_ROSTER = (
    "Manage tools > settings (cog) of «Microcredential Bridge» > Services > «IMS LTI Names and Role Provisioning»: "
    "choose «Use this service to retrieve members' information as per privacy settings» and save."
)
_MOODLE_SERVICE = (
    "Site administration > Server > Web services > External services > «Credential bridge» > Functions > «Add "
    "functions»: {functions}. The role and the token are described in lti/README.md; the token is given with "
    "`microcred platform`."
)
_CANVAS_LAUNCH = (
    "Admin > Developer Keys: switch «Microcredential Bridge» to ON. Then Admin > Settings > Apps > View App "
    "Configurations > + App > By Client ID, paste the client id, and open «Microcredential Bridge» in a course once."
)
_CANVAS_ROSTER = (
    "Admin > Developer Keys > edit «Microcredential Bridge» > LTI Advantage Services: tick «Can retrieve user data "
    "associated with the context the tool is installed in.» and save."
)
_CANVAS_REST = (
    "Admin > Developer Keys > + Developer Key > + API Key: tick «Enforce Scopes» and «Allow Include Parameters», "
    "choose the scopes that lti/README.md lists, save, switch the key to ON, and connect it with `microcred platform`."
)
_OTHER_LAUNCH = "Add the tool to a course on the learning platform and open it once."
_OTHER_ROSTER = "Allow the tool the Names and Role Provisioning Service (scope contextmembership.readonly)."
_OTHER_READING = "The bridge can read Moodle and Canvas; on this platform it sees only the roster."
_READING = (Need.GRADES, Need.COMPLETION, Need.OUTCOMES, Need.PROCTORING, Need.MESSAGES)


def checks(product: str, findings: Findings) -> tuple[Check, ...]:
    """Return every need of the bridge on a platform of ``product`` (``moodle``, ``canvas``), green or red."""
    launch, roster, read = _REMEDIES.get(product, _REMEDIES[""])
    needed = _MOODLE_FUNCTIONS if product == "moodle" else {}
    return (
        Check(Need.LAUNCH, "" if findings.launched else launch),
        Check(Need.ROSTER, "" if findings.roster else roster),
        *(Check(need, _missing(needed.get(need, ()), findings, read)) for need in _READING),
    )


_REMEDIES = {
    "moodle": (_MOODLE_LAUNCH, _MOODLE_ROSTER, _MOODLE_SERVICE),
    "canvas": (_CANVAS_LAUNCH, _CANVAS_ROSTER, _CANVAS_REST),
    "": (_OTHER_LAUNCH, _OTHER_ROSTER, _OTHER_READING),
}


def _missing(needed: tuple[str, ...], findings: Findings, remedy: str) -> str:
    if findings.functions is None:
        return remedy.format(functions=", ".join(needed))
    missing = [name for name in needed if name not in findings.functions]
    return remedy.format(functions=", ".join(missing)) if missing else ""


def moodle_functions(url: str, token: str, network: Network) -> frozenset[str]:
    """Return the web-service functions that ``token`` opens. Raises :class:`lti.errors.PlatformError`."""
    name = "core_webservice_get_site_info"
    answer = MoodleService(url, token, network).call(Call(name))
    return frozenset(function.name for function in load(_SiteInfo, answer, place=name).functions)
