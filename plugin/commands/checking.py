"""The sub-command ``check``: every setting, then everything that the bridge leans on, with the step that helps."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

import click

from mappings.said import say
from plugin.errors import InvalidSettings
from plugin.health import Finding, Health, Status, everything
from plugin.health.report import bad
from plugin.listing import Source, Stated, stated
from plugin.parts import health_tools
from plugin.settings import read_settings

COLOURS = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "red"}


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print it for machines.")
@click.option("--all-settings", is_flag=True, help="Show the settings that were left at their default too.")
def check_installation(*, as_json: bool, all_settings: bool) -> None:
    """Tell every setting, and try everything that the bridge leans on: green, yellow, red, with what helps.

    Asks the platforms, the timestamp authority and the public address. Changes nothing but one row, written to see
    whether the database can be written. The exit code is 0 unless something is red.
    """
    settings = stated(os.environ)
    health = _examined()
    if as_json:
        click.echo(json.dumps({**health.to_json(), "settings": [_setting_json(each) for each in settings]}, indent=2))
    else:
        for line in _told(settings, health, all_settings=all_settings):
            click.echo(line)
    sys.exit(1 if health.status is Status.FAIL else 0)


def _examined() -> Health:
    """Try everything; where a setting is refused there is nothing to try it with."""
    try:
        return everything(health_tools(read_settings(os.environ)))
    except InvalidSettings as error:
        return Health(
            tuple(
                bad("settings", say(f"{problem}."), say("Correct it; docs/settings.md.")) for problem in error.problems
            )
        )


def _told(settings: tuple[Stated, ...], health: Health, *, all_settings: bool) -> Iterator[str]:
    for each in settings:
        if all_settings or each.problem or each.source is not Source.DEFAULT:
            problem = f"  {click.style('red', fg='red')}: {each.problem}" if each.problem else ""
            yield f"{each.name:<27} {each.source:<13} {each.shown}{problem}"
    yield ""
    for finding in health.findings:
        yield from _lines(finding)
    reds = sum(finding.status is Status.FAIL for finding in health.findings)
    yellows = sum(finding.status is Status.WARN for finding in health.findings)
    yield f"\n{'ready' if not reds else 'NOT ready'}: {reds} red, {yellows} yellow"


def _lines(finding: Finding) -> Iterator[str]:
    colour = COLOURS[finding.status]
    yield f"{click.style(f'{colour:<7}', fg=colour)}{finding.component}: {finding.sentence}"
    if finding.fix:
        yield f"       -> {finding.fix}"


def _setting_json(setting: Stated) -> dict[str, str]:
    return {
        "name": setting.name,
        "value": setting.shown,
        "source": setting.source,
        "status": Status.FAIL if setting.problem else Status.PASS,
        "problem": setting.problem,
    }


COMMANDS = (check_installation,)
