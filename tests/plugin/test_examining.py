"""A check of a stranger's file ends in time, whatever the file does to it, and the next file is checked as ever."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial

import pytest

from plugin.examining import Check, Examiner
from plugin.verification import CheckContext, Report, StepName, check
from tests.factories import ISSUED


def a_checker() -> Check:
    """A check that some files can hold up, end or fail."""

    def run(data: bytes) -> Report:
        if data == b"endless":
            time.sleep(600)
        if data == b"fatal":
            os._exit(9)
        if data == b"unforeseen":
            raise LookupError("a fault of ours")
        return check(data, CheckContext(ISSUED))

    return run


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    """One process, which may take a second."""
    made = Examiner(partial(a_checker), limit=1.0, processes=1)
    yield made
    made.close()


def code(report: Report) -> str:
    """What became of the first step."""
    return report.step(StepName.FORMAT).code


def test_the_report_is_that_of_the_check_itself(examiner: Examiner) -> None:
    """A process in between changes nothing."""
    assert examiner.check(b"{}") == check(b"{}", CheckContext(ISSUED))


@pytest.mark.parametrize("file", [b"endless", b"fatal", b"unforeseen"])
def test_a_check_that_does_not_end_is_a_report_and_the_next_file_is_checked(examiner: Examiner, file: bytes) -> None:
    """The process is killed, or has ended; another takes its place."""
    stopped, following = examiner.check(file), examiner.check(b"{}")

    assert (code(stopped), code(following)) == ("too_slow", "unknown_format")


def test_processes_stay_warm(examiner: Examiner) -> None:
    """Only the first file waits for a start."""
    examiner.check(b"{}")
    process = examiner._free.get()
    examiner._free.put(process)
    examiner.check(b"{}")

    assert examiner._free.get() is process
    examiner._free.put(process)


def test_where_no_process_is_free_in_time_the_report_says_so() -> None:
    """Nobody waits without an end."""
    assert code(Examiner(partial(a_checker), limit=0.01, processes=0).check(b"{}")) == "busy"
