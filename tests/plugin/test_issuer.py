"""The issuer that an installation is: from its key folder to what it seals, publishes and says of itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lti.network import Network
from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from plugin import issuer
from plugin.issuer import Checking
from plugin.sealing.multikey import Algorithm
from plugin.settings import Settings
from plugin.storage.credentials import Reserved
from plugin.storage.unit_of_work import Storage
from plugin.verification import Outcome, Report, StepName
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.rows import a_credential, an_award, an_offer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FORMATS = [Format.OPEN_BADGES, Format.OPEN_BADGES_JWT, Format.SD_JWT_VC]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of an issuer with keys."""
    made = Settings(data_dir=tmp_path, public_url=PUBLIC_URL)
    for algorithm in Algorithm:
        issuer.key_files(made).rotate(algorithm, NOW - timedelta(days=30))
    return made


@pytest.fixture
def reserved(storage: Storage) -> Reserved:
    """Return a credential with its place in a list."""
    award = an_award(storage, an_offer(storage))
    with storage.begin() as work:
        return work.credentials.reserve(award, a_credential(), versions=(1, 1), now=NOW)


def checked(settings: Settings, storage: Storage | None, reserved: Reserved, form: Format) -> Report:
    """Seal a credential and check it, asking nobody but ourselves."""
    document = render(form, reserved.credential, reserved.envelope)
    sealed = issuer.credential_sealers(settings)[form].seal(document, NOW)
    return Checking(settings, (), lambda: NOW, storage).check(sealed.body)


@pytest.mark.parametrize("form", FORMATS)
def test_what_we_seal_we_accept_until_it_is_revoked(
    settings: Settings, storage: Storage, reserved: Reserved, form: Format
) -> None:
    """Our own keys and our own database answer; nobody is asked."""
    before = checked(settings, storage, reserved, form)
    with storage.begin() as work:
        work.credentials.end(reserved.envelope.id, "revoked", "wrong name", NOW)
    after = checked(settings, storage, reserved, form)

    assert before.ok
    assert before.step(StepName.STATUS).outcome is Outcome.PASSED
    assert after.step(StepName.STATUS).code == "revoked"


@pytest.mark.parametrize("form", FORMATS)
def test_a_compromised_key_is_known_at_once(
    settings: Settings, storage: Storage, reserved: Reserved, form: Format
) -> None:
    """Everything it sealed from then on is void."""
    document = render(form, reserved.credential, reserved.envelope)
    sealed = issuer.credential_sealers(settings)[form].seal(document, NOW)
    keys = issuer.key_files(settings)
    keys.mark_compromised(sealed.key_id, NOW - timedelta(days=29))

    report = Checking(settings, (), lambda: NOW, storage).check(sealed.body)

    assert report.step(StepName.CERTIFICATE).code == "key_compromised"


def test_without_database_the_status_is_unknown(settings: Settings, reserved: Reserved) -> None:
    """It is told as not checked, and is no failure."""
    report = checked(settings, None, reserved, Format.OPEN_BADGES)

    assert report.ok
    assert report.step(StepName.STATUS).outcome is Outcome.NOT_CHECKED


def test_without_keys_there_is_no_issuer(tmp_path: Path, storage: Storage, reserved: Reserved) -> None:
    """Nothing to seal with, nothing to publish, no list to sign, no key to find."""
    bare = Settings(data_dir=tmp_path, public_url=PUBLIC_URL)
    lists = issuer.status_tools(bare, storage, lambda: NOW)

    assert issuer.credential_sealers(bare) == {}
    assert issuer.documents(bare) == {}
    assert issuer.status_file(lists, reserved.envelope.status_list_url.rpartition("/")[2]) is None
    assert issuer.own_keys(bare)("did:web:credentials.example.org", "x") is None


def test_a_list_is_published_when_it_is_asked_for_first(
    settings: Settings, storage: Storage, reserved: Reserved
) -> None:
    """Then the file is there; a list that does not exist never is."""
    lists = issuer.status_tools(settings, storage, lambda: NOW)
    name = reserved.envelope.status_list_url.rpartition("/")[2]

    path = issuer.status_file(lists, name)

    assert path is not None
    assert json.loads(path.read_bytes())["id"] == reserved.envelope.status_list_url
    assert issuer.status_file(lists, name) == path
    assert issuer.status_file(lists, "0" * 32) is None


def test_documents_name_our_did(settings: Settings) -> None:
    """did:web of the public URL."""
    found = issuer.documents(settings)["/.well-known/did.json"]

    assert json.loads(found.body)["id"] == "did:web:credentials.example.org"


def test_strangers_are_asked_where_the_network_may_be_used(settings: Settings) -> None:
    """A did:web of somebody else is looked up; here nobody answers, so nothing is valid."""
    context = Checking(settings, (), lambda: NOW, network=Network(pause=0.0)).context()

    assert context.keys("did:web:127.0.0.1%3A1", "did:web:127.0.0.1%3A1#x") is None
