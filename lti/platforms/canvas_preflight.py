"""Whether the token of a Canvas connection can read all that a credential needs; fixes in Canvas' own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote

from lti.errors import Fault, PlatformError
from lti.platforms.canvas_shapes import Rollups
from lti.preflight import Finding, Need, Probe, Words, tried
from lti.schemas import load
from lti.service import Service
from mappings.assessment import CourseId
from mappings.said import say

_PATHS = (
    (Need.ROSTER, ("M1", "O3"), "enrollments", "See grades; View the list of users in a course"),
    (Need.GRADES, ("M9",), "assignments", "View the course's content"),
    (Need.GRADES, ("O3",), "students/submissions?student_ids[]=all", "View all students' submissions; View all grades"),
    (Need.COMPLETION, (), "bulk_user_progress", "View all grades"),
    (Need.OUTCOMES, ("M6",), "outcome_rollups", "View all grades; Learning outcomes"),
    (Need.PROCTORING, ("O2",), "quizzes", "View the course's content"),
)
WORDS = Words(
    launch=say(
        "Admin > Developer Keys: switch «Microcredential Bridge» to ON. Then Admin > Settings > Apps > View App "
        "Configurations > + App > By Client ID, paste the client id, and open «Microcredential Bridge» in a course "
        "once."
    ),
    roster=say(
        "Admin > Developer Keys > edit «Microcredential Bridge» > LTI Advantage Services: tick «Can retrieve user data "
        "associated with the context the tool is installed in.» and save."
    ),
    connect=say(
        "«Authorise reading» here, or `microcred authorise`: it asks for an API key (Admin > Developer Keys > + "
        "Developer Key > + API Key) and for the consent of one account."
    ),
)
_GENERAL_FIXES = {
    Fault.NOT_AUTHORIZED: say("«Authorise reading» here, or `microcred authorise`, and agree in Canvas."),
    Fault.AUTHORIZATION_ENDED: say(
        "«Authorise reading» here, or `microcred authorise`, and agree in Canvas again: "
        "the key's scopes have changed, or somebody took the consent back."
    ),
    Fault.TOKEN_REFUSED: say("Authorise the bridge again: the key's scopes have changed, or somebody took it back."),
    Fault.NOT_FOUND: say("Check that the course exists in this Canvas, and that the account may see it."),
    Fault.REDIRECTED: say("Enter the institution's own Canvas address (https://<school>.instructure.com)."),
    Fault.ADDRESS_REFUSED: say("Add the network of this Canvas to the bridge's setting MICROCRED_PRIVATE_NETWORKS."),
    Fault.UNREACHABLE: say("Check the address, the name service and the firewall between the bridge and Canvas."),
}
_INCLUDES = say("Canvas leaves out what is to be included.")


def preflight(service: Service, url: str, course: CourseId | None) -> tuple[Finding, ...]:
    """Try everything on ``course``, the first page of each list; without a course, only the token."""
    connected = tried(Probe(Need.CONNECTION, (), "login/oauth2/token", partial(_knock, service, url)), fix_of(""))
    if course is None or not connected.works:
        return (connected,)
    return (connected, *_of_course(service, url, course))


def _knock(service: Service, url: str) -> None:
    """Ask for a course that no Canvas has: to be told so, the token must be good."""
    try:
        service.get(f"{url.rstrip('/')}/api/v1/courses/0")
    except PlatformError as error:
        if error.fault not in {Fault.NOT_FOUND, Fault.NO_ACCESS}:
            raise


def _of_course(service: Service, url: str, course: CourseId) -> tuple[Finding, ...]:
    where = f"{url.rstrip('/')}/api/v1/courses/{quote(_name(course), safe=':')}"
    first = tried(
        Probe(Need.COURSE, ("M2",), "courses/:id", lambda: service.get(where)), fix_of("View the course's content")
    )
    if not first.works:
        return (first,)
    return (first, *_findings(service, where), _messages(service, url), _includes(service, where))


def _findings(service: Service, where: str) -> Iterator[Finding]:
    for need, feeds, path, permissions in _PATHS:
        attempt = partial(_attempt, service, f"{where}/{path}")
        yield tried(Probe(need, feeds, path.partition("?")[0], attempt), fix_of(permissions))


def _attempt(service: Service, address: str) -> None:
    try:
        service.get(address)
    except PlatformError as error:
        if error.fault is not Fault.INVALID_REQUEST:  # a course without module requirements has no progress to read
            raise


def _messages(service: Service, url: str) -> Finding:
    """Begin a conversation with nobody: Canvas looks at the scope and at the permission first, and sends nothing."""
    probe = Probe(Need.MESSAGES, (), "conversations", partial(_greet_nobody, service, url))
    return tried(probe, fix_of("Send messages to individual course members"))


def _greet_nobody(service: Service, url: str) -> None:
    try:
        service.post(f"{url.rstrip('/')}/api/v1/conversations", ())
    except PlatformError as error:
        if error.fault is not Fault.INVALID_REQUEST:  # «recipients: blank»
            raise


def _includes(service: Service, where: str) -> Finding:
    """Say whether the key may «include»: without the tick Canvas leaves things out in silence."""
    try:
        answer = service.get(f"{where}/outcome_rollups?include[]=outcomes")
        rollups = load(Rollups, answer.json(), place=answer.place)
    except PlatformError:
        return Finding(Need.SPEED, (), "include[]")  # the probe of the rollups tells why
    if rollups.linked is not None:
        return Finding(Need.SPEED, (), "include[]")
    return Finding(
        Need.SPEED,
        (),
        "include[]",
        _INCLUDES,
        say("Admin > Developer Keys > the bridge's API key: tick Allow Include Parameters."),
    )


def fix_of(permissions: str) -> Callable[[PlatformError], str]:
    """Return what says the fix where reading needs ``permissions``."""

    def fix(error: PlatformError) -> str:
        if error.fault in {Fault.NO_ACCESS, Fault.SCOPE_REFUSED}:
            return say(
                "Admin > Developer Keys > the bridge's API key: enforce the scopes of lti/README.md. "
                "Permissions of the account: %(rights)s.",
                rights=permissions,
            )
        return _GENERAL_FIXES.get(error.fault, "")

    return fix


def _name(course: CourseId) -> str:
    return course if course.isdigit() else f"lti_context_id:{course}"
