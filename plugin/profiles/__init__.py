"""Course profile and institution profile from YAML or JSON: a valid value, or every problem at once with its path.

A profile may lack elements (a draft); what is there is valid, or nothing is accepted. Implausible input is accepted
with a warning that says why (:mod:`mappings.plausibility`); what is missing for a complete micro-credential is
told by :func:`mappings.describe.gaps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from marshmallow import Schema, ValidationError

from mappings.profile import CourseProfile, Issuer
from plugin.profiles.notation import Unreadable, parse
from plugin.profiles.schemas import CourseProfileSchema, InstitutionProfileSchema

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where: ``outcomes[0].proven_by.assessments[1]``; an empty path is the whole file."""

    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Problems:
    """A profile that was not accepted: all that is wrong with it, at least one problem."""

    problems: tuple[Problem, ...]


_WHOLE: Final = "_schema"


def read_course_profile(text: str) -> CourseProfile | Problems:
    """Read a course profile from YAML or JSON."""
    return _read(CourseProfile, CourseProfileSchema(), text)


def read_institution_profile(text: str) -> Issuer | Problems:
    """Read an institution profile from YAML or JSON."""
    return _read(Issuer, InstitutionProfileSchema(), text)


def course_profile_from(data: object) -> CourseProfile | Problems:
    """Read a course profile from a form, with the names and shapes of the file."""
    return _load(CourseProfile, CourseProfileSchema(), data)


def institution_profile_from(data: object) -> Issuer | Problems:
    """Read an institution profile from a form, with the names and shapes of the file."""
    return _load(Issuer, InstitutionProfileSchema(), data)


def course_profile_form(profile: CourseProfile) -> dict[str, Any]:
    """Return what :func:`course_profile_from` reads as this profile: the shape of the file, only what is stated."""
    return dict(CourseProfileSchema().dump(profile))


def institution_profile_form(issuer: Issuer) -> dict[str, Any]:
    """Return what :func:`institution_profile_from` reads as this profile."""
    return dict(InstitutionProfileSchema().dump(issuer))


def _read(kind: type[T], schema: Schema, text: str) -> T | Problems:
    try:
        data = parse(text)
    except Unreadable as error:
        return Problems((Problem("", str(error)),))
    return _load(kind, schema, data)


def _load(kind: type[T], schema: Schema, data: object) -> T | Problems:
    try:
        loaded = schema.load(cast("Mapping[str, Any]", data))
    except ValidationError as error:
        return Problems(tuple(_problems(error.messages, "")))
    assert isinstance(loaded, kind)
    return loaded


def _problems(messages: object, path: str) -> Iterator[Problem]:
    """Flatten marshmallow's tree of messages; list positions become ``[0]``."""
    if isinstance(messages, Mapping):
        for step, below in messages.items():
            yield from _problems(below, _joined(path, step))
    else:
        for sentence in messages if isinstance(messages, list) else [messages]:
            yield Problem(path, str(sentence))


def _joined(path: str, step: str | int) -> str:
    if step == _WHOLE:
        return path
    return f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}".removeprefix(".")
