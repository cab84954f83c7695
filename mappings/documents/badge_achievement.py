"""The achievement of an Open Badge: all that is the same for everybody who earns it.

Open Badges 3.0, classes Achievement, Criteria, Alignment and ResultDescription. The identifier of the achievement is
derived from its content, so the same course profile gives the same achievement and a changed one another. It sorts
before everything that is a learner's, so its lines need no second hash (:mod:`plugin.sealing.compiled`).
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from mappings.documents.badge_shape import BadgeShape
from mappings.documents.identifiers import CYCLE_WORDS, ECTS, did_web, duration, eqf_iri, plain
from mappings.documents.templates import Json, serialise
from mappings.elements import LearningOutcome
from mappings.profile import Accreditation, Stackability
from mappings.vocabularies.terms import Term

Node = dict[str, Json]


def concept(term: Term) -> Node:
    """Return a concept of a controlled list with its label."""
    return {"id": term.iri, "name": term.label}


def achievement(shape: BadgeShape) -> Node:
    """Return the achievement with its identifiers: DID URLs of the issuer, of nobody else and no dead links."""
    content = uuid5(NAMESPACE_URL, serialise(_achievement(shape, "")))
    return _achievement(shape, f"{did_web(shape.issuer_url)}/achievements/{content}")


def _achievement(shape: BadgeShape, name: str) -> Node:
    ects = shape.workload.ects
    return {
        "id": name,
        "type": ["Achievement"],
        "achievementType": "MicroCredential",
        "name": shape.text(shape.title),
        "description": shape.text(shape.description or shape.title),
        "criteria": {"id": f"{name}#criteria", "narrative": "\n\n".join(_criteria(shape))},
        **({} if ects is None else {"creditsAvailable": float(ects)}),
        **({"inLanguage": shape.course_languages[0]} if shape.course_languages else {}),
        **({"fieldOfStudy": "; ".join(subject.label for subject in shape.subjects)} if shape.subjects else {}),
        "alignment": list(_alignments(shape, name)),
        "resultDescription": list(_result_descriptions(shape, name)),
        **_own_terms(shape, name),
    }


def _criteria(shape: BadgeShape) -> Iterator[str]:
    """Yield the paragraphs that a person reads: what was learned, how it was assessed, what it builds on."""
    yield "Learning outcomes: " + "; ".join(shape.text(outcome.title) for outcome in shape.outcomes) + "."
    assessed = (f"{shape.text(each.title)} ({each.type.label}, {each.mode.label})" for each in shape.assessments)
    yield "Assessed by: " + "; ".join(assessed) + "."
    yield f"Form of participation: {shape.participation.label}."
    if shape.prerequisites is not None:
        yield f"Prerequisites: {shape.text(shape.prerequisites)}"
    if shape.stackability is not None:
        yield _stacking_words(shape)
    if shape.further_information is not None and shape.further_information.text is not None:
        yield shape.text(shape.further_information.text)


def _stacking_words(shape: BadgeShape) -> str:
    stacking = shape.stackability
    if stacking is None or stacking.kind is Stackability.STAND_ALONE:
        return "Stand-alone micro-credential."
    towards = f": {shape.text(stacking.towards)}" if stacking.towards else ""
    return f"Stackable towards another credential{towards}."


def _alignments(shape: BadgeShape, name: str) -> Iterator[Node]:
    """Yield one alignment per outcome, per ESCO skill, for the level, the cycle and the quality assurance."""
    number = 0
    for number, alignment in enumerate(_targets(shape, name), 1):
        yield {"id": f"{name}#alignment-{number}", "type": ["Alignment"], **alignment}


def _targets(shape: BadgeShape, name: str) -> Iterator[Node]:
    for number, outcome in enumerate(shape.outcomes, 1):
        yield from _outcome_targets(shape, outcome, f"{name}#outcome-{number}")
    level = shape.level
    yield {
        "targetType": "ext:EQF",
        "targetName": f"EQF level {level.eqf}",
        "targetCode": str(level.eqf),
        "targetFramework": "European Qualifications Framework",
        "targetUrl": eqf_iri(level.eqf),
    }
    if level.cycle is not None:
        yield {
            "targetType": "ext:QFEHEA",
            "targetName": CYCLE_WORDS[level.cycle],
            "targetFramework": "Qualifications Framework of the European Higher Education Area",
            "targetUrl": f"{name}#cycle",
        }
    for number, accreditation in enumerate(shape.quality_assurance.accreditations, 1):
        yield _quality_target(shape, accreditation, f"{name}#accreditation-{number}")


def _outcome_targets(shape: BadgeShape, outcome: LearningOutcome, name: str) -> Iterator[Node]:
    title = shape.text(outcome.title)
    target: Node = {
        "targetType": "ext:LearningOutcome",
        "targetName": title,
        "targetCode": outcome.id,
        "targetUrl": name,
    }
    if outcome.description is not None:
        target["targetDescription"] = shape.text(outcome.description)
    if outcome.kind is not None:
        target["dcType"] = concept(outcome.kind)
    if outcome.reusability is not None:
        target["reusabilityLevel"] = concept(outcome.reusability)
    yield target
    for skill in outcome.esco:
        yield {"targetType": "ext:ESCOSkill", "targetName": title, "targetFramework": "ESCO", "targetUrl": skill}


def _quality_target(shape: BadgeShape, accreditation: Accreditation, name: str) -> Node:
    agency = f"{shape.text(accreditation.agency)} ({accreditation.agency_country.label})"
    return {
        "targetType": "ext:QualityAssurance",
        "targetName": shape.text(accreditation.title),
        "targetDescription": f"{accreditation.type.label}, {agency}",
        "targetFramework": accreditation.type.label,
        "targetUrl": accreditation.report_url or name,
        **({"targetCode": accreditation.deqar_id} if accreditation.deqar_id else {}),
        "dcType": concept(accreditation.type),
    }


def _result_descriptions(shape: BadgeShape, name: str) -> Iterator[Node]:
    """Yield what can be reached: the score of each assessment, the grade of the whole, the hours of a learner."""
    scores = [(shape.text(each.title), str(number), each.maximum) for number, each in enumerate(shape.assessments, 1)]
    if "grade.overall.value" in shape.leaves:
        scores.append(("Grade", "overall", shape.grade_maximum))
    for title, which, maximum in scores:
        yield {
            "id": f"{name}#result-{which}",
            "type": ["ResultDescription"],
            "name": title,
            "resultType": "RawScore",
            **({} if maximum is None else {"valueMin": "0", "valueMax": plain(maximum)}),
        }
    if shape.workload.hours is not None:
        yield {
            "id": f"{name}#result-workload",
            "type": ["ResultDescription"],
            "name": "Notional workload (hours)",
            "resultType": "ext:WorkloadHours",
        }


def _own_terms(shape: BadgeShape, name: str) -> Node:
    """Return the elements that Open Badges has no word for (contexts/microcredential-v1.json)."""
    own: Node = {
        "mode": concept(shape.participation),
        "eqfLevel": {"id": eqf_iri(shape.level.eqf), "name": f"EQF level {shape.level.eqf}"},
    }
    if shape.level.cycle is not None:
        own["educationLevel"] = CYCLE_WORDS[shape.level.cycle]
    if shape.learning_setting is not None:
        own["learningSetting"] = concept(shape.learning_setting)
    return own | _workload(shape, name) | _stacking(shape, name) | _notes(shape, name)


def _workload(shape: BadgeShape, name: str) -> Node:
    own: Node = {}
    if shape.workload.ects is not None:
        framework: Node = {"id": ECTS.iri, "name": ECTS.label}
        own["creditPoint"] = {"id": f"{name}#credits", "point": plain(shape.workload.ects), "framework": framework}
    if shape.workload.hours is not None:
        own["volumeOfLearning"] = duration(shape.workload.hours)
    return own


def _stacking(shape: BadgeShape, name: str) -> Node:
    stacking = shape.stackability
    if stacking is None:
        return {}
    own: Node = {"isPartialQualification": stacking.kind is Stackability.STACKABLE}
    if stacking.towards is not None and stacking.kind is Stackability.STACKABLE:
        own["stacksTowards"] = {"id": f"{name}#stacks-towards", "name": shape.text(stacking.towards)}
    return own


def _notes(shape: BadgeShape, name: str) -> Node:
    further = shape.further_information
    texts = {
        "entryRequirement": ("prerequisites", shape.prerequisites),
        "furtherInformation": ("further-information", further.text if further else None),
        "qualityStatement": ("quality-statement", shape.quality_assurance.statement),
    }
    own: Node = {
        term: {"id": f"{name}#{anchor}", "noteLiteral": shape.text(text)}
        for term, (anchor, text) in texts.items()
        if text is not None
    }
    if further is not None and further.homepage:
        own["homepage"] = further.homepage
    return own
