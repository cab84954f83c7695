"""The report as a whole: eight steps for everything that anybody hands in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.errors import InvalidValue
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import seal_key
from plugin.verification import CheckContext, Limits, Outcome, Report, Status, StatusAnswer, StepName, check
from tests.conftest import require_data
from tests.simulators.certificate_authority import NOW, CertificateAuthority
from tests.simulators.credentials import credential, document
from tests.simulators.foreign_seals import foreign_seal

TODAY = datetime(2026, 11, 24, tzinfo=UTC)
CA = CertificateAuthority()
ISSUED = CA.seal()
OURS = JadesSealer(seal_key(ISSUED.key, [ISSUED.certificate])).seal(document(), NOW).body


def read(data: bytes, **options: Any) -> Report:
    """Check ours under our anchor."""
    return check(data, CheckContext(NOW, (CA.certificate,), **options))


def sealed(**changed: object) -> bytes:
    """Return a foreign seal of a credential with some members changed."""
    return json.dumps(foreign_seal(ISSUED, json.dumps(credential(**changed)))).encode()


def sample(name: str = "Sample-MC-Annex1-signed") -> bytes:
    """Return a file of the European Commission's samples."""
    return require_data(f"elm/samples/{name}.jsonld").read_bytes()


def test_the_commission_s_sample_is_read_with_all_it_says() -> None:
    """A foreign credential: seal intact, certificate expired since, sealed before that by the word of a timestamp."""
    report = check(sample(), CheckContext(TODAY))

    assert report.seal_checked
    assert "its certificate expired on 2025-05-10" in report.verdict
    assert "a timestamp of 2023-09-27 says that it sealed before" in report.step(StepName.CERTIFICATE).sentence
    assert report.step(StepName.ISSUER).outcome is Outcome.PASSED
    assert report.step(StepName.VALIDITY).outcome is Outcome.PASSED
    assert (
        "$.credentialSubject.hasClaim.influencedBy.specifiedBy.volumeOfLearning"
        in report.step(StepName.SCHEMA).sentence
    )
    assert "M11 (quality assurance)" in report.step(StepName.COMPLETENESS).sentence
    assert report.verdict.startswith("The seal is valid, its certificate expired on 2025-05-10")


def test_a_changed_word_in_the_commission_s_sample_is_named() -> None:
    """The content timestamp knows the content as it was."""
    changed = json.loads(sample())
    changed["payload"] = changed["payload"].replace("Pass", "Fail", 1)

    report = check(json.dumps(changed).encode(), CheckContext(TODAY))

    assert report.step(StepName.SEAL).code == "content_changed"
    assert report.verdict == "Not valid: The content was changed after sealing."


def test_a_credential_of_ours_passes_every_step_that_can_be_taken() -> None:
    """Under a trust anchor and with somebody to ask for the status."""
    report = read(OURS, status=lambda _: StatusAnswer(Status.GOOD))

    assert {step.outcome for step in report.steps} == {Outcome.PASSED}
    assert report.verdict == "Valid: the seal is intact and every check passed."


def test_a_credential_that_is_no_european_one_is_told_where() -> None:
    """The first problems with their places, and how many more there are."""
    step = read(sealed(a=1, b=2, c=3, d=4)).step(StepName.SCHEMA)

    assert (step.outcome, step.code) == (Outcome.FAILED, "unknown_key")
    assert "$.a: " in step.sentence
    assert step.sentence.endswith("And 1 more.")


def test_a_credential_that_lacks_an_element_is_told_which() -> None:
    """The seal is valid all the same: faults of content are told apart."""
    whole = credential()
    claim = {key: value for key, value in whole["credentialSubject"]["hasClaim"][0].items() if key != "provenBy"}
    report = read(sealed(credentialSubject=whole["credentialSubject"] | {"hasClaim": [claim]}))

    step = report.step(StepName.COMPLETENESS)

    assert (step.outcome, step.code) == (Outcome.FAILED, "elements_missing")
    assert "M9 (assessment type)" in step.sentence
    assert report.verdict.startswith("The seal is valid, but the check of completeness failed")


