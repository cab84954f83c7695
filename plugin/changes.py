"""What a new reading changes about a credential that is sealed already. Pure; it notices and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings import snapshot
from mappings.elements import MicroCredential
from mappings.profile import CourseProfile, Issuer
from plugin.storage.awards import StoredReason
from plugin.storage.cases import Kind
from plugin.storage.profiles import digest
from plugin.verdict import Ready, Waiting

_ACHIEVEMENT = ("outcomes", "assessments", "supervision", "grade", "completed_at")
_NOT_SAID = frozenset({"provenance", "date_of_issue", "reasons"})
"""Where and when something was read, and why supervision is not stated higher, is in no document."""
_NOT_STATED = frozenset({"version", "stated_by", "stated_at", "rule"})
"""What says when something was stated, or when it is awarded: in no document."""
_IN_WORDS = re.compile(r"(\S+)(?: of (\S+))? points")
"""How points were shown before: in English, whatever the language of the credential."""
_SENTENCES = {
    Kind.PERSON: "The platform names the holder differently than the credential does.",
    Kind.ACHIEVEMENT: "Outcomes, assessments or grades are not what the credential states any more.",
    Kind.PROFILE: "Teacher or institution now state something else than the credential does.",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What changed. Equal ``fingerprint`` means the very same change."""

    kind: Kind
    reasons: tuple[StoredReason, ...]
    fingerprint: str


def change_of(sealed: MicroCredential, verdict: Ready | Waiting) -> Change | None:
    """Return what differs between what is sealed and what would be stated now."""
    if isinstance(verdict, Waiting):
        said = {"codes": sorted(f"{reason.code}:{reason.subject}" for reason in verdict.reasons)}
        return Change(Kind.NO_LONGER_EARNED, verdict.reasons, digest(said))
    before, now = said_by(sealed), said_by(verdict.credential)
    if before == now:
        return None
    kind = _kind({name for name in before if before[name] != now[name]})
    return Change(kind, (StoredReason(kind, _SENTENCES[kind]),), digest(now))


@dataclass(frozen=True, slots=True)
class Stated:
    """What teacher and institution state: one version of each."""

    profile: CourseProfile
    issuer: Issuer

    def said(self) -> dict[str, Any]:
        """Return what of it can stand in a credential."""
        profile = {name: each for name, each in snapshot.dump(self.profile).items() if name not in _NOT_STATED}
        issuer = {name: each for name, each in snapshot.dump(self.issuer).items() if name not in _NOT_STATED}
        return {"profile": profile, "issuer": issuer}


def restated(before: Stated | None, now: Stated) -> Change | None:
    """Return what two versions state differently, for a credential whose learner is not known any more.

    ``before`` is None where another institution stated it.
    """
    said = now.said()
    if before is not None and before.said() == said:
        return None
    return Change(Kind.PROFILE, (StoredReason(Kind.PROFILE, _SENTENCES[Kind.PROFILE]),), digest(said))


def said_by(credential: MicroCredential) -> dict[str, Any]:
    """Return what a credential says, without when and from which field it was read."""
    stripped = _stripped(snapshot.dump(credential))
    assert isinstance(stripped, dict)
    return stripped


def _kind(differing: set[str]) -> Kind:
    if "holder" in differing:
        return Kind.PERSON
    return Kind.ACHIEVEMENT if differing & set(_ACHIEVEMENT) else Kind.PROFILE


def _stripped(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _stripped(_as_now(name, each)) for name, each in value.items() if name not in _NOT_SAID}
    return [_stripped(each) for each in value] if isinstance(value, list) else value


def _as_now(name: str, value: object) -> object:
    """Return a grade in points as it is shown now, so that its former words are no change."""
    worded = _IN_WORDS.fullmatch(value) if name == "shown_as" and isinstance(value, str) else None
    return "/".join(filter(None, worded.groups())) if worded else value
