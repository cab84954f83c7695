"""What the European Learning Model and Annex I demand of the content, told as two steps."""

from __future__ import annotations

from mappings.documents.elm_check import Problem, missing_elements, problems
from plugin.sealing.identity import shown
from plugin.verification.parsing import JsonObject
from plugin.verification.report import Step, StepName, failed, passed

_TOLD = 3  # problems in one sentence


def content_steps(credential: JsonObject) -> tuple[Step, Step]:
    """Check structure, terms, ids and dates, then that every mandatory element of Annex I is stated."""
    return _schema_step(problems(credential)), _completeness_step(credential)


def _schema_step(found: tuple[Problem, ...]) -> Step:
    if not found:
        return passed(StepName.SCHEMA, "Structure, terms, ids and dates are those of the European Learning Model.")
    told = " ".join(f"{shown([problem.path])}: {problem.sentence}" for problem in found[:_TOLD])
    more = f" And {len(found) - _TOLD} more." if len(found) > _TOLD else ""
    return failed(StepName.SCHEMA, found[0].code, f"{told}{more}")


def _completeness_step(credential: JsonObject) -> Step:
    missing = missing_elements(credential)
    if not missing:
        return passed(StepName.COMPLETENESS, "Every mandatory element of a European micro-credential is stated.")
    named = ", ".join(f"{element.value} ({element.name.replace('_', ' ').lower()})" for element in missing)
    return failed(StepName.COMPLETENESS, "elements_missing", f"Not a complete micro-credential, it lacks {named}.")
