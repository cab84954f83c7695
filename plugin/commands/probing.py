"""The sub-command ``probe``: one canary credential goes the whole way, seen from outside."""

from __future__ import annotations

import sys

import click

from mappings.profile import CourseProfile
from plugin.canary import PROFILE
from plugin.commands.bridge import open_bridge
from plugin.errors import UnknownRow
from plugin.probing import ProbingTools, probe
from plugin.profiles import read_course_profile


@click.command("probe")
@click.option("--patience", type=click.IntRange(1, 3600), default=120, show_default=True, help="Seconds per wait.")
def run_probe(patience: int) -> None:
    """Issue a credential of the canary course, verify it from outside, revoke it, and see that it is revoked.

    Needs a worker, the public address and an institution profile. The credential says that it is none, belongs to
    nobody and counts in no statistic. What each step came to is in `/metrics`. Meant to run every 15 minutes.
    """
    bridge = open_bridge()
    with bridge.storage.reading() as work:
        issuers = work.drafts.institutions()
    if not issuers:
        raise UnknownRow("no institution profile is kept; run `microcred institution PROFILE` first")
    profile = read_course_profile(PROFILE)
    assert isinstance(profile, CourseProfile)
    tools = ProbingTools(
        storage=bridge.storage,
        profile=profile,
        issuer=issuers[0],
        ring=bridge.bell.ring,
        public_url=bridge.settings.public_url,
        clock=bridge.clock,
        patience=patience,
    )
    failed = 0
    for outcome in probe(tools):
        colour = "green" if outcome.ok else "red"
        failed += not outcome.ok
        click.echo(
            f"{click.style(f'{colour:<6}', fg=colour)} {outcome.step:<7} {outcome.seconds:6.1f} s  {outcome.sentence}"
        )
    sys.exit(1 if failed else 0)


COMMANDS = (run_probe,)
