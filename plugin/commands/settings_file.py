"""One file with all settings, ``NAME=value`` a line: what `microcred setup` writes and systemd's EnvironmentFile reads.

A variable of the environment wins over its line; a value may stand in single or double quotes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

import click

from plugin.errors import InvalidSettings
from plugin.listing import FROM_FILE

VARIABLE = "MICROCRED_SETTINGS"
"""Names the file where no option does."""
_QUOTES = "'\""


def load(file: Path, environment: MutableMapping[str, str]) -> None:
    """Add the lines of ``file`` to ``environment`` where they are not set.

    It also says there which they were: the processes that this one becomes or starts find them set already.
    """
    added = {name: value for name, value in read(file).items() if name not in environment}
    environment.update(added)
    environment[FROM_FILE] = " ".join(sorted({*environment.get(FROM_FILE, "").split(), *added}))


def read(file: Path) -> Mapping[str, str]:
    """Return the settings in ``file``. Raises :class:`InvalidSettings`."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidSettings((f"the settings file {file} cannot be read ({error.strerror})",)) from None
    return dict(_pairs(file, text))


def _pairs(file: Path, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.isidentifier():
            raise InvalidSettings((f"{file}, line {number}: not like NAME=value",))
        yield name, _unquoted(value)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES else value


def use(_context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    """Take the settings of the file that the option or the environment names."""
    if file is None:
        return
    try:
        load(file, os.environ)
    except InvalidSettings as error:
        raise click.BadParameter(str(error)) from None
