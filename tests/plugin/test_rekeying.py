"""Changing the key of data at rest: nothing is lost, nothing is needed twice, nothing is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary

import plugin.storage.lti_tables as _lti_tables  # noqa: F401 - their columns join the metadata
from lti.tool_keys import ensure_key
from mappings.assessment import PlatformId
from plugin.commands.private_files import write_private
from plugin.errors import InvalidSettings
from plugin.rekeying import Rekeyed, rekey, stale
from plugin.storage import locked
from plugin.storage.columns import Locked, metadata
from plugin.storage.locked import locked_columns, places
from plugin.storage.platforms import Connected
from plugin.storage.registrations import ToolKeys
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from tests.factories import READ
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.test_cli import Terminal, terminal

__all__ = ["terminal"]

NEW_KEY = Fernet.generate_key().decode()
OPEN_BYTES = {"documents.body"}
"""What is stored as bytes and no secret: sealed documents, which their holders hand out."""


def with_keys(storage: Storage, *keys: str) -> Storage:
    """The same database, opened by a process with other keys."""
    return Storage(storage.engine, Vault(keys), PUBLIC_URL)


@pytest.fixture
def filled(storage: Storage) -> Storage:
    """A database with a secret of each kind."""
    with storage.begin() as work:
        work.platforms.connect(Connected(PlatformId("m"), "moodle", "https://m.example", token="token"), READ)
        work.platforms.expect_push(PlatformId("m"), "push")
    ensure_key(ToolKeys(storage), READ)
    return storage


def test_no_column_of_secrets_is_forgotten() -> None:
    """Bytes are either the vault's, and rotated, or said here to be open."""
    stored = {
        f"{column.table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not isinstance(column.type, Locked)
    }

    assert stored == OPEN_BYTES
    assert {"platforms.credential", "platforms.push_secret", "tool_keys.private_key"} <= {
        f"{column.table.name}.{column.name}" for column in locked_columns()
    }


def test_everything_is_locked_with_the_new_key(filled: Storage) -> None:
    """Afterwards the old key opens nothing, and the new one alone everything."""
    both, told = with_keys(filled, NEW_KEY, SECRET_KEY), list[tuple[int, int]]()
    assert stale(both) == 3

    outcome = rekey(both, lambda done, of: told.append((done, of)))

    assert outcome == Rekeyed(3, 3, 0)
    assert told == [(1, 3), (2, 3), (3, 3)]
    with with_keys(filled, NEW_KEY).reading() as work:
        assert work.platforms.get(PlatformId("m")).token == "token"
        assert work.platforms.push_secret(PlatformId("m")) == "push"
    assert ToolKeys(with_keys(filled, NEW_KEY)).keys()
    with with_keys(filled, SECRET_KEY).reading() as work, pytest.raises(InvalidSettings, match="no key opens"):
        work.platforms.push_secret(PlatformId("m"))


def test_a_second_run_changes_nothing(filled: Storage) -> None:
    """What the first key opens is left alone."""
    both = with_keys(filled, NEW_KEY, SECRET_KEY)
    rekey(both)
    before = [place.token for place in places(both)]

    assert rekey(both) == Rekeyed(3, 0, 0)
    assert [place.token for place in places(both)] == before


def test_what_is_replaced_meanwhile_is_not_overwritten(filled: Storage) -> None:
    """A token that an administrator renews at that very moment stays the renewed one."""
    both = with_keys(filled, NEW_KEY, SECRET_KEY)
    credential = next(place for place in places(both) if place.column.name == "credential")
    with filled.begin() as work:
        work.platforms.connect(Connected(PlatformId("m"), "moodle", "https://m.example", token="renewed"), READ)

    assert locked.renew(both, credential) is False
    with both.reading() as work:
        assert work.platforms.get(PlatformId("m")).token == "renewed"


def test_a_key_that_is_missing_is_named(filled: Storage) -> None:
    """Nothing is lost: the value stays as it is."""
    with pytest.raises(InvalidSettings, match="no key opens"):
        rekey(with_keys(filled, NEW_KEY))

    assert stale(filled) == 0


def test_a_key_is_changed_from_the_command_line(terminal: Terminal) -> None:
    """In front, anew, away; the file keeps its rights and is never empty."""
    terminal.set_up()
    file = terminal.folder / "secret_keys"
    file.write_text(terminal.environment.pop("MICROCRED_SECRET_KEYS"))
    file.chmod(0o640)
    terminal.environment["MICROCRED_SECRET_KEYS_FILE"] = str(file)
    (terminal.folder / "token").write_text("token")
    terminal.ok("platform", "m", "https://m.example", "--token-file", str(terminal.folder / "token"))
    old = file.read_text().strip()

    assert "stands first" in terminal.ok("secrets", "new", "--prepend")
    assert "1 still need an older key" in terminal.ok("check")
    assert "1 encrypted anew, 0 still need" in terminal.ok("secrets", "rotate")
    assert "1 older key(s) removed" in terminal.ok("secrets", "rotate", "--remove")

    assert old not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    assert "One key opens everything" in terminal.ok("check")


def test_keys_that_are_no_file_are_changed_by_hand(terminal: Terminal) -> None:
    """Nothing is written where the bridge does not know where the keys are kept."""
    terminal.set_up()

    result = terminal.run("secrets", "new", "--prepend")

    assert result.exit_code == 1
    assert "MICROCRED_SECRET_KEYS_FILE: not set" in result.stderr


def test_files_of_secrets_are_their_owner_s(tmp_path: Path) -> None:
    """Also while they are written."""
    write_private(tmp_path / "a" / "b", "x")

    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
