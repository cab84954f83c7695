"""What one person may ask for: all that is kept, and to be erased without undoing what was proven."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lti.claims import LaunchId, VerifiedClaims, read_launch
from mappings.assessment import LearnerId
from mappings.documents.envelope import Format
from plugin import datamap, privacy
from plugin.assurance import assured
from plugin.errors import NoReasonGiven, UnknownRow
from plugin.privacy import PrivacyTools
from plugin.safekeeping.backing_up import back_up
from plugin.safekeeping.restoring import restore
from plugin.sealing import Sealed
from plugin.settings import Settings
from plugin.storage.columns import metadata
from plugin.storage.launches import Launches
from plugin.storage.platforms import Connected
from plugin.storage.retention import EVIDENCE, LAUNCHES
from plugin.storage.sharing import Holder
from plugin.storage.tables import awards
from plugin.sync import sync
from tests.plugin.rows import MOODLE
from tests.plugin.safekeeping.house import House, a_house
from tests.plugin.test_storage_lti import CLAIMS, LAUNCH

ANNA = Holder(MOODLE, LearnerId("0"))


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """Three learners, the first two with a credential."""
    house = a_house(database_url, tmp_path / "data", 3)
    house.issue(range(2))
    house.publish()
    yield house
    for storage in house.opened:
        storage.engine.dispose()


def tools(house: House, **days: int) -> PrivacyTools:
    """Return what requests are answered with."""
    return PrivacyTools(house.storage, {name: timedelta(days=each) for name, each in days.items()}, house.bench.clock)


def test_an_export_holds_everything_and_the_sealed_files(house: House) -> None:
    """Rows by table as JSON, each document as it was sealed, nobody else's."""
    archive = zipfile.ZipFile(io.BytesIO(privacy.export(tools(house), ANNA)))

    kept = json.loads(archive.read("kept.json"))["kept"]
    mine = house.bench.credential("0")
    assert mine is not None
    assert {"assessments", "awards", "credentials", "documents"} <= kept.keys()
    assert archive.read(f"credentials/{mine.envelope.id}.jsonld") == house.bench.sealed("0")
    assert "Learner 1" not in archive.read("kept.json").decode()
    assert len(archive.namelist()) == 2


def test_nothing_kept_is_said(house: House) -> None:
    """An unknown person is neither exported nor erased."""
    nobody = Holder(MOODLE, LearnerId("nobody"))

    with pytest.raises(UnknownRow):
        privacy.export(tools(house), nobody)
    with pytest.raises(UnknownRow):
        privacy.erase(tools(house), nobody, by="Dr Vos", reason="asked")


def test_an_erasure_needs_a_name_and_a_reason(house: House) -> None:
    """Nothing is erased by nobody."""
    with pytest.raises(NoReasonGiven):
        privacy.erase(tools(house), ANNA, by=" ", reason="asked")

    assert privacy.preview(tools(house), ANNA)


def test_an_erased_person_is_nowhere(house: House) -> None:
    """Neither name nor id is left in any table or in the journal; the others are untouched."""
    mine, other = house.bench.credential("0"), house.bench.sealed("1")
    assert mine is not None
    before = privacy.preview(tools(house), ANNA).rows

    left = privacy.erase(tools(house), ANNA, by="Dr Vos", reason="asked in writing")

    assert left == 1
    assert before["documents"] == before["assessments"] == before["awards"] == 1
    assert not privacy.preview(tools(house), ANNA)
    assert "Learner 0" not in _everything(house)
    assert not any("Learner 0" in path.read_text() for path in (house.folder / "journal").iterdir())
    assert house.bench.sealed("1") == other
    assert "0" not in house.bench.awards()


def test_several_who_were_erased_are_erased_again(house: House) -> None:
    """However many there were, whoever was not stays."""
    for number in ("0", "1"):
        privacy.erase(tools(house), Holder(MOODLE, LearnerId(number)), by="Dr Vos", reason="asked")
    with house.storage.engine.begin() as connection:  # as a backup of before would have it
        for number, award in enumerate(connection.execute(sa.select(awards.c.id)).scalars().all()):
            named = awards.update().where(awards.c.id == award).values(learner_id=str(number))
            connection.execute(named)

    with house.storage.begin() as work:
        work.erasures.again()

    with house.storage.read() as connection:
        left = set(connection.execute(sa.select(awards.c.learner_id)).scalars())
    assert {each for each in left if ":" not in each} == {"2"}


