"""Every setting as a person may see it: where its value comes from, whether it holds, and no secret.

Read from the environment without being refused by it, so that whoever has one wrong value sees the others too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from plugin.errors import InvalidSettings
from plugin.settings import PREFIX, read_settings
from plugin.settings import Settings as _Settings

SECRETS = frozenset(setting.name for setting in fields(_Settings) if not setting.repr)
"""What is never shown: the very settings that ``repr`` hides."""
_PASSWORD = re.compile(r"(?<=://)([^:@/]*):[^@/]*@")


FROM_FILE = "BRIDGE_SETTINGS_FROM_FILE"
"""Names, in the environment of every process of a service, the variables that a settings file has put there."""


class Source(StrEnum):
    """Where the value in force comes from."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    SETTINGS_FILE = "settings file"
    OWN_FILE = "file"
    """A file of its own, named in ``MICROCRED_..._FILE``."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One setting. ``shown`` holds no secret; ``problem`` is empty where the value holds."""

    name: str
    shown: str
    source: Source
    problem: str = ""


def stated(environment: Mapping[str, str]) -> tuple[Stated, ...]:
    """Return every setting, known or not, in the order of their declaration."""
    problems = problems_of(environment)
    known = [_stated(environment, setting.name, setting.default, problems) for setting in fields(_Settings)]
    names = {each.name for each in known}
    strays = [Stated(name, "", Source.ENVIRONMENT, said) for name, said in problems.items() if name not in names]
    from_file = frozenset(environment.get(FROM_FILE, "").split())
    return tuple(_placed(each, from_file) for each in (*known, *strays))


def problems_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong, by the name of the setting."""
    try:
        read_settings(environment)
    except InvalidSettings as error:
        split = [problem.partition(": ") for problem in error.problems]
        return {name: said for name, _, said in split}
    return {}


def _stated(environment: Mapping[str, str], name: str, default: object, problems: Mapping[str, str]) -> Stated:
    variable = PREFIX + name.upper()
    problem = problems.get(variable, "")
    if path := environment.get(f"{variable}_FILE"):
        return Stated(variable, f"(in {path})", Source.OWN_FILE, problem)
    if value := environment.get(variable):
        return Stated(variable, "(set)" if name in SECRETS else _masked(value), Source.ENVIRONMENT, problem)
    return Stated(
        variable, "(not set)" if default in (None, "", ()) or name in SECRETS else str(default), Source.DEFAULT
    )


def _placed(setting: Stated, from_file: frozenset[str]) -> Stated:
    if setting.source is Source.ENVIRONMENT and setting.name in from_file:
        return Stated(setting.name, setting.shown, Source.SETTINGS_FILE, setting.problem)
    return setting


def _masked(value: str) -> str:
    """Hide the password in an address like ``redis://:password@host``."""
    return _PASSWORD.sub(r"\1:(hidden)@", value)
