"""What a course offers, in ELM v3: the Qualification and the LearningActivitySpecification.

The same for every learner who proved the same outcomes, therefore rendered once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from mappings.documents.elm_json import Node, by_content, present
from mappings.documents.elm_nodes import (
    CACHED,
    concept,
    concepts,
    cycle,
    duration,
    esco_skill,
    listed,
    note,
    web_resources,
)
from mappings.documents.phrases import Phrase, in_languages
from mappings.elements import FurtherInformation, LearningOutcome, MicroCredential, Stacking
from mappings.profile import Level, Stackability, Workload
from mappings.text import Text
from mappings.vocabularies.languages import language_term
from mappings.vocabularies.terms import Term


@dataclass(frozen=True, slots=True)
class Offer:
    """The elements of a micro-credential that do not depend on the learner, but for the choice of outcomes."""

    title: Text
    outcomes: tuple[LearningOutcome, ...]
    workload: Workload
    level: Level
    participation: Term
    activity_type: Term | None
    learning_setting: Term | None
    subjects: tuple[Term, ...]
    course_languages: tuple[str, ...]
    languages: tuple[str, ...]
    quality_statement: Text | None
    prerequisites: Text | None
    stacking: Stacking | None
    further: FurtherInformation | None

    @classmethod
    def of(cls, credential: MicroCredential) -> Offer:
        """Take the offer out of ``credential``."""
        return cls(
            title=credential.title.value,
            outcomes=credential.outcomes.value,
            workload=credential.workload.value,
            level=credential.level.value,
            participation=credential.participation.value,
            activity_type=credential.activity_type,
            learning_setting=credential.learning_setting,
            subjects=credential.subjects,
            course_languages=credential.course_languages,
            languages=credential.languages,
            quality_statement=credential.quality_assurance.value.statement,
            prerequisites=credential.prerequisites.value if credential.prerequisites else None,
            stacking=credential.stackability.value if credential.stackability else None,
            further=credential.further_information.value if credential.further_information else None,
        )


@lru_cache(maxsize=CACHED)
def qualification(offer: Offer) -> Node:
    """Return what the achievement is specified by: M6, M7, M8, M10, M11, O1, O4, O5."""
    return by_content(
        "Qualification",
        title=offer.title.as_map(),
        **_level(offer.level),
        creditPoint=_credits(offer.workload.ects),
        volumeOfLearning=duration(offer.workload.hours),
        mode=[concept(offer.participation)],
        learningSetting=concept(offer.learning_setting) if offer.learning_setting else None,
        thematicArea=concepts(offer.subjects),
        language=_languages(offer),
        learningOutcome=[_outcome(outcome) for outcome in offer.outcomes],
        entryRequirement=note(offer.prerequisites) if offer.prerequisites else None,
        isPartialQualification=_is_partial(offer.stacking),
        additionalNote=_notes(offer),
        homepage=_homepage(offer.further),
    )


@lru_cache(maxsize=CACHED)
def activity_specification(offer: Offer) -> Node:
    """Return M10: the form of participation, with the kind of activity and the notional hours."""
    return by_content(
        "LearningActivitySpecification",
        title=offer.title.as_map(),
        mode=[concept(offer.participation)],
        dcType=[concept(offer.activity_type)] if offer.activity_type else None,
        volumeOfLearning=duration(offer.workload.hours),
        language=_languages(offer),
    )


def _languages(offer: Offer) -> list[Node]:
    return concepts(language_term(language) for language in offer.course_languages)


def _level(level: Level) -> dict[str, object]:
    """M8."""
    return present(eqfLevel=listed("eqf", str(level.eqf)), educationLevel=[cycle(level.cycle)] if level.cycle else None)


def _credits(ects: Decimal | None) -> list[Node]:
    """M7 in ECTS credits, which the shape wants as a string."""
    if ects is None:
        return []
    point = f"{ects.normalize():f}"
    return [by_content("CreditPoint", framework=listed("education-credit", "6fcec5c5af"), point=point)]


def _outcome(outcome: LearningOutcome) -> Node:
    """M6."""
    return by_content(
        "LearningOutcome",
        title=outcome.title.as_map(),
        dcType=concept(outcome.kind) if outcome.kind else None,
        reusabilityLevel=concept(outcome.reusability) if outcome.reusability else None,
        relatedESCOSkill=[esco_skill(iri) for iri in dict.fromkeys(outcome.esco)],
        additionalNote=[note(outcome.description)] if outcome.description else None,
    )


def _is_partial(stacking: Stacking | None) -> bool | None:
    """O4: stackable means part of something larger. Which receiver accepts it is for the receiver to say."""
    return stacking.kind is Stackability.STACKABLE if stacking else None


def _notes(offer: Offer) -> list[Node]:
    """M11 in the teacher's words, O4 in words, O5."""
    texts = [
        offer.quality_statement,
        _stacking_text(offer.stacking, offer.languages) if offer.stacking else None,
        offer.further.text if offer.further else None,
    ]
    return [note(text) for text in dict.fromkeys(texts) if text]


def _stacking_text(stacking: Stacking, languages: tuple[str, ...]) -> Text:
    if stacking.kind is Stackability.STAND_ALONE:
        return in_languages(Phrase.STAND_ALONE, languages)
    if stacking.towards is None:
        return in_languages(Phrase.STACKABLE, languages)
    return in_languages(Phrase.STACKABLE_TOWARDS, languages, stacking.towards)


def _homepage(further: FurtherInformation | None) -> list[Node]:
    return web_resources(further.homepage if further else "")
