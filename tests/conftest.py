"""What all tests share: where the standards' material is, and how a missing tool is told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.log_watch import Watch, watching

# How long an example takes says how busy the machine is, nothing about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def log_lines() -> Iterator[Watch]:
    """Every log line that this process writes."""
    with watching() as watch:
        yield watch


@pytest.fixture(autouse=True)
def no_log_line_gives_a_person_or_a_secret_away(log_lines: Watch) -> Iterator[None]:
    """Fail the test in whose time a log line told a name, a mail address, or a token (:mod:`tests.log_watch`)."""
    yield
    assert log_lines.findings() == []


ROOT = Path(__file__).resolve().parent.parent
CONFORMANCE_DATA = Path(os.environ.get("CONFORMANCE_DATA", ROOT.parent / "shared" / "data"))


def unavailable(what: str) -> NoReturn:
    """Skip loudly, or fail where the run promised that everything is there (``REQUIRE_ALL=1``)."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is required by REQUIRE_ALL=1 but is not there")
    pytest.skip(f"{what} is not there")


def require_data(path: str) -> Path:
    """Return a file or folder of the standards' material; see tests/conformance/README.md for its sources."""
    found = CONFORMANCE_DATA / path
    if not found.exists():
        unavailable(f"conformance data {path} (setting CONFORMANCE_DATA)")
    return found


def require_program(*names: str) -> str:
    """Return the path of the first of ``names`` that is installed, also where Debian hides servers."""
    folders = os.environ["PATH"] + "".join(f":{folder}" for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin")))
    for name in names:
        if path := shutil.which(name, path=folders):
            return path
    unavailable(" or ".join(names))
