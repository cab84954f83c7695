"""A key in wrong hands, in every format: what was sealed before stands where its time is proven, nothing else does.

The installation that issued proves it by its own database, at the terminal (``microcred verify``), at ``/verify`` and
on the page of the credential. Strangers have what we publish, and the seal's own word proves nothing to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from mappings.elements import MicroCredential
from plugin import issuer, sharing
from plugin.app import assemble, checker, create_app
from plugin.cli import microcred
from plugin.parts import open_storage
from plugin.sealing import Sealed, Sealer
from plugin.sealing.development import development_seal
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import from_pem
from plugin.sealing.multikey import Algorithm
from plugin.settings import Settings
from plugin.sharing import SharingTools
from plugin.storage.credentials import Reserved
from plugin.storage.migrate import upgrade
from plugin.storage.profiles import Offer
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.verification import CheckContext, Report, StepName, check
from plugin.verification.fetching import PublishedKeys
from plugin.web.verdicts import verdict
from tests import factories
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.rows import MOODLE, a_credential, an_award, an_offer

NOW = datetime.now(UTC).replace(microsecond=0)
"""The terminal's clock is the machine's."""
SEALED, COMPROMISED = NOW - timedelta(days=10), NOW - timedelta(days=5)
FORMATS = [Format.ELM, Format.OPEN_BADGES, Format.OPEN_BADGES_JWT, Format.SD_JWT_VC]


@dataclass(frozen=True)
class Installation:
    """A bridge of an institution with a seal and credential keys."""

    settings: Settings
    storage: Storage
    sealers: dict[Format, Sealer]
    offer: Offer

    def reserve(self, learner: str) -> Reserved:
        """Reserve Anna's credential for a learner."""
        award = an_award(self.storage, self.offer, learner)
        with self.storage.begin() as work:
            return work.credentials.reserve(award, a_credential(), versions=(1, 1), now=SEALED)

    def seal(self, form: Format, reserved: Reserved, at: datetime = SEALED) -> Sealed:
        """Seal without keeping it: what whoever has the keys can do."""
        return self.sealers[form].seal(render(form, reserved.credential, reserved.envelope), at)

    def issue(self, form: Format, reserved: Reserved, at: datetime) -> Sealed:
        """Seal and keep."""
        sealed = self.seal(form, reserved, at)
        with self.storage.begin() as work:
            work.credentials.keep(reserved.envelope.id, sealed, at)
        return sealed

    def run(self, *arguments: str, stdin: bytes = b"") -> Result:
        """Type ``microcred arguments``."""
        environment = {
            "MICROCRED_DATA_DIR": str(self.settings.data_dir),
            "MICROCRED_PUBLIC_URL": PUBLIC_URL,
            "MICROCRED_SECRET_KEYS": self.settings.secret_keys[0],
        }
        return CliRunner().invoke(microcred, ["--quiet", *arguments], env=environment, input=stdin)

    def verify(self, sealed: Sealed, *options: str) -> str:
        """What the terminal says of the key."""
        shown = self.run("verify", "--offline", "--json", *options, "-", stdin=sealed.body).stdout
        return str(json.loads(shown)["steps"][3]["code"])


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """The institution, its keys a month old."""
    settings = Settings(data_dir=tmp_path, public_url=PUBLIC_URL, secret_keys=(Fernet.generate_key().decode(),))
    storage = open_storage(settings)
    upgrade(storage.engine)
    for algorithm in Algorithm:
        issuer.key_files(settings).rotate(algorithm, NOW - timedelta(days=30))
    made = development_seal(factories.issuer(), NOW - timedelta(days=30))
    seal = from_pem(made.key_pem, made.certificate_pem)
    issuer.seal_files(settings).note(seal.certificate, NOW - timedelta(days=30))
    sealers = {**issuer.credential_sealers(settings), Format.ELM: JadesSealer(seal)}
    yield Installation(settings, storage, sealers, an_offer(storage))
    storage.engine.dispose()


def forged(installation: Installation, form: Format, reserved: Reserved) -> Sealed:
    """Eve has the keys, copies a place in our lists, and writes a date long before the theft."""
    holder = replace(reserved.credential.holder.value, full_name="Eve", family_name="Eve", given_name="")
    stolen: MicroCredential = replace(reserved.credential, holder=replace(reserved.credential.holder, value=holder))
    return installation.seal(form, replace(reserved, credential=stolen), NOW - timedelta(days=20))


def compromise(installation: Installation, sealed: Sealed) -> None:
    """Say at the terminal since when the key was in wrong hands."""
    done = installation.run("keys", "compromised", sealed.key_id, "--since", f"{COMPROMISED:%Y-%m-%dT%H:%M:%S}")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("form", FORMATS)
