"""Why an award waits, in the visitor's language: the decision's code says what, its subject what it is about.

A reason that brought its facts is said with them, its days and numbers as the language writes them. An older one is
shown in English by the decision's own sentence, in another language by its code with the title of what it is about; a
code that is not known here is shown in English rather than not at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from mappings.awarding import ReasonCode
from mappings.profile import CourseProfile
from plugin.sameness import JOINED, SAME_PERSON
from plugin.storage.awards import State, StoredReason
from plugin.verdict import REFUSED
from plugin.web.languages import current, day, gettext, lazy_gettext, number

_SENTENCES = {
    ReasonCode.NEVER_STARTED: lazy_gettext("The course was never started."),
    ReasonCode.NOT_COMPLETED: lazy_gettext("The course is not completed yet."),
    ReasonCode.COMPLETION_NOT_TRACKED: lazy_gettext("The platform does not track whether the course is completed."),
    ReasonCode.NOT_GRADED: lazy_gettext("%(about)s is not graded yet."),
    ReasonCode.NOT_POSTED: lazy_gettext("The grade of %(about)s is not shown to the learner yet."),
    ReasonCode.NOT_SETTLED: lazy_gettext("The result of %(about)s is not settled yet."),
    ReasonCode.EXCUSED: lazy_gettext("%(about)s was excused and so proves nothing."),
    ReasonCode.NOT_PASSED: lazy_gettext("%(about)s was not passed."),
    ReasonCode.NOT_JUDGED: lazy_gettext("Nobody said when %(about)s is passed."),
    ReasonCode.NOT_RATED: lazy_gettext("%(about)s is not rated yet."),
    ReasonCode.NOT_PROFICIENT: lazy_gettext("%(about)s is not rated proficient."),
    ReasonCode.NO_OUTCOME_DECLARED: lazy_gettext("The course names no learning outcome yet."),
    ReasonCode.NO_OUTCOME_PROVEN: lazy_gettext("No learning outcome is proven."),
    ReasonCode.OUTCOME_NOT_PROVEN: lazy_gettext("Every learning outcome must be proven, and not all are."),
    ReasonCode.APPROVAL_NEEDED: lazy_gettext("A person approves every award of this course, and has not yet."),
    ReasonCode.OPEN_FLAG: lazy_gettext("A finding on %(about)s waits for a person to look at it."),
    ReasonCode.PARTICIPATION_DISPUTED: lazy_gettext("Profile and platform differ on how the course is held."),
    REFUSED: lazy_gettext("A person of the institution refused it."),
    SAME_PERSON: lazy_gettext(
        "Another account, which seems to be the same person's, holds this credential already or is about to."
    ),
    JOINED.reasons[0].code: lazy_gettext("The credential of this person's other account counts for both."),
}

STATES = {
    State.WITHHELD: lazy_gettext("not earned yet"),
    State.ELIGIBLE: lazy_gettext("earned, waits to be sealed"),
    State.HELD: lazy_gettext("waits for a person"),
    State.RESERVED: lazy_gettext("is being sealed"),
    State.SEALED: lazy_gettext("sealed"),
    State.DELIVERED: lazy_gettext("sealed and handed over"),
    State.SUPERSEDED: lazy_gettext("replaced by a newer one"),
    State.REVOKED: lazy_gettext("revoked"),
}


_WITH_FACTS = {
    (ReasonCode.NOT_GRADED, "since"): lazy_gettext("%(about)s was handed in on %(since)s and is not graded yet."),
    (ReasonCode.NOT_SETTLED, "hours"): lazy_gettext(
        "%(about)s was graded on %(graded)s; a grade counts once it has stood for %(hours)s hours."
    ),
    (ReasonCode.NOT_PASSED, "needed"): lazy_gettext(
        "%(about)s was not passed: %(reached)s reached, %(needed)s needed."
    ),
    (ReasonCode.NOT_PASSED, "reached"): lazy_gettext("%(about)s was not passed: %(reached)s reached."),
    (ReasonCode.NOT_COMPLETED, "unmet"): lazy_gettext("The course is not completed yet. Still open: %(unmet)s."),
    (REFUSED, "reason"): lazy_gettext("%(by)s refused it: %(reason)s"),
}
"""Sentences for reasons that brought their facts, by code and the fact that is there."""
_DAYS, _NUMBERS = {"since", "graded"}, {"hours", "reached", "needed"}


def sentence(reason: StoredReason, profile: CourseProfile | None = None) -> str:
    """Return one reason as a sentence in the language of the answer."""
    facts = {name: _said(name, value) for name, value in reason.values.items()}
    with_facts = next(
        (text for (code, fact), text in _WITH_FACTS.items() if code == reason.code and fact in facts), None
    )
    if with_facts is not None:
        return str(with_facts) % {**facts, "about": _about(reason.subject, profile)}
    known = _SENTENCES.get(reason.code) if current() != "en" else None
    if known is None:
        return gettext(reason.sentence)
    return str(known) % {"about": _about(reason.subject, profile)}


def is_approval_only(reasons: Iterable[StoredReason]) -> bool:
    """Whether an award waits for nothing but that a person approves it; a finding is looked at by itself."""
    return {each.code for each in reasons} == {ReasonCode.APPROVAL_NEEDED}


def _said(name: str, value: str) -> str:
    if name in _DAYS:
        return day(value)
    return number(value) if name in _NUMBERS else value


def _about(subject: str, profile: CourseProfile | None) -> str:
    """Return the title of the assessment or outcome that a reason is about."""
    if profile is not None:
        titles = {str(assessment.activity): assessment.title for assessment in profile.assessments}
        titles |= {outcome.id: outcome.title for outcome in profile.outcomes}
        if subject in titles:
            return f"“{titles[subject].in_language(current())}”"
    return gettext("one assessment")
