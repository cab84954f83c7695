"""The commands about people with two accounts: list, join after a preview, say that they are two."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from mappings.assessment import LearnerId
from plugin.cli import microcred
from plugin.storage.people import Evidence
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.rows import MOODLE, an_award, an_offer

OLD, NEW = Holder(MOODLE, LearnerId("4")), Holder(MOODLE, LearnerId("44"))
SAID = ("--by", "Ada Admin", "--reason", "merged in June")


@pytest.fixture
def storage(sqlite_storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """A bridge in which two accounts seem to be one person's."""
    monkeypatch.setenv("MICROCRED_DATABASE_URL", f"sqlite:///{tmp_path / 'one.sqlite3'}")
    monkeypatch.setenv("MICROCRED_PUBLIC_URL", PUBLIC_URL)
    monkeypatch.setenv("MICROCRED_SECRET_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("MICROCRED_DATA_DIR", str(tmp_path))
    an_award(sqlite_storage, an_offer(sqlite_storage))
    with sqlite_storage.begin() as work:
        work.people.notice(NEW, OLD.learner, {Evidence.STUDENT_NUMBER}, factories.READ)
    return sqlite_storage


def run(*arguments: str, says: str = "") -> Result:
    """Run the command."""
    return CliRunner().invoke(microcred, ["--quiet", "person", *arguments], input=says)


def ids(storage: Storage) -> tuple[LearnerId, ...]:
    """All ids of whom the old account belongs to."""
    with storage.reading() as work:
        return work.people.ids(OLD)


def test_the_list_names_both_and_what_speaks_for_it(storage: Storage) -> None:
    """Ready to be copied into the next command."""
    assert run("alike").stdout.startswith(f"{MOODLE} 4 44 same student_number; ")


def test_joining_shows_first_and_does_nothing_without_a_yes(storage: Storage) -> None:
    """What becomes of each award, and then the question."""
    answer = run("merge", MOODLE, "4", "44", *SAID, says="n\n")

    assert "course 3, learner 4, withheld: stays" in answer.output
    assert answer.exit_code == 1
    assert ids(storage) == ("4",)


def test_after_a_yes_they_are_one(storage: Storage) -> None:
    """And the list is empty."""
    answer = run("merge", MOODLE, "4", "44", *SAID, says="y\n")

    assert answer.exit_code == 0
    assert ids(storage) == ("44", "4")
    assert run("alike").stdout == ""


def test_two_people_stay_two(storage: Storage) -> None:
    """Nobody is asked again."""
    run("apart", MOODLE, "4", "44", *SAID)

    assert ids(storage) == ("4",)
    assert run("alike").stdout == ""


def test_what_cannot_be_joined_is_said_with_its_code(storage: Storage) -> None:
    """The ids in the wrong order."""
    answer = run("merge", MOODLE, "44", "4", *SAID, "--yes")

    assert answer.exit_code == 1
    assert "[cannot_be_joined]" in answer.output
