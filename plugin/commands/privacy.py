"""Sub-commands about personal data: ``person export``, ``person erase``, ``retention``, ``dpia``."""

from __future__ import annotations

from pathlib import Path

import click

from mappings.assessment import LearnerId, PlatformId
from plugin import datamap, privacy
from plugin.commands.bridge import Hand, by_hand, open_bridge, whoami
from plugin.parts import privacy_tools
from plugin.privacy import PrivacyTools
from plugin.storage.retention import CLASSES
from plugin.storage.sharing import Holder


@click.group()
def person() -> None:
    """Answer what one person asks for: PLATFORM_KEY and LEARNER_ID are those of the LMS, never an e-mail address."""


@person.command("export")
@by_hand
@click.argument("platform_key")
@click.argument("learner_id")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="ZIP file to write.")
def export_person(hand: Hand, platform_key: str, learner_id: str, out: Path) -> None:
    """Write everything that is kept about a person, with their sealed credentials, into a ZIP file."""
    tools = _tools()
    out.write_bytes(privacy.export(tools, Holder(PlatformId(platform_key), LearnerId(learner_id))))
    privacy.note_export(tools, hand.by, hand.reason)
    click.echo(f"wrote {out}")


@person.command("sign-out")
@by_hand
@click.argument("platform_key")
@click.argument("learner_id")
def sign_person_out(hand: Hand, platform_key: str, learner_id: str) -> None:
    """End every page that a person has open, a teacher's too; a launch from the platform opens them again."""
    holder = Holder(PlatformId(platform_key), LearnerId(learner_id))
    count = privacy.sign_out(_tools(), holder, by=hand.by, reason=hand.reason)
    click.echo(f"{count} launch(es) ended")


@person.command("erase")
@click.argument("platform_key")
@click.argument("learner_id")
@click.option("--by", required=True, help="Who does this; goes into the audit trail.")
@click.option("--reason", required=True, help="Why.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_person(platform_key: str, learner_id: str, by: str, reason: str, *, yes: bool) -> None:
    """Erase a person, after showing what would go and what survives. Their credentials stay valid in their hands."""
    tools, holder = _tools(), Holder(PlatformId(platform_key), LearnerId(learner_id))
    found = privacy.preview(tools, holder)
    for table, rows in found.rows.items():
        click.echo(f"  {table}: {rows}", err=True)
    for each in privacy.SURVIVES:
        click.echo(f"stays: {each}", err=True)
    if found and not yes:
        click.confirm("Erase this person for good?", abort=True, err=True)
    left = privacy.erase(tools, holder, by=by, reason=reason)
    click.echo(
        f"erased; {left} credential(s) stay valid. Backups made before still hold the person until they are gone"
    )


@click.command()
@click.option("--delete", is_flag=True, help="Delete it now; the worker does so every hour.")
def retention(*, delete: bool) -> None:
    """Tell what has been kept for longer than the settings say."""
    tools = _tools()
    done = privacy.let_go(tools, by=whoami()) if delete else privacy.overdue(tools)
    for name, rows in done.items():
        click.echo(f"{rows} {'deleted' if delete else 'due'}: {CLASSES[name]}")


@click.command()
def dpia() -> None:
    """Print the draft of a data protection impact assessment for this installation, as Markdown."""
    bridge = open_bridge()
    with bridge.storage.reading() as work:
        platforms = tuple(platform.base_url for platform in work.platforms.all())
    click.echo(datamap.assessment(bridge.settings, platforms), nl=False)


def _tools() -> PrivacyTools:
    bridge = open_bridge()
    return privacy_tools(bridge.settings, bridge.storage, bridge.clock)


COMMANDS = (person, retention, dpia)