def test_a_number_and_its_end_outlive_an_erasure(house: House) -> None:
    """The index stays taken, a revocation stays published, and the file in the learner's hands goes on to verify."""
    house.revoke(0)
    sealed, mine = house.bench.sealed("0"), house.bench.credential("0")
    assert sealed is not None
    assert mine is not None

    privacy.erase(tools(house), ANNA, by="Dr Vos", reason="asked")

    with house.storage.reading() as work:
        place = mine.envelope.status_list_url.rpartition("/")[2]
        assert mine.envelope.status_index in work.credentials.invalid_indices(place)
        standing = work.holdings.standing(mine.envelope.id)
    assert standing is not None
    assert standing.status == "revoked"
    assert house.bench.issuing.failures(_document(sealed)) == ()


def test_an_erased_person_gets_no_second_credential(house: House) -> None:
    """The platform still lists them; the bridge does not see them any more."""
    privacy.erase(tools(house), ANNA, by="Dr Vos", reason="asked")
    connect = assured(house.bench.sync.connect, house.storage)
    house.bench.clock.pass_(timedelta(days=2))

    report = sync(replace(house.bench.sync, connect=connect), house.bench.offer.id)

    assert report.read == 2
    assert "0" not in house.bench.awards()
    assert {each.id for each in connect(Connected(MOODLE, "moodle", "")).people(house.bench.offer.course)} == {"1", "2"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restore_does_not_bring_an_erased_person_back(house: House, tmp_path: Path, database_url: str) -> None:
    """The journal knows the erasure that the backup does not."""
    folder = back_up(house.backup_tools(), tmp_path)
    privacy.erase(tools(house), ANNA, by="Dr Vos", reason="asked")
    restored = house.on(f"{database_url}.restored")

    restore(restored.reconciling_tools(), folder, "Dr Vos")

    assert "Learner 0" not in _everything(restored)
    assert restored.bench.sealed("1") == house.bench.sealed("1")


def test_what_is_too_old_is_told_before_it_goes(house: House) -> None:
    """A dry run counts; then exactly that is deleted, and the credentials stay."""
    house.bench.clock.pass_(timedelta(days=40))
    limits = tools(house, **{EVIDENCE: 30, LAUNCHES: 30})

    due, still = privacy.overdue(limits), privacy.overdue(tools(house, **{EVIDENCE: 50}))
    gone, after = privacy.let_go(limits), privacy.overdue(limits)

    assert due == gone == {EVIDENCE: 3, LAUNCHES: 0}
    assert still == {EVIDENCE: 0}
    assert after == {EVIDENCE: 0, LAUNCHES: 0}
    assert house.bench.sealed("0") is not None
    with house.storage.reading() as work:
        assert work.audit.verify() is None
        assert [entry.entry.detail for entry in work.audit.entries("kept")] == ["3 evidence"]


def test_a_person_is_signed_out_by_forgetting_their_launches(house: House) -> None:
    """Of an account that was stopped; nobody else's launches go, and nothing that was issued."""
    launches, other = Launches(house.storage), VerifiedClaims({**CLAIMS, "sub": "5"})
    stays = read_launch(other, LaunchId("1" * 32), LAUNCH.client_id, LAUNCH.launched_at)
    launches.keep(LAUNCH, CLAIMS)
    launches.keep(stays, other)

    ended = privacy.sign_out(tools(house), Holder(LAUNCH.platform, LAUNCH.person.id), by="Dr Vos", reason="left")

    assert ended == 1
    assert (launches.find(LAUNCH.id), launches.find(stays.id)) == (None, stays)
    assert house.bench.sealed("0") is not None


def test_no_time_means_for_ever(house: House) -> None:
    """0 days in a setting keeps everything."""
    house.bench.clock.pass_(timedelta(days=4000))

    assert privacy.let_go(tools(house, **{EVIDENCE: 0})) == {}


def test_the_data_map_names_every_table() -> None:
    """A table that is added without saying what it holds fails here, and one that is gone too."""
    assert set(datamap.TABLES) == set(metadata.tables)


def test_the_draft_of_an_assessment_tells_this_installation() -> None:
    """What can be known is filled in, what only the institution knows is left open."""
    settings = Settings(timestamp_url="https://tsa.example.org/stamp", retain_launches_days=14)

    said = datamap.assessment(settings, ("https://moodle.example.org",))

    assert "tsa.example.org" in said
    assert "launches 14 days" in said
    assert "https://moodle.example.org" in said
    assert "____" in said
    assert all(f"`{name}`" in said for name, kept in datamap.TABLES.items() if kept.about != datamap.NOBODY)


def _everything(house: House) -> str:
    """Return every value of every table."""
    with house.storage.read() as connection:
        return "\n".join(
            str(tuple(row)) for table in metadata.tables.values() for row in connection.execute(sa.select(table))
        )


def _document(body: bytes) -> Sealed:
    return Sealed(Format.ELM, body, "", "")