def test_at_the_issuer_exactly_what_was_sealed_later_is_void(installation: Installation, form: Format) -> None:
    """By the record, not by the date in the file: the forged one claims to be the oldest of the three."""
    first, second = installation.reserve("4"), installation.reserve("5")
    before = installation.issue(form, first, SEALED)
    after = installation.issue(form, second, COMPROMISED)
    never = forged(installation, form, first)
    compromise(installation, before)

    assert installation.verify(before) == "sealed_before_compromise"
    assert installation.verify(after) == "key_compromised"
    assert installation.verify(never) == "time_unproven"


@pytest.mark.parametrize("form", FORMATS)
def test_the_page_for_everybody_judges_like_the_terminal(installation: Installation, form: Format) -> None:
    """``/verify`` at the issuer: the same records."""
    reserved = installation.reserve("4")
    before = installation.issue(form, reserved, SEALED)
    never = forged(installation, form, reserved)
    compromise(installation, before)
    page = checker(installation.settings)

    assert page(before.body).step(StepName.CERTIFICATE).code == "sealed_before_compromise"
    assert not page(before.body).failures
    assert page(never.body).step(StepName.CERTIFICATE).code == "time_unproven"


def test_the_page_of_the_credential_stays_valid(installation: Installation) -> None:
    """Who follows the holder's link is told that the key was lost later, and that this is older."""
    reserved = installation.reserve("4")
    compromise(installation, installation.issue(Format.OPEN_BADGES, reserved, SEALED))
    bridge = assemble(installation.settings)
    holder = Holder(MOODLE, reserved.credential.holder.value.learner)
    token = sharing.share(SharingTools(bridge.storage, bridge.clock), holder, reserved.envelope.id, None)

    page = create_app(installation.settings).test_client().get(f"/c/{token}")

    assert page.status_code == 200
    assert "sealed before" in page.text or "made before" in page.text
    assert "Not valid" not in page.text
    bridge.storage.engine.dispose()


@pytest.mark.parametrize("form", FORMATS)
def test_with_our_records_aside_we_judge_as_others_do(installation: Installation, form: Format) -> None:
    """``--as-stranger`` shows the issuer what the rest of the world sees."""
    sealed = installation.issue(form, installation.reserve("4"), SEALED)
    fine = installation.verify(sealed, "--as-stranger")
    compromise(installation, sealed)

    assert fine != "time_unproven"
    assert installation.verify(sealed, "--as-stranger") == "time_unproven"


def strangers_say(installation: Installation, sealed: Sealed) -> Report:
    """Another institution's bridge, which can fetch what we publish and has no record of ours."""
    published = {f"{PUBLIC_URL}{path}": each.body for path, each in issuer.documents(installation.settings).items()}
    return check(sealed.body, CheckContext(NOW, keys=PublishedKeys(published.get)))


@pytest.mark.parametrize("form", FORMATS[1:])
def test_strangers_accept_nothing_of_a_compromised_key(installation: Installation, form: Format) -> None:
    """Neither the old nor the forged one: they look the same to whoever has only our key history."""
    reserved = installation.reserve("4")
    before, never = installation.issue(form, reserved, SEALED), forged(installation, form, reserved)
    fine = strangers_say(installation, before)
    compromise(installation, before)

    assert fine.ok
    assert not strangers_say(installation, before).ok
    assert not strangers_say(installation, never).ok


def test_the_verdict_says_that_it_cannot_be_trusted_and_why(installation: Installation) -> None:
    """On the page and at the terminal: not the file is at fault; the holder's link helps."""
    sealed = installation.issue(Format.OPEN_BADGES, installation.reserve("4"), SEALED)
    compromise(installation, sealed)
    report = strangers_say(installation, sealed)
    app = create_app(installation.settings)

    with app.test_request_context():
        shown = verdict(report)

    assert report.verdict.startswith("Cannot be trusted: the seal is intact")
    assert (shown.tone, shown.sentence.partition(":")[0]) == ("bad", "Cannot be trusted")
    assert "nothing proves that this was sealed before" in shown.sentence


def test_a_machine_without_a_bridge_makes_none(tmp_path: Path) -> None:
    """To verify is to read: no database appears where there was none."""
    environment = {"MICROCRED_DATA_DIR": str(tmp_path / "none")}

    shown = CliRunner().invoke(microcred, ["--quiet", "verify", "--offline", "-"], env=environment, input=b"{}")

    assert shown.exit_code == 1
    assert not (tmp_path / "none").exists()


def test_a_database_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """The check goes on as a stranger's, and standard error says so."""
    for content, reason in ((b"", "revision"), (b"no database at all" * 100, "cannot be read")):
        (tmp_path / "microcred.sqlite3").write_bytes(content)

        shown = CliRunner().invoke(
            microcred, ["verify", "--offline", "--json", "-"], env={"MICROCRED_DATA_DIR": str(tmp_path)}, input=b"{}"
        )

        assert reason in shown.stderr
        assert json.loads(shown.stdout)["ok"] is False
