"""Sub-commands about people with two accounts: ``person alike``, ``person merge``, ``person apart``."""

from __future__ import annotations

import click

from mappings.assessment import LearnerId, PlatformId
from plugin import merging
from plugin.commands.bridge import open_bridge
from plugin.commands.people import by, reason
from plugin.merging import Fate, MergingTools, Pair


@click.command("alike")
def list_alike() -> None:
    """List accounts that seem to be one person's: at which nobody has looked yet, with what speaks for it."""
    with open_bridge().storage.reading() as work:
        cases = work.people.undecided()
    for case in cases:
        click.echo(f"{case.platform} {case.old} {case.new} same {', '.join(case.evidence)}; {case.opened_at:%Y-%m-%d}")
    if not cases:
        click.echo("no two accounts seem to be one person's", err=True)


@click.command("merge")
@click.argument("platform_key")
@click.argument("old")
@click.argument("new")
@by
@reason
@click.option("--yes", is_flag=True, help="Do not ask.")
def merge_people(platform_key: str, old: str, new: str, by: str, reason: str, *, yes: bool) -> None:
    """Join OLD and NEW, two ids of one person, after showing what becomes of their awards; NEW is kept.

    Platforms do not tell whom they merged: look there first. What is joined is not taken apart again.
    """
    tools, pair = _tools(), Pair(PlatformId(platform_key), LearnerId(old), LearnerId(new))
    for fate in merging.preview(tools, pair):
        click.echo(f"  {_line(fate)}", err=True)
    click.echo("The page, the links and the requests about personal data of both become one.", err=True)
    if not yes:
        click.confirm("Join them for good?", abort=True, err=True)
    merging.merge(tools, pair, by=by, reason=reason)
    click.echo("joined")


@click.command("apart")
@click.argument("platform_key")
@click.argument("one")
@click.argument("other")
@by
@reason
def part_people(platform_key: str, one: str, other: str, by: str, reason: str) -> None:
    """Keep that ONE and OTHER are two people: what waits because of that can then be released."""
    merging.part(_tools(), Pair(PlatformId(platform_key), LearnerId(one), LearnerId(other)), by=by, reason=reason)
    click.echo("kept: two people")


def _line(fate: Fate) -> str:
    award = fate.award
    return f"course {award.course}, learner {award.learner}, {award.state}: {fate.becomes}"


def _tools() -> MergingTools:
    bridge = open_bridge()
    return MergingTools(bridge.storage, bridge.clock)


COMMANDS = (list_alike, merge_people, part_people)
