"""What a record means for an award right now: stages 4 and 5 in one step, with what a person ruled. Pure.

Sync and issuing ask the same question at different times, so they ask it here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mappings.assessment import AssessmentRecord
from mappings.awarding import Award, Reason, Withheld, decide
from mappings.describe import Incomplete, Missing, describe
from mappings.elements import MicroCredential
from mappings.profile import CourseProfile, Issuer
from plugin.storage.awards import AwardRow, Ruling, State, StoredReason

REFUSED = "refused_by_person"
MISSING = "missing_element"


@dataclass(frozen=True, slots=True)
class Ready:
    """The learner has earned it and nothing is missing."""

    credential: MicroCredential


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not now: WITHHELD as long as it is not earned, HELD as long as a person is asked."""

    state: State
    reasons: tuple[StoredReason, ...]


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a named person decided, over the reasons with these marks; a bare code stands for every reason with it."""

    ruling: Ruling = Ruling.NONE
    by: str = ""
    reason: str = ""
    codes: tuple[str, ...] = ()


def judge(
    record: AssessmentRecord, profile: CourseProfile, issuer: Issuer, *, ruled: Ruled, issued_at: datetime
) -> Ready | Waiting:
    """Say whether ``record`` earns the credential as of when it was read, and what it would state."""
    decision = decide(record, profile)
    if isinstance(decision, Withheld):
        return Waiting(State.WITHHELD, _stored(decision.reasons))
    if ruled.ruling is Ruling.REFUSED:
        return Waiting(State.WITHHELD, (_refusal(ruled),))
    if asked := _still_asked(decision, ruled):
        return Waiting(State.HELD, asked)
    described = describe(decision, profile, issuer, issued_at)
    if isinstance(described, Incomplete):
        return Waiting(State.HELD, tuple(_missing(each) for each in described.missing))
    return Ready(described)


def _still_asked(award: Award, ruled: Ruled) -> tuple[StoredReason, ...]:
    """Return the questions that nobody has answered; a release covers only what the person saw."""
    answered = ruled.codes if ruled.ruling is Ruling.RELEASED else ()
    return tuple(reason for reason in _stored(award.held) if not {reason.mark, reason.code} & {*answered})


def _stored(reasons: tuple[Reason, ...]) -> tuple[StoredReason, ...]:
    return tuple(
        StoredReason(str(reason.code), reason.sentence, reason.subject, dict(reason.values)) for reason in reasons
    )


def _missing(missing: Missing) -> StoredReason:
    return StoredReason(MISSING, missing.sentence, str(missing.element))


def _refusal(ruled: Ruled) -> StoredReason:
    return StoredReason(
        REFUSED, f"{ruled.by} refused the award: {ruled.reason}", values={"by": ruled.by, "reason": ruled.reason}
    )


def ruled_on(award: AwardRow) -> Ruled:
    """Return what was ruled on an award."""
    return Ruled(award.ruling, award.ruled_by, award.ruling_reason, award.ruled_codes)


def leaving_out(ruled: Ruled, code: str) -> Ruled:
    """Return the ruling as if a person had also answered the questions with ``code``; a refusal stays one."""
    if ruled.ruling is Ruling.REFUSED:
        return ruled
    answered = ruled.codes if ruled.ruling is Ruling.RELEASED else ()
    return replace(ruled, ruling=Ruling.RELEASED, codes=(*answered, code))
