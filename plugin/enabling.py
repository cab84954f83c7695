"""From a course of a platform to an enabled credential: the draft, and what would happen if it were enabled now.

The forecast asks :func:`plugin.verdict.judge`, the very question that reading and issuing ask, so that what a teacher
sees before is what learners get afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lti.platforms import Platform
from lti.platforms.naming import NamesCompetencies
from mappings.assessment import AssessmentRecord, CompetencyId, CourseId, PlatformId, Standing
from mappings.profile import CourseProfile, Issuer
from plugin.copying import carried_over, origins
from plugin.storage.awards import State, StoredReason
from plugin.storage.drafts import Draft
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage
from plugin.suggestion import suggest
from plugin.verdict import Ready, Ruled, judge

SMALL, FEW = 60, 5
"""Learners up to whom the whole class is read at once, and how many of a larger one are enough for a suggestion."""


@dataclass(frozen=True, slots=True)
class EnablingTools:
    """What enabling works with. ``clock`` returns aware UTC."""

    storage: Storage
    connect: Callable[[Connected], Platform]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Place:
    """A course of a platform."""

    platform: PlatformId
    course: CourseId


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one learner would get now: ELIGIBLE with ``ready``, or WITHHELD or HELD with the reasons."""

    record: AssessmentRecord
    state: State
    reasons: tuple[StoredReason, ...] = ()
    ready: Ready | None = None


def _read_now(tools: EnablingTools, place: Place, platform: Platform) -> tuple[AssessmentRecord, ...]:
    """Read a small class at once and keep it, so that a forecast need not wait (:mod:`plugin.class_reading`)."""
    read = tuple(platform.read(place.course))
    now = tools.clock()
    with tools.storage.begin() as work:
        for record in read:
            work.assessments.record(record)
        work.class_readings.request(place.platform, place.course, now)
        if reading := work.class_readings.get(place.platform, place.course):
            work.class_readings.finish(reading, now)
    return read


def _some(tools: EnablingTools, place: Place) -> tuple[AssessmentRecord, ...]:
    """Return enough of the class to suggest from: all of a small one, a few learners of a large one.

    Raises :class:`plugin.errors.UnknownRow` where the platform is not connected, and
    :class:`lti.errors.PlatformError`.
    """
    with tools.storage.reading() as work:
        connected = work.platforms.get(place.platform)
    platform = tools.connect(connected)
    learners = [each.id for each in platform.people(place.course) if each.standing is Standing.LEARNER]
    if len(learners) <= SMALL:
        return _read_now(tools, place, platform)
    return tuple(platform.read(place.course, learners[:FEW]))


def _named(tools: EnablingTools, place: Place, records: tuple[AssessmentRecord, ...]) -> Mapping[CompetencyId, str]:
    """Return the competencies of a course in which nobody is rated yet, from a platform that can list them."""
    if any(record.competencies for record in records):
        return {}
    with tools.storage.reading() as work:
        platform = tools.connect(work.platforms.get(place.platform))
    return platform.competencies(place.course) if isinstance(platform, NamesCompetencies) else {}


def draft_of(tools: EnablingTools, place: Place, *, by: str, language: str) -> Draft | None:
    """Return the draft of the course, suggested from the platform where there is none yet.

    None where nobody is in the course: then the platform shows nothing to suggest from.
    """
    with tools.storage.reading() as work:
        kept = work.drafts.get(place.platform, place.course)
    if kept is not None:
        return kept
    records = _some(tools, place)
    if not records:
        return None
    suggestion = suggest(records, language=language, named=_named(tools, place, records))
    return save(tools, place, suggestion.profile, origins=dict(suggestion.origins), by=by)


def save(
    tools: EnablingTools,
    place: Place,
    profile: CourseProfile,
    *,
    origins: dict[str, str],
    by: str,
    copied_from: str = "",
) -> Draft:
    """Keep what the teacher has stated so far."""
    now = tools.clock()
    stated = replace(profile, stated_by=by, stated_at=now.replace(microsecond=0))
    draft = Draft(profile=stated, origins=origins, saved_by=by, saved_at=now, copied_from=copied_from)
    with tools.storage.begin() as work:
        work.drafts.save(place.platform, place.course, draft)
    return draft


def next_version(tools: EnablingTools, place: Place, profile: CourseProfile) -> CourseProfile:
    """Return ``profile`` under the version that enabling it takes: a version once in force never changes."""
    with tools.storage.reading() as work:
        offers = work.offers.of_course(place.platform, place.course)
    used = [offer.profile_version for offer in offers if offer.profile_id == profile.id]
    return replace(profile, version=max(used, default=0) + 1)


def forecast(
    records: tuple[AssessmentRecord, ...], profile: CourseProfile, issuer: Issuer, now: datetime
) -> tuple[Forecast, ...]:
    """Say for each learner what enabling now would come to, in the order of their names."""
    ordered = sorted(records, key=lambda record: record.learner.full_name.casefold())
    return tuple(_forecast(record, profile, issuer, now) for record in ordered)


def _forecast(record: AssessmentRecord, profile: CourseProfile, issuer: Issuer, now: datetime) -> Forecast:
    verdict = judge(record, profile, issuer, ruled=Ruled(), issued_at=now)
    if isinstance(verdict, Ready):
        return Forecast(record, State.ELIGIBLE, ready=verdict)
    return Forecast(record, verdict.state, verdict.reasons)


def copy(tools: EnablingTools, source: Place, target: Place, *, by: str) -> Draft | None:
    """Take the profile in force in ``source`` along as a draft for ``target``; nothing is enabled by that.

    None where ``source`` has no profile, or nobody is in ``target`` yet.
    """
    with tools.storage.reading() as work:
        offers = work.offers.of_course(source.platform, source.course)
        if not offers:
            return None
        old = work.profiles.course_profile(offers[-1].profile_id, offers[-1].profile_version)
    records = _some(tools, target)
    if not records:
        return None
    language = old.title.languages[0] if old.title else "en"
    profile = carried_over(old, suggest(records, language=language, named=_named(tools, target, records)).profile)
    return save(tools, target, profile, origins=origins(profile), by=by, copied_from=source.course)
