"""The same credential reads the same in every format, and strangers' documents are read as far as they go."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from mappings.documents.elm import render_elm
from mappings.documents.envelope import Envelope
from mappings.documents.open_badges import render_open_badge
from mappings.documents.sd_jwt_vc import render_sd_jwt_vc
from mappings.elements import MicroCredential
from plugin.portrait import of_credential, of_document
from plugin.portrait.sd_jwt import of_claims
from plugin.portrait.snapshot import web_address
from plugin.portrait.values import Portrait
from tests.factories import ISSUED
from tests.plugin.rows import a_credential

ENVELOPE = Envelope(
    id="5d1f0a3e-6a67-4b6e-9f52-0d6a3c1b2e4f",
    valid_from=ISSUED,
    valid_until=ISSUED + timedelta(days=365),
    public_url="https://mc.example.edu/c/5d1f0a3e-6a67-4b6e-9f52-0d6a3c1b2e4f",
    issuer_url="https://mc.example.edu",
)
COMMON = ("title", "holder", "issuer", "issued_on", "valid_until", "eqf", "participation")


@pytest.fixture
def credential() -> MicroCredential:
    """What Anna has earned."""
    return a_credential()


def read(document: bytes, language: str = "en") -> Portrait:
    """The portrait of a document that must have one."""
    portrait = of_document(document, language)
    assert portrait is not None
    return portrait


def said(portrait: Portrait) -> tuple[object, ...]:
    """What every format says."""
    outcomes = tuple(outcome.title for outcome in portrait.outcomes)
    return (*(getattr(portrait, name) for name in COMMON), outcomes)


def test_every_format_reads_like_the_snapshot(credential: MicroCredential) -> None:
    """Whoever gets the badge reads what whoever gets the European Digital Credential reads."""
    snapshot = of_credential(credential, "en", valid_until="2027-11-24")
    elm = read(render_elm(credential, ENVELOPE).body)
    badge = read(render_open_badge(credential, ENVELOPE).body)
    claims = of_claims(json.loads(render_sd_jwt_vc(credential, ENVELOPE).body), "en")

    assert said(snapshot) == said(elm) == said(badge) == said(claims)


def test_assessment_and_supervision_read_alike_where_each_is_stated(credential: MicroCredential) -> None:
    """ELM and the badge state them per assessment."""
    snapshot, elm = of_credential(credential, "en"), read(render_elm(credential, ENVELOPE).body)
    badge = read(render_open_badge(credential, ENVELOPE).body)

    def stated(portrait: Portrait) -> list[tuple[str, str, str, str]]:
        return [(each.title, each.type, each.mode, each.supervision) for each in portrait.assessments]

    assert stated(snapshot) == stated(elm) == stated(badge)
    assert [each.grade for each in snapshot.assessments] == [each.grade for each in elm.assessments]
    assert (snapshot.ects, snapshot.hours) == (elm.ects, elm.hours) == ("5", "125")


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{}", b"a.b.c", b"ey.ey.ey~", b'{"payload": 1}', b'{"credentialSubject": []}', b"\x89PNG\r\n\x1a\n"],
)
def test_what_is_no_credential_never_raises(document: bytes) -> None:
    """A page is shown for anything."""
    portrait = of_document(document, "en")

    assert portrait is None or portrait.title == ""


@pytest.mark.parametrize("value", [None, 1, True, [], [[]], {}, [{}], "x", {"en": None}, {"en": [1]}, [None]])
def test_wrong_types_everywhere_are_left_out(value: object, credential: MicroCredential) -> None:
    """Every field of a stranger's document may hold anything."""
    document = json.loads(render_elm(credential, ENVELOPE).body)
    achievement = document["credentialSubject"]["hasClaim"][0]
    subjects = [{"hasClaim": {**achievement, name: value}} for name in achievement]
    changed = [document | {"credentialSubject": subject} for subject in subjects]
    changed += [{**document, name: value} for name in document if name != "credentialSubject"]

    portraits = [read(json.dumps(each).encode()) for each in changed]

    assert all(each is None or isinstance(each.title, str) for each in portraits)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://[", "ftp://x"]
)
def test_only_web_addresses_become_links(address: str, credential: MicroCredential) -> None:
    """No other scheme can be clicked."""
    body = replace(credential.awarding_bodies.value[0], homepage=address)
    other = replace(credential, awarding_bodies=replace(credential.awarding_bodies, value=(body,)))

    assert web_address(address) == ""
    assert of_credential(other, "en").homepage == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [("registry@academy.example", "registry@academy.example"), ("x@y.example?cc=all", ""), ("javascript:alert(1)", "")],
)
def test_the_awarding_body_can_be_asked_at_an_address_that_is_one(
    credential: MicroCredential, address: str, shown: str
) -> None:
    """Snapshot and document say the same; what would add to a mail is no address."""
    body = replace(credential.awarding_bodies.value[0], email=address)
    bodies = replace(credential.awarding_bodies, value=(body,))
    other = replace(credential, awarding_bodies=bodies)

    assert of_credential(other, "en").contact == shown
    assert read(render_elm(other, ENVELOPE).body).contact == shown


def test_a_long_text_is_cut() -> None:
    """A page stays a page."""
    document = {"credentialSubject": {"achievement": {"name": "x" * 10_000}}}

    assert len(read(json.dumps(document).encode()).title) == 2_000
