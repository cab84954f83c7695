"""What an Open Badge has to have, and whether it is a complete European micro-credential.

Open Badges 3.0, required properties (the JSON schema of 1EdTech is a test of ours, not a part: it may not be passed
on); Annex I for badges that say to be a micro-credential in our terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from mappings.documents.open_badges import CREDENTIALS_V2, OWN_CONTEXT_PATH
from mappings.elements import Element
from plugin.verification.parsing import JsonObject
from plugin.verification.report import Step, StepName, failed, not_checked, passed

Path: TypeAlias = tuple[str, ...]

_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context"
_REQUIRED: tuple[Path, ...] = (
    ("id",),
    ("issuer",),
    ("validFrom",),
    ("credentialSubject", "type"),
    ("credentialSubject", "achievement", "id"),
    ("credentialSubject", "achievement", "type"),
    ("credentialSubject", "achievement", "name"),
    ("credentialSubject", "achievement", "description"),
    ("credentialSubject", "achievement", "criteria"),
)
_ACHIEVEMENT = ("credentialSubject", "achievement")
_ELEMENTS: Mapping[Element, tuple[Path, ...]] = {
    Element.LEARNER: (("credentialSubject", "identifier"),),
    Element.TITLE: ((*_ACHIEVEMENT, "name"),),
    Element.COUNTRY: (("issuer", "address", "addressCountry"),),
    Element.AWARDING_BODY: (("issuer", "name"),),
    Element.DATE_OF_ISSUE: (("awardedDate",),),
    Element.LEARNING_OUTCOMES: ((*_ACHIEVEMENT, "alignment"),),
    Element.WORKLOAD: ((*_ACHIEVEMENT, "creditPoint"), (*_ACHIEVEMENT, "volumeOfLearning")),
    Element.LEVEL: ((*_ACHIEVEMENT, "eqfLevel"),),
    Element.ASSESSMENT_TYPE: (("evidence",),),
    Element.PARTICIPATION: ((*_ACHIEVEMENT, "mode"),),
    Element.QUALITY_ASSURANCE: ((*_ACHIEVEMENT, "alignment"),),
}
_ALIGNED = {Element.LEARNING_OUTCOMES: "ext:LearningOutcome", Element.QUALITY_ASSURANCE: "ext:QualityAssurance"}


def schema_step(badge: JsonObject) -> Step:
    """Check contexts and required properties."""
    contexts = badge.get("@context")
    if not (isinstance(contexts, list) and len(contexts) >= 2 and _is_badge(contexts)):
        sentence = "The contexts are not those of the VC Data Model 2.0 and of Open Badges 3.0, in this order."
        return failed(StepName.SCHEMA, "contexts_wrong", sentence)
    if absent := [".".join(path) for path in _REQUIRED if _at(badge, path) in (None, "", [])]:
        return failed(StepName.SCHEMA, "property_missing", f"A required property is missing: {', '.join(absent)}.")
    subject = badge["credentialSubject"]
    if isinstance(subject, dict) and not (subject.get("id") or subject.get("identifier")):
        return failed(StepName.SCHEMA, "learner_unnamed", "The badge does not say whose it is.")
    return passed(StepName.SCHEMA, "It has what Open Badges 3.0 requires.")


def completeness_step(badge: JsonObject) -> Step:
    """Check for the mandatory elements of Annex I where the badge uses our terms."""
    contexts = badge.get("@context")
    own = [each for each in contexts if str(each).endswith(OWN_CONTEXT_PATH)] if isinstance(contexts, list) else []
    if not own:
        sentence = "The badge does not say to be a European micro-credential."
        return not_checked(StepName.COMPLETENESS, "other_terms", sentence)
    if missing := missing_elements(badge):
        return failed(StepName.COMPLETENESS, "element_missing", f"Missing of Annex I: {', '.join(missing)}.")
    return passed(StepName.COMPLETENESS, "All mandatory elements of a European micro-credential are there.")


def missing_elements(badge: JsonObject) -> tuple[Element, ...]:
    """Return the mandatory elements of Annex I that a badge in our terms lacks."""
    return tuple(
        element for element, paths in _ELEMENTS.items() if not any(_states(badge, element, path) for path in paths)
    )


def _states(badge: JsonObject, element: Element, path: Path) -> bool:
    value = _at(badge, path)
    if element in _ALIGNED and isinstance(value, list):
        return any(isinstance(each, dict) and each.get("targetType") == _ALIGNED[element] for each in value)
    return bool(value)


def _is_badge(contexts: list[object]) -> bool:
    return contexts[0] == CREDENTIALS_V2 and isinstance(contexts[1], str) and contexts[1].startswith(_BADGES)


def _at(badge: object, path: Path) -> object:
    """Return what stands at ``path``, None where nothing does."""
    for name in path:
        badge = badge.get(name) if isinstance(badge, dict) else None
    return badge
