"""What may be said about supervision and identity verification (Annex I, O2): the weakest that holds.

Evidence is read per learner and per assessment. A session record of this learner's sitting or a teacher's
declaration may raise the statement; a platform's setting only suggests and never raises it; what nobody states
counts as unsupervised, without identity verification. Where sources disagree, the weaker one holds. Over several
assessments the weakest supervision and the weakest identity verification hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mappings.assessment import AssessmentRecord, EvidenceSource, Presence, SupervisionEvidence
from mappings.elements import Supervision
from mappings.profile import AssessmentSpecification, CourseProfile
from mappings.said import Said, say
from mappings.text import Text
from mappings.vocabularies.terms import Term, term

_STRENGTH: Final = (Presence.NONE, Presence.ONLINE, Presence.ON_SITE)
_ONLINE: Final = "920fbb3cbe"
_PLACES: Final = {Presence.ONLINE: _ONLINE, Presence.ON_SITE: "9191af2ed9"}
_SAY_WHERE: Final = frozenset({*_PLACES.values(), "e92d221e4d"})
"""Modes that say where: online, presential, blended. The others (workbased, project based ...) say how."""


def evidence_for(
    specification: AssessmentSpecification, record: AssessmentRecord, profile: CourseProfile
) -> tuple[SupervisionEvidence, ...]:
    """Return what platform, session records and teachers state about this learner's sitting."""
    return tuple(
        each
        for each in (*record.supervision, *profile.supervision)
        if each.activity == specification.activity and each.learner in (None, record.learner.id)
    )


def of_assessment(specification: AssessmentSpecification, evidence: Iterable[SupervisionEvidence]) -> Supervision:
    """State the supervision of one assessment, with a sentence for each thing that keeps it from being more."""
    evidence = tuple(evidence)
    counted = tuple(each for each in evidence if _counts(each))
    presence = _presence(specification, counted)
    verified = {each.identity_verified for each in counted}
    identity_verified = True in verified and False not in verified
    return Supervision(presence, identity_verified, _limits(specification, evidence, presence, identity_verified))


def weakest(statements: Iterable[Supervision]) -> Supervision:
    """State what holds for every one of the assessments; none at all is the lowest."""
    statements = tuple(statements)
    presence = min((each.presence for each in statements), key=_STRENGTH.index, default=Presence.NONE)
    identity_verified = bool(statements) and all(each.identity_verified for each in statements)
    return Supervision(presence, identity_verified, tuple(reason for each in statements for reason in each.reasons))


def mode(specification: AssessmentSpecification, supervision: Supervision) -> Term | None:
    """Return the mode of an assessment: where it was watched replaces where it was planned, but not how it was done."""
    place = _PLACES.get(supervision.presence)
    planned = specification.mode
    if place is None or (planned is not None and planned.code not in _SAY_WHERE):
        return planned
    return term("modes-learning-assessment", place)


def _counts(evidence: SupervisionEvidence) -> bool:
    """Whether a statement may raise: no mere setting, no record of a whole group, nothing under question."""
    if evidence.open_flag or evidence.source is EvidenceSource.PLATFORM_SETTING:
        return False
    return evidence.source is EvidenceSource.TEACHER_DECLARATION or evidence.learner is not None


def _presence(specification: AssessmentSpecification, counted: tuple[SupervisionEvidence, ...]) -> Presence:
    stated = [each.supervision for each in counted if each.supervision is not Presence.UNKNOWN]
    found = min(stated, key=_STRENGTH.index, default=Presence.NONE)
    declared_online = specification.mode is not None and specification.mode.code == _ONLINE
    return Presence.ONLINE if found is Presence.ON_SITE and declared_online else found


def _limits(
    specification: AssessmentSpecification,
    evidence: tuple[SupervisionEvidence, ...],
    presence: Presence,
    identity_verified: bool,
) -> tuple[Said, ...]:
    title = specification.title
    ignored = [_ignored(title, each) for each in evidence if not _counts(each)]
    return (*ignored, *_short_of_the_best(title, presence, identity_verified))


def _short_of_the_best(title: Text, presence: Presence, identity_verified: bool) -> Iterator[Said]:
    if presence is Presence.NONE and not identity_verified:
        yield say(
            "“%(title)s” counts as unsupervised, without identity verification: "
            "no session record that counts and no declaration says more.",
            title=title,
        )
    elif presence is Presence.NONE:
        yield say(
            "“%(title)s” counts as unsupervised: "
            "no session record that counts and no declaration says that it was supervised.",
            title=title,
        )
    elif not identity_verified:
        yield say(
            "“%(title)s” was supervised, but "
            "no session record that counts and no declaration says that the identity was verified.",
            title=title,
        )
    if presence is Presence.ONLINE:
        yield say("“%(title)s” was supervised online, not on site.", title=title)


def _ignored(title: Text, evidence: SupervisionEvidence) -> Said:
    if evidence.source is EvidenceSource.PLATFORM_SETTING:
        return say(
            "“%(title)s”: the platform's setting “%(setting)s” may suggest supervision, but proves none.",
            title=title,
            setting=evidence.method or evidence.stated_by,
        )
    if evidence.open_flag:
        return say(
            "“%(title)s”: a finding of %(who)s is still open, so its record does not count yet.",
            title=title,
            who=evidence.stated_by,
        )
    return say(
        "“%(title)s”: the record of %(who)s does not name this learner, so it does not count.",
        title=title,
        who=evidence.stated_by,
    )


def findings(flags: Sequence[SupervisionEvidence]) -> str:
    """Return by whom and when something was found: a later finding is not one that a person has looked at.

    What a platform's settings say has no time of its own but that of reading.
    """
    told = {
        each.stated_by if each.source is EvidenceSource.PLATFORM_SETTING else f"{each.stated_by} {each.stated_at:%F %T}"
        for each in flags
    }
    return ", ".join(sorted(told))