@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: {"credential": value}], ids=["bare", "upload"])
def test_an_unsealed_credential_is_told_as_such(wrap: Any) -> None:
    """As the EDC issuer takes it for upload: read, but nobody stands behind it."""
    report = read(json.dumps(wrap(credential())).encode())

    assert report.format == "elm"
    assert report.step(StepName.SEAL).code == "no_seal"
    assert report.step(StepName.STATUS).outcome is Outcome.NOT_CHECKED
    assert "carries no seal" in report.verdict
    assert not report.ok


def test_the_steps_are_numbered_in_one_order() -> None:
    """The order of the report never changes."""
    numbered = [(step.number, step.name.value) for step in read(OURS).steps]

    assert numbered == list(
        enumerate(
            ["format", "schema", "seal", "certificate", "issuer", "validity", "status", "completeness"],
            start=1,
        )
    )


def test_the_report_is_json() -> None:
    """For ``microcred verify --json``."""
    found = json.loads(json.dumps(read(OURS).to_json()))

    assert found["ok"] is True
    assert found["format"] == "elm"
    assert found["seal"]["organisation"] == "Universiteit Voorbeeld"
    assert found["seal"]["claimed_at"] == "2026-06-30T12:00:00+00:00"
    assert found["steps"][2] == {
        "number": 3,
        "name": "seal",
        "outcome": "passed",
        "code": "ok",
        "sentence": "The seal is intact: header and content are as they were sealed.",
    }


def test_the_report_of_an_unknown_file_is_json_too() -> None:
    """Without format and seal."""
    found = json.loads(json.dumps(read(b"hello").to_json()))

    assert (found["ok"], found["format"], found["seal"]) == (False, "", None)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "unknown_format"),
        (b"hello", "unknown_format"),
        (b"[]", "unknown_format"),
        (b'{"type": "VerifiablePresentation"}', "unknown_format"),
        (b'{"type": [["EuropeanDigitalCredential"]]}', "unknown_format"),
        (b"{", "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": 1, "a": 2}', "repeated_key"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number_too_large"),
        (b'{"a": 1e999}', "number_too_large"),
        (b'{"a": "\\ud800"}', "not_utf8"),
        (b"\xff\xfe{", "not_utf8"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too_deep"),
        (b" " * 5_000_001, "too_large"),
        (json.dumps([{"a": 1, "b": 2}] * 50_001).encode(), "too_many_keys"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_in_one_way_is_refused(data: bytes, code: str) -> None:
    """Bounded before it is parsed; a report, no exception."""
    report = read(data)

    assert report.step(StepName.FORMAT).code == code
    assert report.step(StepName.SEAL).code == "not_reached"
    assert not report.ok


@pytest.mark.parametrize(
    "text", ['{"a": "[[[[{{{{\\"[[["}', '{"a": 1.5, "b": -12345678901234567890}', '{"a": "\\ud83c\\udf93"}']
)
def test_what_can_be_read_in_one_way_is_read(text: str) -> None:
    """Brackets in strings are not depth, long integers and pairs of surrogates are plain JSON."""
    report = read(text.encode(), limits=Limits(depth=1))

    assert report.step(StepName.FORMAT).code == "unknown_format"


def test_the_limits_are_the_context_s() -> None:
    """A verifier with less patience."""
    assert read(OURS, limits=Limits(size=100)).step(StepName.FORMAT).code == "too_large"
    assert read(OURS, limits=Limits(keys=5)).step(StepName.FORMAT).code == "too_many_keys"


def test_the_time_of_a_check_is_utc() -> None:
    """A context with a local time cannot be built."""
    with pytest.raises(InvalidValue):
        CheckContext(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"validFrom": "2026-07-01T00:00:00Z"}, "not_yet_valid"),
        ({"validFrom": None, "issuanceDate": None}, "no_beginning"),
        ({"validFrom": "2026-06-30"}, "date_unreadable"),
        ({"validFrom": 20260630}, "date_unreadable"),
        ({"validFrom": "0001-01-01T00:00:00+14:00"}, "date_unreadable"),
        ({"validUntil": "2026-06-30T12:00:00Z"}, "expired"),
        ({"expirationDate": "2026-01-01T00:00:00"}, "expired"),
    ],
)
def test_a_credential_outside_its_time_fails(changed: dict[str, object], code: str) -> None:
    """Not yet, no longer, or nobody can tell."""
    step = read(sealed(**changed)).step(StepName.VALIDITY)

    assert (step.outcome, step.code) == (Outcome.FAILED, code)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"validFrom": "2026-06-30T14:00:00+02:00"},
        {"validFrom": "2026-06-30T12:00:00"},
        {"validFrom": None, "issuanceDate": "2026-06-30T12:00:00Z"},
        {"validUntil": "2026-06-30T12:00:01Z"},
    ],
)
def test_a_credential_within_its_time_passes(changed: dict[str, object]) -> None:
    """Zones are respected, a time without one counts as UTC."""
    assert read(sealed(**changed)).step(StepName.VALIDITY).outcome is Outcome.PASSED


