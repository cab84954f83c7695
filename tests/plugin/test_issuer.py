"""The issuer that an installation is: from its key folder to what it seals, publishes and says of itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lti.network import Network
from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from plugin import issuer
from plugin.issuer import Checking
from plugin.sealing import Sealed
from plugin.sealing.multikey import Algorithm
from plugin.settings import Settings
from plugin.storage.credentials import Reserved
from plugin.storage.unit_of_work import Storage
from plugin.verification import Outcome, Report, StepName
from plugin.verification.own_records import OwnRecords
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


def kept(settings: Settings, storage: Storage, reserved: Reserved, form: Format) -> Sealed:
    """Seal a credential and keep it, as issuing does."""
    document = render(form, reserved.credential, reserved.envelope)
    sealed = issuer.credential_sealers(settings)[form].seal(document, NOW)
    with storage.begin() as work:
        work.credentials.keep(reserved.envelope.id, sealed, NOW)
    return sealed


def standing_of_key(settings: Settings, storage: Storage, data: bytes) -> str:
    """The code of the step about the key."""
    return Checking(settings, (), lambda: NOW, storage).check(data).step(StepName.CERTIFICATE).code


@pytest.mark.parametrize("form", FORMATS)
def test_a_compromised_key_voids_what_it_sealed_later(
    settings: Settings, storage: Storage, reserved: Reserved, form: Format
) -> None:
    """By when our own database kept it."""
    sealed = kept(settings, storage, reserved, form)
    keys = issuer.key_files(settings)

    keys.mark_compromised(sealed.key_id, NOW + timedelta(seconds=1))
    later = standing_of_key(settings, storage, sealed.body)
    keys.mark_compromised(sealed.key_id, NOW)

    assert later == "sealed_before_compromise"
    assert standing_of_key(settings, storage, sealed.body) == "key_compromised"


@pytest.mark.parametrize("form", FORMATS)
def test_a_forger_s_date_does_not_pass(settings: Settings, storage: Storage, reserved: Reserved, form: Format) -> None:
    """Whoever stole the key copies a place in our lists and writes an old date: our record knows no such seal."""
    sealed = kept(settings, storage, reserved, form)
    holder = replace(reserved.credential.holder.value, full_name="Eve", family_name="Eve", given_name="")
    stolen = replace(reserved.credential, holder=replace(reserved.credential.holder, value=holder))
    forged = issuer.credential_sealers(settings)[form].seal(
        render(form, stolen, reserved.envelope), NOW - timedelta(days=20)
    )
    issuer.key_files(settings).mark_compromised(sealed.key_id, NOW + timedelta(days=1))

    assert standing_of_key(settings, storage, sealed.body) == "sealed_before_compromise"
    assert standing_of_key(settings, storage, forged.body) == "time_unproven"


def test_a_withheld_claim_does_not_hide_our_record(settings: Settings, storage: Storage, reserved: Reserved) -> None:
    """A holder shows less than was sealed; the signature is the same."""
    sealed = kept(settings, storage, reserved, Format.SD_JWT_VC)
    token, *disclosures = sealed.body.decode().split("~")
    shown = "~".join([token, *disclosures[2:]]).encode()
    issuer.key_files(settings).mark_compromised(sealed.key_id, NOW + timedelta(days=1))

    assert standing_of_key(settings, storage, shown) == "sealed_before_compromise"


def test_records_are_ours_only(storage: Storage, reserved: Reserved) -> None:
    """No place, a place in somebody else's list, and no signature prove nothing."""
    records = OwnRecords(storage, PUBLIC_URL)
    url, index = reserved.envelope.status_list_url, str(reserved.envelope.status_index)
    own = {"credentialStatus": {"statusListCredential": url, "statusListIndex": index}}
    foreign = {"credentialStatus": {"statusListCredential": "https://x/status/1", "statusListIndex": index}}

    assert [records({}, "x"), records(foreign, "x"), records(own, ""), records(own, "x")] == [None] * 4


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
