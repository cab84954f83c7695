"""The whole line through the real application, with a simulated platform: launch, enable, read, seal, show, share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from plugin import issuing, sync
from plugin.app import Bridge, assemble
from plugin.sealing.identity import profiled_identity
from plugin.storage.awards import AwardRow, State
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from tests import factories
from tests.factories import READ
from tests.functional.entrance import Entrance, Visitor
from tests.lti.launching import CLIENT
from tests.plugin.web.test_teacher_setup import ASKED, shown_fields
from tests.simulators.certificate_authority import CertificateAuthority
from tests.simulators.lti_platform import MOODLE, LtiPlatform
from tests.simulators.moodle import TOKEN, MoodleSimulator


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    """The application with a seal, and a platform that launches into the recorded course."""
    owner = profiled_identity(factories.issuer())
    parts = (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATION_IDENTIFIER, NameOID.COUNTRY_NAME)
    named = dict(zip(parts, (owner.names[0], owner.identifiers[0], owner.countries[0]), strict=True))
    authority = CertificateAuthority()
    seal = authority.seal(named, begins=datetime.now(UTC) - timedelta(days=1))
    file, trust = tmp_path / "seal.pem", tmp_path / "trust.pem"
    file.write_bytes(seal.key_pem + seal.certificate_pem)
    trust.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    with LtiPlatform(MOODLE) as platform:
        yield Entrance(tmp_path, platform, seal_file=file, trust_file=trust)


def token(page: str) -> str:
    """The token of the forms on a page."""
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def enable(teacher: Visitor, home: str) -> None:
    """Fill in the three fields, look at the preview, enable."""
    page = teacher.get(f"{home}/setup").text
    preview = teacher.post(f"{home}/setup", {**shown_fields(page), **ASKED, "csrf_token": token(page)})
    page = teacher.get(preview.location).text
    teacher.post(f"{home}/enable", {"csrf_token": token(page)})


def settled(bridge: Bridge) -> list[AwardRow]:
    """What the worker does: read, and issue what is earned."""
    with bridge.storage.reading() as work:
        (offer,) = work.offers.enabled()
    sync.sync(bridge.sync, offer.id)
    with bridge.storage.reading() as work:
        due = [award.id for award in work.awards.of_offer(offer.id, State.ELIGIBLE)]
    return [issuing.issue(bridge.issuing, award_id) for award_id in due]


def test_from_a_teacher_s_launch_to_a_stranger_s_look(entrance: Entrance) -> None:
    """Nobody presses a button between Enable and the learner's page."""
    teacher = entrance.browser()
    launched = teacher.launch("teacher")
    platform = entrance.launch_of(launched).platform
    bridge = assemble(entrance.settings)
    with MoodleSimulator() as moodle:
        with bridge.storage.begin() as work:
            work.platforms.connect(Connected(platform, "moodle", moodle.url, token=TOKEN), READ)
            work.profiles.keep_issuer(factories.issuer(), READ)
        enable(teacher, launched.location)
        sealed = settled(bridge)
        for award in sealed:
            bridge.jobs.work(Topic.DELIVER, award.id)
        told = moodle.calls("core_message_send_instant_messages")
    learner = entrance.browser()
    home = learner.launch("learner", sub=sealed[0].learner).location
    page = learner.get(home).text
    own = re.findall(r'href="(/mine/[^"]+/credential/[^"#]+)"', page)[0]
    learner.post(f"{own}/share", {"days": "30", "csrf_token": token(page)})
    link = re.findall(r'value="https?://[^"]+(/c/[^"]+)"', learner.get(own).text)[0]

    shown = entrance.browser().get(link).text

    assert {award.state for award in sealed} == {State.SEALED}
    assert len(sealed) == 2
    assert {form["messages[0][touserid]"] for form in told} == {award.learner for award in sealed}
    assert "Practice only" not in shown
    assert "Prepare and clean a data set" in shown
    assert CLIENT not in shown
