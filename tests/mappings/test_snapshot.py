"""Values stored as JSON and loaded again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from mappings.assessment import AssessmentRecord
from mappings.awarding import Award, Withheld, decide
from mappings.elements import MicroCredential
from mappings.errors import InvalidValue
from mappings.profile import AwardRule, CourseProfile, Issuer, Outcome, ProvenByCompetency
from mappings.snapshot import UnreadableSnapshot, dump, load
from tests.factories import ada101, issuer, outcomes_by_assessment, profile, record, text
from tests.strategies import Case, cases, issuers, micro_credentials


def stored(value: object) -> Any:
    """Return what a row gives back."""
    return json.loads(json.dumps(dump(value)))


@given(cases)
def test_records_profiles_and_decisions_come_back_as_they_were(case: Case) -> None:
    """Decimals, times, enums, languages, both kinds of proof: nothing is lost, not even trailing zeros."""
    decision = decide(case.record, case.profile)

    assert load(AssessmentRecord, stored(case.record)) == case.record
    assert load(CourseProfile, stored(case.profile)) == case.profile
    assert load(type(decision), stored(decision)) == decision


@given(micro_credentials())
def test_micro_credentials_come_back_as_they_were(credential: MicroCredential) -> None:
    """Every format is rendered from the stored value."""
    loaded = load(MicroCredential, stored(credential))

    assert loaded == credential
    assert repr(loaded) == repr(credential)


@given(issuers)
def test_institutions_come_back_as_they_were(institution: Issuer) -> None:
    """With a logo too."""
    with_logo = replace(institution, logo_png=b"\x89PNG\x00\xff")

    assert load(Issuer, stored(with_logo)) == with_logo


def test_both_decisions_are_told_apart_by_name() -> None:
    """A row says which it is."""
    decisions = [decide(shown, profile()) for shown in ada101().values()]

    assert {dump(each)["is"] for each in decisions} == {"Award", "Withheld"}
    with pytest.raises(UnreadableSnapshot):
        load(Withheld, dump(next(each for each in decisions if isinstance(each, Award))))


def test_a_field_that_was_added_later_gets_its_default() -> None:
    """Older rows stay readable."""
    older = stored(profile())
    del older["scale"]
    del older["rule"]["approval"]

    assert load(CourseProfile, older) == profile()


def test_a_quiet_period_keeps_its_microseconds() -> None:
    """Spans are stored in their parts, not as a rounded number."""
    rule = AwardRule(settled_after=timedelta(days=400, microseconds=1))

    assert load(AwardRule, stored(rule)) == rule


def test_the_kind_of_proof_survives() -> None:
    """An outcome may be proven by a rating or by assessments."""
    for outcome in (profile().outcomes[0], outcomes_by_assessment()[0]):
        assert load(Outcome, stored(outcome)) == outcome


def changed(**changes: Any) -> dict[str, Any]:
    """Return a stored profile with changes that no profile has."""
    return stored(profile()) | changes


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"is": "Issuer"},
        changed(surprise=1),
        changed(version="1"),
        changed(title={"is": "Text", "by_language": [["en"]]}),
        changed(title={"is": "Text", "by_language": "en"}),
        changed(title={"is": "Text", "by_language": [["English", "x"]]}),
        changed(stackability="perhaps"),
        changed(stated_at="yesterday"),
        changed(workload={"is": "Workload", "ects": "five", "hours": None}),
        changed(outcomes=[stored(outcomes_by_assessment()[0]) | {"proof": {"is": "Luck", "assessments": []}}]),
        changed(outcomes=[stored(outcomes_by_assessment()[0]) | {"proof": "luck"}]),
        changed(outcomes=7),
        changed(title={"is": "Text", "by_language": [["en", "x", "y"]]}),
    ],
)
def test_what_is_no_snapshot_is_refused(data: dict[str, Any]) -> None:
    """Wrong class, unknown fields, wrong types, values that cannot be: one error, without the content."""
    with pytest.raises(UnreadableSnapshot, match="this is no snapshot of CourseProfile") as refused:
        load(CourseProfile, data)

    assert refused.value.code == "unreadable_snapshot"
    assert "Data Analysis" not in str(refused.value)


def test_an_image_that_is_no_base64_is_refused() -> None:
    """Rather than read as something shorter."""
    with pytest.raises(UnreadableSnapshot):
        load(Issuer, stored(issuer()) | {"logo_png": "iV*BORw0"})


@pytest.mark.parametrize("value", ["text", CourseProfile, 3])
def test_only_values_are_stored(value: object) -> None:
    """Neither leaves nor classes."""
    with pytest.raises(InvalidValue):
        dump(value)


def test_what_json_cannot_carry_is_not_stored_silently() -> None:
    """A value of an unexpected type stays what it is, and JSON refuses it."""

    @dataclass(frozen=True)
    class Odd:
        value: object

    with pytest.raises(TypeError):
        json.dumps(dump(Odd({1})))


def test_a_snapshot_names_its_classes() -> None:
    """Readable for an auditor."""
    data = dump(record())

    assert data["is"] == "AssessmentRecord"
    assert data["results"][0]["score"] == {
        "is": "Score",
        "value": "100",
        "maximum": "100",
        "state": "posted",
        "graded_at": "2026-11-23T12:18:25+00:00",
        "overridden": False,
    }
    assert dump(text("Data", nl="Data"))["by_language"] == [["en", "Data"], ["nl", "Data"]]
    assert dump(profile().outcomes[0])["proof"]["is"] == ProvenByCompetency.__name__
    assert load(Issuer, dump(issuer())) == issuer()
