"""The one form of a course profile: the fields that were sent, in the names and shapes of a profile file.

The schemas of :mod:`plugin.profiles` then accept or refuse them. What the form does not show (ESCO skills, bands of a
scale) is carried over from the draft; who declares supervision, and when, is said by the server and not by the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from werkzeug.datastructures import MultiDict

from mappings.profile import CourseProfile
from mappings.vocabularies.labels import label, search
from plugin.profiles import course_profile_form
from plugin.web.spoken import tags

Data = dict[str, Any]
_LONGEST = 4_000
_TEXTS = (
    "title",
    "description",
    "quality_assurance",
    "prerequisites",
    "stacks_towards",
    "further_information",
)
_LISTS = ("outcomes", "assessments", "subjects", "languages", "supervision")
_DECLARED = ("method", "place", "identified_by")
"""Of a declaration: who watched, where, and who checked identification."""
_WORDS = ("participation", "activity_type", "learning_setting", "stackability", "homepage", "valid_for_months")


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a form by name, trimmed; an empty one counts as not sent."""

    fields: MultiDict[str, str]

    def word(self, name: str) -> str | None:
        """Return one field."""
        return self.fields.get(name, "").strip()[:_LONGEST] or None

    def words(self, name: str) -> list[str]:
        """Return every field of this name."""
        return [each.strip()[:_LONGEST] for each in self.fields.getlist(name) if each.strip()]

    def texts(self, name: str, languages: Iterable[str]) -> dict[str, str] | None:
        """Return a text by language: fields ``name.en``, ``name.nl``."""
        found = {language: text for language in languages if (text := self.word(f"{name}.{language}"))}
        return found or None


def data_of(profile: CourseProfile) -> Data:
    """Return a profile in the names and shapes of a file, its lists there even where they are empty."""
    return {**dict.fromkeys(_LISTS, ()), **course_profile_form(profile)}


def data_sent(
    sent: Sent, draft: CourseProfile, languages: Iterable[str], *, spoken: str, by: str, now: datetime
) -> Data:
    """Return what the form says, over what the draft said; words of EU lists are in the language ``spoken``."""
    languages = tuple(dict.fromkeys((*languages, *(draft.title.languages if draft.title else ()))))
    data = data_of(draft)
    data |= {name: sent.texts(name, languages) for name in _TEXTS} | {name: sent.word(name) for name in _WORDS}
    data["workload"] = _filled(ects=sent.word("workload.ects"), hours=sent.word("workload.hours"))
    data["level"] = _filled(eqf=sent.word("level.eqf"), cycle=sent.word("level.cycle"))
    data["languages"] = list(tags(sent.word("languages") or "", spoken))
    data["subjects"] = [_subject(each, spoken) for each in sent.words("subjects")]
    counted = [each for each in data["assessments"] if sent.word(f"assessment.{each['activity']}.counts")]
    data["assessments"] = [_assessment_sent(sent, each, languages, data["participation"]) for each in counted]
    activities = [each["activity"] for each in counted]
    data["outcomes"] = list(_outcomes_sent(sent, data["outcomes"], languages, activities))
    data["rule"] = _rule_sent(sent, activities)
    data["supervision"] = _supervision_sent(sent, data["supervision"], activities, by=by, now=now)
    return data


def suggestions(word: str, language: str) -> list[str]:
    """Return fields of ISCED-F that a word may mean, for a person to choose from."""
    return [label(each, language) for each in search("isced-f", word, language)[:20]]


def changed(before: Data, after: Data) -> set[str]:
    """Return the names of the fields in which two profiles differ."""
    return {name for name in after if name not in {"id", "version"} and after[name] != before.get(name)}


def _subject(word: str, language: str) -> str:
    """Return the code of the one field of ISCED-F that a word means, else the word for the schema to refuse."""
    found, wanted = search("isced-f", word, language), word.casefold()
    exact = [each for each in found if wanted in {each.label.casefold(), label(each, language).casefold()}]
    chosen = sorted(exact, key=lambda each: len(each.code))[:1] or (list(found) if len(found) == 1 else [])
    return chosen[0].code if chosen else word


def _assessment_sent(sent: Sent, before: Data, languages: Iterable[str], participation: str | None) -> Data:
    name = f"assessment.{before['activity']}"
    return {
        "activity": before["activity"],
        "title": sent.texts(f"{name}.title", languages) or before["title"],
        "type": sent.word(f"{name}.type"),
        "mode": sent.word(f"{name}.mode") or participation,
        "pass_mark": sent.word(f"{name}.pass_mark"),
    }


def _outcomes_sent(
    sent: Sent, before: Iterable[Data], languages: Iterable[str], activities: list[str]
) -> Iterable[Data]:
    for index, outcome in enumerate(before):
        name = f"outcome.{index}"
        title = sent.texts(f"{name}.title", languages)
        if title is None:  # an outcome without a title is taken out
            continue
        proven = [each for each in sent.words(f"{name}.proven") if each in activities]
        yield {**outcome, "title": title, "proven_by": {**outcome["proven_by"], "assessments": proven}}
    if added := sent.texts("outcome.new.title", languages):
        proven = [each for each in sent.words("outcome.new.proven") if each in activities]
        yield {
            "id": _unused({outcome["id"] for outcome in before}),
            "title": added,
            "proven_by": {"assessments": proven},
        }


def _unused(taken: set[str]) -> str:
    return next(name for number in count(1) if (name := f"LO-{number}") not in taken)


def _rule_sent(sent: Sent, activities: list[str]) -> Data:
    return {
        "completed_by": sent.word("rule.completed_by"),
        "required": [each for each in activities if sent.word(f"assessment.{each}.required")],
        "settled_after_hours": sent.word("rule.settled_after_hours"),
        "every_outcome": sent.word("rule.every_outcome") is not None,
        "approval": sent.word("rule.approval") is not None,
    }


def _supervision_sent(
    sent: Sent, before: Iterable[Data], activities: list[str], *, by: str, now: datetime
) -> list[Data]:
    """Keep a declaration that did not change with the one who made it; a new or changed one is of who sends it."""
    kept = [each for each in before if each.get("learner") and each["activity"] in activities]
    for activity in activities:
        name = f"assessment.{activity}"
        presence = sent.word(f"{name}.supervision")
        if presence is None:
            continue
        said: Data = {"activity": activity, "supervision": presence}
        said |= {each: sent.word(f"{name}.{each}") for each in _DECLARED}
        said |= {"identity_verified": sent.word(f"{name}.identity_verified") is not None}
        same = [each for each in before if not each.get("learner") and said.items() <= each.items()]
        kept += same[:1] or [{**said, "stated_by": by, "stated_at": now.replace(microsecond=0).isoformat()}]
    return kept


def _filled(**fields: Any) -> Mapping[str, Any] | None:
    """Return the fields that were given, None where none was: an empty workload is no workload."""
    given = {name: str(value) for name, value in fields.items() if value is not None}
    return given or None
