"""Who is in the course, by LTI: Names and Role Provisioning Services 2.0 (memberships of a context).

The roster says less than it seems to. Moodle lists non-editing teachers as «Learner», leaves suspended people out
and names nobody «Inactive»; Canvas lists active enrolments only, and Student View as a learner. So a roster is for
names and contacts, and :class:`Roster` takes the more careful of two opinions before anybody counts as a learner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lti.errors import Fault, PlatformError
from lti.network import Answer
from lti.roles import role_of, standing_of
from lti.schemas import Id, OptionalId, Text, Texts, load
from lti.service import Service
from mappings.assessment import CourseId, Learner, LearnerId, Standing

SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ACCEPT = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

_CAREFUL_FIRST = (Standing.STAFF, Standing.PREVIEW, Standing.WITHDRAWN, Standing.SUSPENDED, Standing.LEARNER)


@dataclass(frozen=True, slots=True)
class Member:
    """NRPS 2.0 section 2.2. Which names come depends on the privacy settings of the platform."""

    user_id: Id
    status: Text
    roles: Texts
    name: Text
    given_name: Text
    family_name: Text
    email: Text
    lis_person_sourcedid: OptionalId


@dataclass(frozen=True, slots=True)
class Context:
    """The course, by the id that launches know."""

    id: Id


@dataclass(frozen=True, slots=True)
class Container:
    """The head of a membership container (NRPS 2.0 section 2.1, where ``context`` must be)."""

    context: Context


@dataclass(frozen=True, slots=True)
class Members:
    """One page of a membership container."""

    members: tuple[Member, ...]


def read_roster(service: Service, memberships_url: str, course: CourseId) -> tuple[Learner, ...]:
    """Return everybody on all pages, each once, with the more careful standing where somebody comes twice.

    ``memberships_url`` is the one of the launch: a site-wide Moodle tool could read any course by changing it. So
    each page must say that it is of ``course``. Raises :class:`PlatformError` otherwise.
    """
    people: dict[LearnerId, Learner] = {}
    for member in _members(service, memberships_url, course):
        learner = learner_of(member)
        known = people.get(learner.id)
        people[learner.id] = learner if known is None else replace(learner, standing=_careful(learner, known))
    return tuple(people.values())


def _members(service: Service, url: str, course: CourseId) -> Iterator[Member]:
    for page in service.pages(url, accept=ACCEPT):
        require_course(page, course)
        yield from load(Members, page.json(), place=page.place).members


def context_of(page: Answer) -> CourseId:
    """Return the course that a page of a roster says it is of."""
    return CourseId(load(Container, page.json(), place=page.place).context.id)


def require_course(page: Answer, course: CourseId) -> None:
    """Refuse a page of another course's roster. Raises :class:`PlatformError`."""
    if context_of(page) != course:
        raise PlatformError(Fault.FOREIGN_COURSE, page.place)


def learner_of(member: Member) -> Learner:
    """Return the person with the standing that status and roles give; an unknown status is not «active»."""
    standing = standing_of(role_of(member.roles))
    if standing is Standing.LEARNER:
        standing = _STATUS.get(member.status or "Active", Standing.SUSPENDED)
    return Learner(
        id=LearnerId(member.user_id),
        standing=standing,
        given_name=member.given_name,
        family_name=member.family_name,
        full_name=member.name or f"{member.given_name} {member.family_name}".strip(),
        email=member.email,
        student_number=member.lis_person_sourcedid,
    )


_STATUS = {"Active": Standing.LEARNER, "Inactive": Standing.SUSPENDED, "Deleted": Standing.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster as a second opinion on who is a learner. Of two opinions the more careful one stands.

    ``is_whole`` says that it lists every learner of the course, so that whoever is not on it has left. Canvas lists
    active enrolments only: of somebody who has completed the course its roster says nothing.
    """

    people: Mapping[LearnerId, Learner]
    is_whole: bool

    def checked(self, learner: Learner) -> Learner:
        """Return ``learner``, as the platform's own list has them, with the standing that both allow."""
        other = self.people.get(learner.id)
        if other is not None:
            return replace(learner, standing=_careful(learner, other))
        gone = self.is_whole and learner.standing is Standing.LEARNER
        return replace(learner, standing=Standing.WITHDRAWN) if gone else learner


def _careful(one: Learner, other: Learner) -> Standing:
    return min(one.standing, other.standing, key=_CAREFUL_FIRST.index)