def test_a_seal_from_the_future_fails() -> None:
    """Clocks of strangers may be five minutes off, not ten."""
    ahead = {"sigT": "2026-06-30T12:04:00Z"}, {"sigT": "2026-06-30T12:10:00Z"}
    near, far = (read(json.dumps(foreign_seal(ISSUED, **one)).encode()).step(StepName.VALIDITY) for one in ahead)

    assert near.outcome is Outcome.PASSED
    assert far.code == "sealed_in_future"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (Status.GOOD, Outcome.PASSED),
        (Status.REVOKED, Outcome.FAILED),
        (Status.SUSPENDED, Outcome.FAILED),
        (Status.SUPERSEDED, Outcome.FAILED),
        (Status.UNKNOWN, Outcome.NOT_CHECKED),
    ],
)
def test_the_status_is_what_the_lookup_answers(status: Status, outcome: Outcome) -> None:
    """It is asked with the credential itself; its own sentence is told where it has one."""
    asked = []

    def lookup(found: dict[str, object]) -> StatusAnswer:
        asked.append(found["id"])
        return StatusAnswer(status)

    step = read(OURS, status=lookup).step(StepName.STATUS)
    told = read(OURS, status=lambda _: StatusAnswer(status, "So it is.")).step(StepName.STATUS)

    assert asked == [credential()["id"]]
    assert step.outcome is outcome
    assert told.sentence == "So it is."


def test_without_lookup_the_status_is_not_checked() -> None:
    """And the verdict does not pass over it."""
    report = read(OURS)

    assert report.step(StepName.STATUS).code == "no_lookup"
    assert "status" in report.verdict


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_get_a_report(data: bytes) -> None:
    """Never an exception."""
    assert not read(data).ok


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_any_junk_in_any_place_of_a_sealed_file_gets_a_report(data: st.DataObject) -> None:
    """One node of the file, of the credential or of the header replaced by anything."""
    seal = foreign_seal(ISSUED)
    parts: dict[str, Any] = {"file": seal, "payload": json.loads(seal["payload"]), "header": {}}
    name = data.draw(st.sampled_from(sorted(parts)))
    if name == "header":
        changed = foreign_seal(ISSUED, **{data.draw(st.sampled_from(sorted(_HEADER))): data.draw(JSON)})
    else:
        node = parts[name]
        path = data.draw(st.sampled_from(_paths(node)))
        _replace(node, path, data.draw(JSON))
        changed = seal if name == "file" else foreign_seal(ISSUED, json.dumps(node))

    report = read(json.dumps(changed).encode())

    assert len(report.steps) == 8
    assert report.verdict


_HEADER = ("alg", "x5c", "x5t#S256", "x5t#o", "b64", "crit", "iat", "sigT", "adoTst")


def _paths(node: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the places below a node."""
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for key, value in below for found in ((*path, key), *_paths(value, (*path, key)))]


def _replace(node: Any, path: tuple[Any, ...], value: object) -> None:
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
