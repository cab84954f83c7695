"""Checking credentials: a report for everything, and the truth in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from plugin.verification import CheckContext, Outcome, StepName, check
from tests.conftest import require_data

TODAY = datetime(2026, 11, 24, tzinfo=UTC)


def commission_sample() -> bytes:
    """Return the European Commission's signed micro-credential of 2023."""
    return require_data("elm/samples/Sample-MC-Annex1-signed.jsonld").read_bytes()


def test_the_seal_of_the_commission_s_sample_is_intact() -> None:
    """A foreign credential: the seal holds, and the report says that its certificate has expired since."""
    report = check(commission_sample(), CheckContext(TODAY))

    assert report.step(StepName.SEAL).outcome is Outcome.PASSED
    assert "expired on 2025-05-10" in report.verdict
    assert "a timestamp of 2023-09-27 says" in report.step(StepName.CERTIFICATE).sentence


def test_a_changed_word_in_the_commission_s_sample_is_named() -> None:
    """The content timestamp knows the content as it was."""
    document = json.loads(commission_sample())
    document["payload"] = document["payload"].replace("Pass", "Fail", 1)

    report = check(json.dumps(document).encode(), CheckContext(TODAY))

    assert report.step(StepName.SEAL).code == "content_changed"
    assert not report.ok
