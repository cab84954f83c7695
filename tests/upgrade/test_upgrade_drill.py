"""The upgrade drill: the release before writes, the schema is expanded under its feet, both run, and back again.

The release before is taken from the project's own history and runs in processes of its own, with this environment's
packages.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from plugin.storage.engine import open_engine
from tests.conftest import ROOT, require_program, unavailable
from tests.plugin.conftest import SECRET_KEY, database_url, postgres_server
from tests.services.postgres import free_port
from tests.simulators.moodle import TOKEN, MoodleSimulator

pytestmark = pytest.mark.services
__all__ = ["database_url", "postgres_server"]
PREVIOUS = "76ffb62f48d8654150ab143de9b88af46ac4b80b"
"""The release before. With each new release this becomes the commit of the last one."""
PREVIOUS_SCHEMA = "0004"
PROFILES = ROOT / "tests" / "profiles"


@dataclass(frozen=True, slots=True)
class Release:
    """The code of one release, on the installation that both share."""

    code: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Type ``microcred arguments`` and expect that it goes well."""
        done = subprocess.run(self._command(*arguments), **self._where(), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Run web server, worker and beat; yield the address when it answers."""
        process = subprocess.Popen(
            self._command("serve"), **self._where(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        url = f"http://127.0.0.1:{self.environment['MICROCRED_PORT']}"
        try:
            wait_for(lambda: answers(f"{url}/verify"), "the web server does not answer")
            yield url
        finally:
            process.terminate()
            process.wait(60)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "plugin.cli", "--quiet", *arguments]

    def _where(self) -> dict[str, object]:
        return {"cwd": self.code, "env": {**os.environ, "PYTHONPATH": str(self.code), **self.environment}}


@pytest.fixture(scope="session")
def previous_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the release before, out of the history."""
    git = require_program("git")
    archive = subprocess.run([git, "-C", str(ROOT), "archive", PREVIOUS], capture_output=True)
    if archive.returncode:
        unavailable("the project's history (a full clone)")
    folder = tmp_path_factory.mktemp("previous")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


@pytest.fixture
def moodle() -> Iterator[MoodleSimulator]:
    """The recorded course."""
    with MoodleSimulator() as running:
        yield running


@pytest.fixture
def releases(
    previous_code: Path, database_url: str, moodle: MoodleSimulator, tmp_path: Path
) -> tuple[Release, Release]:
    """The release before and this one; the one before has set everything up and sealed the recorded course."""
    environment = {
        "MICROCRED_DATA_DIR": str(tmp_path / "data"),
        "MICROCRED_DATABASE_URL": database_url,
        "MICROCRED_SECRET_KEYS": SECRET_KEY,
        "MICROCRED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "MICROCRED_PORT": str(free_port()),
    }
    old, new = Release(previous_code, environment), Release(ROOT, environment)
    said = old.run("keys", "dev", str(PROFILES / "institution.yaml"), "--out", str(tmp_path / "seal.pem"))
    environment |= dict(line.split("=", 1) for line in said.splitlines())
    (tmp_path / "token").write_text(TOKEN)
    old.run("migrate")
    old.run("platform", "demo", moodle.url, "--token-file", str(tmp_path / "token"))
    enable(old, "ada101-competencies.yaml")
    old.run("sync")
    old.run("issue")
    return old, new


def test_the_release_before_serves_while_the_schema_is_expanded(
    releases: tuple[Release, Release], database_url: str, tmp_path: Path
) -> None:
    """Its web server and worker go on; what the new release asks for, the old worker seals; and the way back holds."""
    old, new = releases
    before = sealed(database_url)
    with old.serving() as url:
        migrated = new.run("migrate")
        enable(new, "ada101-assessments.yaml")
        wait_for(lambda: len(hurried(database_url)) == 5, "the worker of the release before sealed nothing")
        served = answers(f"{url}/verify")
    both = sealed(database_url)
    status = new.run("status")
    verdicts = [verified(new, body, tmp_path) for body in both.values()]

    taken_back = new.run("migrate", "--back-to", PREVIOUS_SCHEMA, "--yes")
    old_again = old.run("status")
    with old.serving() as url:
        served_again = answers(f"{url}/verify")
    new.run("migrate", "--after")

    assert f"schema {PREVIOUS_SCHEMA} -> " in migrated
    assert served
    assert served_again
    assert {id_: both[id_] for id_ in before} == before
    assert (len(before), len(both)) == (2, 5)
    assert all(verdicts)
    assert taken_back.endswith(f"-> {PREVIOUS_SCHEMA}\n")
    assert "2 sealed" in status
    assert "2 sealed" in old_again
    assert sealed(database_url) == both
    assert "intact" in new.run("audit", "verify")


def test_the_new_release_goes_on_with_what_the_old_one_wrote(
    releases: tuple[Release, Release], database_url: str
) -> None:
    """Nothing is sealed a second time, and a new credential of the same course is sealed by the new release."""
    _, new = releases
    before = sealed(database_url)
    new.run("migrate")

    new.run("sync")
    again = new.run("issue")
    enable(new, "ada101-assessments.yaml")
    new.run("sync")
    new.run("issue")

    assert again == "0 of 0 sealed\n"
    assert len(sealed(database_url)) == 5
    assert {id_: sealed(database_url)[id_] for id_ in before} == before


def enable(release: Release, profile: str) -> None:
    """Enable a credential of the recorded course."""
    release.run("course", "demo", "3", str(PROFILES / profile), str(PROFILES / "institution.yaml"))


def sealed(url: str) -> dict[str, bytes]:
    """Return the sealed European Digital Credentials by credential id, whatever the schema."""
    engine = open_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT credential_id, body FROM documents WHERE format = 'elm'"))
        found = {row.credential_id: bytes(row.body) for row in rows}
    engine.dispose()
    return found


def hurried(url: str) -> dict[str, bytes]:
    """Let the next sweep ring for everything, as it would do by itself after a minute; then look what is sealed."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE outbox SET rung_at = NULL"))
    engine.dispose()
    return sealed(url)


def verified(release: Release, body: bytes, folder: Path) -> bool:
    """Whether a release verifies a credential."""
    (folder / "credential.jsonld").write_bytes(body)
    return "valid" in release.run("verify", "--offline", str(folder / "credential.jsonld"))


def answers(url: str) -> bool:
    """Whether an address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait_for(holds: Callable[[], bool], otherwise: str) -> None:
    """Wait until something holds."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(1)
    pytest.fail(otherwise)
