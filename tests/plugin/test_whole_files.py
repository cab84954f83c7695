"""Files that several processes read and write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from plugin.storage.epoch import EpochFile
from plugin.whole_files import only_writer, replace_file

MANY = 8


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of a folder that is not there yet."""
    return tmp_path / "folder" / "number"


def test_whoever_changes_a_file_at_the_same_moment_takes_nothing_back(path: Path) -> None:
    """Each reads within the block what the one before wrote."""
    together = Barrier(MANY)

    def add(_: int) -> None:
        together.wait()
        with only_writer(path):
            replace_file(path, str(int(path.read_text()) + 1 if path.exists() else 1).encode())

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(add, range(MANY)))

    assert path.read_text() == str(MANY)


def test_a_file_is_for_its_owner_unless_said_otherwise(path: Path) -> None:
    """What is published is read by the web server too."""
    replace_file(path, b"1")
    assert path.stat().st_mode & 0o777 == 0o600

    replace_file(path, b"2", 0o644)
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in path.parent.iterdir()] == ["number"]


def test_an_epoch_is_raised_by_all_at_once(path: Path) -> None:
    """At the full hour every thread of every process follows the database; none of them stumbles, none goes back."""
    together = Barrier(MANY)

    def follow(number: int) -> None:
        together.wait()
        EpochFile(path).raise_to(number)

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(follow, range(1, MANY + 1)))

    assert EpochFile(path).read() == MANY
