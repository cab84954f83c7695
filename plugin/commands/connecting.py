"""Connecting learning platforms over LTI: ``invite``, ``registrations``, ``deployment``, ``keys``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from lti.authorization import DeveloperKey
from lti.claims import RegistrationId
from lti.tool_keys import SETTLING, rotate
from mappings.assessment import PlatformId
from plugin import administering, registering
from plugin.administration import administering_tools
from plugin.app import Bridge
from plugin.authorizing import keep_key, ticket
from plugin.commands.bridge import FILE, Hand, by_hand, open_bridge, whoami
from plugin.connections import authorizing_tools, registering_tools
from plugin.errors import UnknownRow
from plugin.intake import IntakeTools, make_secret
from plugin.parts import preflight_tools
from plugin.preflight import preflight
from plugin.storage.registrations import Registrations, ToolKeys


@click.command("invite")
@by_hand
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True, help="How long the URL can be used.")
def invite_platform(hand: Hand, days: int) -> None:
    """Print one URL that connects a Moodle or Canvas when it is pasted there. It can be used once.

    Moodle: Site administration > Plugins > External tool > Manage tools. Canvas: Admin > Apps > Manage. Opened in a
    browser, the URL shows the values for connecting by hand.
    """
    bridge = open_bridge()
    url = registering.invite(registering_tools(bridge), timedelta(days=days))
    hand.note(bridge.storage, "invite", "platform")
    click.echo(url)


@click.command("registrations")
def list_registrations() -> None:
    """List the connected platforms with what each still lacks, and their deployments."""
    bridge = open_bridge()
    stored, trying = Registrations(bridge.storage), preflight_tools(bridge.storage, bridge.settings, bridge.clock)
    for registration in stored.registrations():
        click.echo(f"{registration.title} ({registration.issuer}, client {registration.client_id})")
        for check in preflight(trying, RegistrationId(registration.id)).checks:
            click.echo(f"  {'green' if check.ok else 'red  '} {check.need}{': ' + check.fix if check.fix else ''}")
        for each in stored.deployments(registration.id):
            state = "allowed" if each.allowed else "waits"
            click.echo(f"  deployment {each.deployment_id}: {state}, platform key {each.platform}")


@click.command("deployment")
@by_hand
@click.argument("platform_key")
@click.option("--allow/--refuse", default=True, help="Whether it may launch.")
def decide_deployment(hand: Hand, platform_key: str, *, allow: bool) -> None:
    """Let the deployment with PLATFORM_KEY launch, or stop it."""
    bridge = open_bridge()
    tools, key = administering_tools(bridge, bridge.bell.ring), PlatformId(platform_key)
    if not administering.decide_deployment(tools, key, allowed=allow, by=hand.by, reason=hand.reason):
        raise UnknownRow("there is no such deployment: `microcred registrations` lists the keys")
    click.echo(f"{platform_key} {'may' if allow else 'may not'} launch, within half a minute")


@click.command("rotate-lti")
@by_hand
def rotate_keys(hand: Hand) -> None:
    """Make a new LTI key. It is published at once and signs later, when platforms have fetched it."""
    bridge: Bridge = open_bridge()
    key = rotate(ToolKeys(bridge.storage), bridge.clock())
    hand.note(bridge.storage, "rotate_lti_key", key.key_id)
    hours = int(SETTLING.total_seconds() // 3600)
    click.echo(f"key {key.key_id} is published and will sign in {hours} hours; the key before it stays for a week")


@click.command("authorise")
@by_hand
@click.argument("platform_key")
@click.option("--url", default="", help="The institution's own Canvas, https://school.instructure.com.")
@click.option("--client-id", default="", help="Number of the developer key.")
@click.option("--secret-file", type=FILE, help="File with the secret of the developer key.")
def authorise(hand: Hand, platform_key: str, url: str, client_id: str, secret_file: Path | None) -> None:
    """Print a URL that lets somebody authorise reading the Canvas of PLATFORM_KEY. It can be used once, for a day.

    The developer key can be given here or on the page.
    """
    bridge = open_bridge()
    tools = authorizing_tools(bridge)
    if url and client_id and secret_file is not None:
        secret = secret_file.read_text(encoding="utf-8").strip()
        key = DeveloperKey(url.rstrip("/"), client_id, secret, tools.redirect_uri)
        keep_key(tools, PlatformId(platform_key), key, by=hand.by)
    elif url or client_id or secret_file is not None:
        raise click.UsageError("--url, --client-id and --secret-file belong together")
    opened = ticket(tools, PlatformId(platform_key))
    hand.note(bridge.storage, "authorisation_ticket", platform_key)
    click.echo(opened)


@click.command("proctoring")
@click.argument("platform_key")
@click.option("--at-once", is_flag=True, help="End the secret before it now instead of in a week.")
def make_intake_secret(platform_key: str, *, at_once: bool) -> None:
    """Make the secret by which a proctoring service signs session records of PLATFORM_KEY. It is shown this once."""
    bridge = open_bridge()
    tools = IntakeTools(bridge.storage, bridge.clock, bridge.bell.ring)
    click.echo(make_secret(tools, PlatformId(platform_key), by=whoami(), at_once=at_once))
    click.echo(f"records go to {bridge.settings.public_url}/proctoring/sessions", err=True)


COMMANDS = (invite_platform, list_registrations, decide_deployment, authorise)
