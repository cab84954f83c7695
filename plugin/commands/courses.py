"""Sub-commands about platforms and courses: ``platform``, ``course``, ``sync``, ``issue``, ``status``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from lti.platforms import moodle_report
from mappings.assessment import CourseId, PlatformId
from plugin import issuing, offering, sync
from plugin.app import Bridge
from plugin.commands.bridge import FILE, Hand, by_hand, open_bridge, whoami
from plugin.commands.seals import institution_or_fail, profile_or_fail
from plugin.progress import OfferProgress, Progress, progress
from plugin.storage.awards import State
from plugin.storage.deliveries import Outcome
from plugin.storage.platforms import Connected

_REPORT = click.option(
    "--completion-report",
    "report",
    type=click.IntRange(min=0),
    help="Moodle: id of the custom report of those who have not completed their course; 0 for none. Else it is kept.",
)


@click.command("platform")
@click.argument("platform_id")
@click.argument("url")
@click.option("--kind", type=click.Choice(["moodle", "canvas"]), default="moodle", show_default=True)
@click.option("--title", default="", help="How people call it.")
@click.option("--token-file", type=FILE, required=True, help="File with the web-service token of the minimal role.")
@_REPORT
def connect_platform(
    *, platform_id: str, url: str, kind: str, title: str, token_file: Path, report: int | None
) -> None:
    """Connect the platform at URL and call it PLATFORM_ID."""
    if report and kind != "moodle":
        raise click.UsageError("--completion-report is for Moodle")
    bridge = open_bridge()
    token = token_file.read_text(encoding="utf-8").strip()
    named = _known_report(bridge, PlatformId(platform_id)) if report is None else str(report or "")
    platform = Connected(PlatformId(platform_id), kind, url.rstrip("/"), title, token, named)
    offering.connect(bridge.offering, platform, by=whoami())
    click.echo(f"connected {platform_id}")
    if platform.completion_report:
        click.echo(_told_of_report(bridge, platform))


def _known_report(bridge: Bridge, platform: PlatformId) -> str:
    with bridge.storage.reading() as work:
        return next((each.completion_report for each in work.platforms.all() if each.id == platform), "")


def _told_of_report(bridge: Bridge, platform: Connected) -> str:
    """Say whether the completion report can be used; without it everybody is asked singly, so it stops nothing."""
    findings = bridge.sync.connect(platform).preflight(None)
    found = next((each for each in findings if each.place == moodle_report.FUNCTION), findings[0])
    if found.works:
        return f"report {platform.completion_report} is used: whom it lists as not completed is not asked singly"
    return (
        f"report {platform.completion_report} is not used yet, everybody is asked singly: {found.problem} {found.fix}"
    )


@click.command("push")
@by_hand
@click.argument("platform_id")
@click.argument("secret_file", type=FILE)
def expect_push(hand: Hand, platform_id: str, secret_file: Path) -> None:
    """Accept events that PLATFORM_ID pushes to /hints/PLATFORM_ID; they only make a course be read sooner.

    SECRET_FILE holds the HMAC key that Moodle's push plugin was given, or the root_account_uuid of a Canvas.
    """
    bridge = open_bridge()
    with bridge.storage.begin() as work:
        work.platforms.expect_push(PlatformId(platform_id), secret_file.read_text(encoding="utf-8").strip())
    hand.note(bridge.storage, "expect_push", platform_id)
    click.echo(f"events go to {bridge.settings.public_url}/hints/{platform_id}")


@click.command("institution")
@click.argument("institution", type=FILE)
def state_institution(institution: Path) -> None:
    """Keep the institution profile INSTITUTION, by which teachers then enable credentials on their own page."""
    bridge = open_bridge()
    issuer = institution_or_fail(institution)
    is_new = offering.state_institution(bridge.offering, issuer, by=whoami())
    click.echo(f"{'kept' if is_new else 'known already'}: {issuer.id}, version {issuer.version}")


@click.command("course")
@click.argument("platform_id")
@click.argument("course_id")
@click.argument("profile", type=FILE)
@click.argument("institution", type=FILE)
def enable_course(platform_id: str, course_id: str, profile: Path, institution: Path) -> None:
    """Let a course award the credential of PROFILE on behalf of INSTITUTION, from now on by itself."""
    bridge = open_bridge()
    place = (PlatformId(platform_id), CourseId(course_id))
    enabled = offering.enable(
        bridge.offering, place, profile_or_fail(profile), institution_or_fail(institution), by=whoami()
    )
    bridge.bell.ring()
    click.echo(f"enabled; the offer is {enabled.id}")


@click.command("sync")
@click.argument("offer_id", required=False)
def sync_now(offer_id: str | None) -> None:
    """Read courses now and here: the one of OFFER_ID, or every course with an enabled credential."""
    bridge = open_bridge()
    for each in _chosen(bridge, offer_id):
        click.echo(f"reading {each} ...", err=True)
        report = sync.sync(bridge.sync, each)
        click.echo(f"{each}: {report.read} learners read, {report.changed} changed, {report.eligible} became eligible")


@click.command("issue")
@click.argument("offer_id", required=False)
def issue_now(offer_id: str | None) -> None:
    """Issue now and here what is eligible, without waiting for the worker."""
    bridge = open_bridge()
    with bridge.storage.reading() as work:
        offers = [offer_id] if offer_id else [offer.id for offer in work.offers.enabled()]
        due = [
            award.id
            for offer in offers
            for award in work.awards.of_offer(offer)
            if award.state in {State.ELIGIBLE, State.RESERVED}
        ]
    with click.progressbar(due, label="issuing", file=sys.stderr) as awards:
        sealed = sum(issuing.issue(bridge.issuing, award).state is State.SEALED for award in awards)
    click.echo(f"{sealed} of {len(due)} sealed")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for machines.")
def status(*, as_json: bool) -> None:
    """Tell how many awards of each course are where, since when, what waits and what is parked."""
    bridge = open_bridge()
    now = progress(bridge.storage, bridge.clock)
    click.echo(json.dumps(now.to_json(), indent=2) if as_json else "\n".join(_told(now)))


def _told(now: Progress) -> Iterator[str]:
    """Yield the lines of a status."""
    if now.paused_since:
        yield f"paused since {now.paused_since:%Y-%m-%d %H:%M} UTC, after a restore: look, then `microcred resume`"
    for offer in now.offers:
        counts = ", ".join(f"{count} {state}" for state, count in sorted(offer.counts.items()))
        yield f"{offer.title or offer.course} ({offer.profile_id}, offer {offer.offer_id}): {counts or 'not read yet'}"
        yield from (_oldest(now, offer, state) for state in sorted(offer.oldest))
        yield from (
            f"  notices by {channel}: {count} {outcome or Outcome.PERHAPS}"
            for (channel, outcome), count in sorted(offer.notices.items())
        )
        if offer.queued.parked:
            yield f"  {offer.queued.parked} failed: see «parked» below, then `microcred retry`"
        if offer.queued.next_due:
            yield f"  next attempt {offer.queued.next_due:%Y-%m-%d %H:%M:%S} UTC"
        if offer.expected_finish:
            yield f"  expected to be sealed by {offer.expected_finish:%Y-%m-%d %H:%M:%S} UTC"
        if offer.open_cases:
            yield f"  {offer.open_cases} change(s) after sealing wait for a decision (`microcred case list`)"
    yield "waiting: " + ", ".join(f"{count} to {topic}" for topic, count in now.waiting.items())
    if now.expected_finish:
        yield f"expected to be sealed by {now.expected_finish:%Y-%m-%d %H:%M:%S} UTC"
    for each in now.troubles:
        yield f"{each.count} to {each.topic} again at {each.next_due:%Y-%m-%d %H:%M:%S} UTC after {each.error}"
    for parked in now.parked:
        yield f"parked: {parked.topic} {parked.row_id} after {parked.attempts} attempt(s): {parked.error}"


def _oldest(now: Progress, offer: OfferProgress, state: State) -> str:
    reasons = ", ".join(f"{count} {code}" for code, count in sorted(offer.reasons.get(state, {}).items()))
    return f"  oldest {state}: {_age(now.at - offer.oldest[state])}{f' ({reasons})' if reasons else ''}"


def _age(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))


def _chosen(bridge: Bridge, offer_id: str | None) -> list[str]:
    if offer_id:
        return [offer_id]
    with bridge.storage.reading() as work:
        return [offer.id for offer in work.offers.enabled()]


COMMANDS = (connect_platform, expect_push, state_institution, enable_course, sync_now, issue_now, status)
