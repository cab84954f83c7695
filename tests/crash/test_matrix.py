"""The short form of the crash matrix; ``make crash`` runs the full one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, require_program
from tests.crash.points import POINTS

ROUNDS = {"sqlite": 12, "redis": 6, "rabbitmq": 6}


def test_there_are_at_least_forty_points() -> None:
    """From the hint of a platform to the hand-over."""
    assert len(set(POINTS)) == len(POINTS) >= 40


@pytest.mark.services
@pytest.mark.parametrize("pair", list(ROUNDS))
def test_nothing_is_lost_doubled_or_told_too_early(pair: str, tmp_path: Path) -> None:
    """Whatever is killed, stopped, filled or jumps: after recovery everything is there once."""
    for program in {"sqlite": (), "redis": ("postgres", "redis-server"), "rabbitmq": ("postgres", "rabbitmq-server")}[
        pair
    ]:
        require_program(program)
    report = tmp_path / "report.json"

    command = [sys.executable, "-m", "tests.crash.matrix", "--pairs", pair, "--rounds", str(ROUNDS[pair])]
    done = subprocess.run([*command, "--report", str(report)], cwd=ROOT, capture_output=True, text=True, timeout=900)

    told = json.loads(report.read_text())["pairs"][0] if report.exists() else done.stderr
    assert done.returncode == 0, told
    assert told["wrong"] == []
    assert told["blows"]["SIGKILL"] > 0
