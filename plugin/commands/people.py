"""Sub-commands for what only a person decides: ``held``, ``case``, ``revoke``."""

from __future__ import annotations

import click

from plugin import approving
from plugin.commands.bridge import open_bridge
from plugin.storage.awards import State
from plugin.storage.cases import Remedy

by = click.option("--by", required=True, help="Name of the person who decides; kept in the audit trail.")
reason = click.option("--reason", required=True, help="Why; the learner can read it.")


@click.group()
def held() -> None:
    """See, release or refuse awards that wait for a person."""


@held.command("list")
def list_held() -> None:
    """List every award that waits for a person, with the reasons."""
    bridge = open_bridge()
    with bridge.storage.reading() as work:
        for offer in work.offers.enabled():
            for award in work.awards.of_offer(offer.id, State.HELD):
                click.echo(f"{award.id} learner {award.learner}: {' '.join(each.sentence for each in award.reasons)}")


@held.command("release")
@click.argument("award_id")
@by
@reason
def release(award_id: str, by: str, reason: str) -> None:
    """Release an award: it is decided again at once and sealed unless something new speaks against it."""
    bridge = open_bridge()
    approving.release(bridge.approving, award_id, by=by, reason=reason)
    bridge.bell.ring()
    click.echo("released")


@held.command("refuse")
@click.argument("award_id")
@by
@reason
def refuse(award_id: str, by: str, reason: str) -> None:
    """Refuse an award; a later release is possible."""
    approving.refuse(open_bridge().approving, award_id, by=by, reason=reason)
    click.echo("refused")


@click.group()
def case() -> None:
    """See and decide what changed after credentials were sealed."""


@case.command("list")
def list_cases() -> None:
    """List every change that waits for a decision."""
    bridge = open_bridge()
    with bridge.storage.reading() as work:
        for offer in work.offers.enabled():
            for each in work.cases.undecided(offer.id):
                click.echo(f"{each.id} {each.kind}: {' '.join(reason.sentence for reason in each.reasons)}")


@case.command("decide")
@click.argument("case_id")
@click.argument("remedy", type=click.Choice([each.value for each in Remedy]))
@by
@reason
def decide_case(case_id: str, remedy: str, by: str, reason: str) -> None:
    """Keep the credential, supersede it by a new one, or revoke it."""
    bridge = open_bridge()
    approving.decide_case(bridge.approving, case_id, Remedy(remedy), by=by, reason=reason)
    bridge.bell.ring()
    click.echo(f"decided: {remedy}")


@click.command()
@click.argument("award_id")
@by
@reason
def revoke(award_id: str, by: str, reason: str) -> None:
    """Revoke the credential of an award, for good."""
    approving.revoke(open_bridge().approving, award_id, by=by, reason=reason)
    click.echo("revoked")


COMMANDS = (held, case, revoke)
