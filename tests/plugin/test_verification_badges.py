"""Open Badges and SD-JWT VCs in the one report: ours, foreign ones, and everything that is wrong with some."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from mappings.documents.baking import bake
from mappings.documents.open_badges import render_open_badge
from mappings.documents.sd_jwt_vc import LearningType
from plugin.sealing.compact import compact_json, read, sign
from plugin.sealing.credential_keys import new_key
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.key_history import KeyHistory, PublishedKey
from plugin.sealing.multikey import Algorithm, PublicKey
from plugin.sealing.vc_jwt import Dialect
from plugin.verification import CheckContext, Outcome, Report, StepName, check
from plugin.verification.issuer_keys import OwnKeys, did_key, first_found
from plugin.verification.status_lists import StatusLists
from tests.conformance.issuer import DID, NOW, TestIssuer
from tests.conftest import require_data
from tests.mappings.documents.samples import ISSUER_URL, credential, envelope

ISSUER = TestIssuer()


def checked(
    data: bytes | str | dict,
    now: datetime = NOW,
    history: KeyHistory | None = None,
    kept_at: datetime | None = None,
    **world: Any,
) -> Report:
    """Check something in a world where our issuer can be asked for everything it publishes.

    ``kept_at`` is when the issuer's record says that it was sealed.
    """
    text = json.dumps(data) if isinstance(data, dict) else data
    documents = {url: value for url, value in ISSUER.documents(**world).items() if url.startswith("https")}
    found = {url: value if isinstance(value, str) else json.dumps(value) for url, value in documents.items()}
    keys = OwnKeys(dict.fromkeys((DID, ISSUER_URL), history or ISSUER.history))
    lists = StatusLists(lambda url: found[url].encode() if url in found else None, keys, lambda: now)
    context = CheckContext(now, status=lists, keys=first_found(did_key, keys), records=lambda *_: kept_at)
    return check(text.encode() if isinstance(text, str) else text, context)


def outcomes(report: Report) -> dict[StepName, str]:
    """Return the codes of all steps that did not pass."""
    return {step.name: step.code for step in report.steps if step.outcome is not Outcome.PASSED}


SAME_AWARD: dict[str, Callable[[], object]] = {
    "eddsa": lambda: ISSUER.badge(Algorithm.EDDSA),
    "ecdsa": lambda: ISSUER.badge(Algorithm.ES256),
    "jwt": ISSUER.token,
    "wallet jwt": lambda: ISSUER.token(Dialect.WALLET),
    "sd-jwt": ISSUER.sd_jwt,
    "eu sd-jwt": lambda: ISSUER.sd_jwt(LearningType.EU),
}


@pytest.mark.parametrize("make", SAME_AWARD.values(), ids=SAME_AWARD)
def test_our_own_pass_every_step(make: Callable[[], Any]) -> None:
    """Every format of one award; an SD-JWT cannot be incomplete, for claims may be withheld."""
    report = checked(make())

    assert report.ok
    assert set(outcomes(report).values()) <= {"withheld"}
    assert report.seal is not None
    assert report.seal.organisation == "Example University"


@pytest.mark.parametrize("make", SAME_AWARD.values(), ids=SAME_AWARD)
def test_a_revoked_award_is_revoked_in_every_format(make: Callable[[], Any]) -> None:
    """One bit, one verdict."""
    report = checked(make(), revoked=(94567,))

    assert not report.ok
    assert outcomes(report)[StepName.STATUS] == "revoked"


@pytest.mark.parametrize("make", SAME_AWARD.values(), ids=SAME_AWARD)
def test_a_rotated_key_leaves_it_valid(make: Callable[[], Any]) -> None:
    """The key verifies for ever."""
    later = NOW + timedelta(days=300)
    history = ISSUER.history
    for algorithm in Algorithm:
        history = history.rotated(new_key(algorithm).public, NOW)

    assert checked(make(), now=later, history=history).ok


def compromised(moment: datetime) -> KeyHistory:
    """Both keys were in wrong hands from ``moment`` on."""
    history = ISSUER.history
    for key in (ISSUER.eddsa, ISSUER.es256):
        history = history.compromised(key.key_id, moment)
    return history


@pytest.mark.parametrize("make", SAME_AWARD.values(), ids=SAME_AWARD)
def test_a_compromised_key_voids_exactly_what_came_after(make: Callable[[], Any]) -> None:
    """By the issuer's record: what was kept a second before counts, what was kept then does not."""
    sealed, moment = make(), NOW + timedelta(days=1)
    history = compromised(moment)

    before = checked(sealed, history=history, kept_at=moment - timedelta(seconds=1))
    after = checked(sealed, history=history, kept_at=moment)

    assert before.ok
    assert before.step(StepName.CERTIFICATE).code == "sealed_before_compromise"
    assert outcomes(after)[StepName.CERTIFICATE] == "key_compromised"


@pytest.mark.parametrize("make", SAME_AWARD.values(), ids=SAME_AWARD)
def test_a_seal_s_own_word_on_its_time_proves_nothing(make: Callable[[], Any]) -> None:
    """Sealed at noon, compromised the day after: the thief of the key would say the same."""
    report = checked(make(), history=compromised(NOW + timedelta(days=1)))

    assert outcomes(report)[StepName.CERTIFICATE] == "time_unproven"
    assert "own word" in report.step(StepName.CERTIFICATE).sentence


@pytest.mark.parametrize("make", SAME_AWARD.values(), ids=SAME_AWARD)
def test_time_is_told(make: Callable[[], Any]) -> None:
    """Too early and too late."""
    sealed = make()

    assert outcomes(checked(sealed, now=NOW - timedelta(days=90)))[StepName.VALIDITY] in {
        "not_yet_valid",
        "sealed_in_future",
    }
    assert outcomes(checked(sealed, now=NOW + timedelta(days=3650)))[StepName.VALIDITY] == "expired"


@pytest.mark.parametrize("make", SAME_AWARD.values(), ids=SAME_AWARD)
def test_nobody_is_asked_offline(make: Callable[[], Any]) -> None:
    """Without lookups a did:web key cannot be had, so nothing is called valid."""
    made = make()
    data = json.dumps(made) if isinstance(made, dict) else made

    report = check(data.encode(), CheckContext(NOW))

    assert not report.ok
    assert outcomes(report)[StepName.SEAL] == "no_key"


CHANGES: dict[str, tuple[Callable[[dict], object], StepName, str]] = {
    "grade": (
        lambda badge: badge["credentialSubject"]["result"][0].update(value="1"),
        StepName.SEAL,
        "signature_wrong",
    ),
    "undefined": (lambda badge: badge.update(honours="x"), StepName.SEAL, "term_undefined"),
    "context": (
        lambda badge: badge["@context"].append("https://evil.example/c"),
        StepName.SEAL,
        "context_unknown",
    ),
    "issuer": (lambda badge: badge["issuer"].update(id="did:web:other.example"), StepName.SEAL, "no_key"),
    "method": (lambda badge: badge["proof"][0].pop("verificationMethod"), StepName.SEAL, "no_key"),
    "suite": (lambda badge: badge["proof"][0].update(cryptosuite="bbs-2023"), StepName.SEAL, "unsupported_proof"),
    "purpose": (
        lambda badge: badge["proof"][0].update(proofPurpose="authentication"),
        StepName.SEAL,
        "unsupported_proof",
    ),
    "created": (
        lambda badge: badge["proof"][0].update(created="yesterday"),
        StepName.SEAL,
        "signature_wrong",
    ),
    "expired proof": (
        lambda badge: badge["proof"][0].update(expires="2026-01-01T00:00:00Z"),
        StepName.SEAL,
        "proof_expired",
    ),
    "no proof": (lambda badge: badge.pop("proof"), StepName.SEAL, "no_seal"),
    "first context": (lambda badge: badge["@context"].reverse(), StepName.SCHEMA, "contexts_wrong"),
    "contexts": (lambda badge: badge.update({"@context": "x"}), StepName.SCHEMA, "contexts_wrong"),
    "criteria": (
        lambda badge: badge["credentialSubject"]["achievement"].pop("criteria"),
        StepName.SCHEMA,
        "property_missing",
    ),
    "subject": (lambda badge: badge.update(credentialSubject=[]), StepName.SCHEMA, "property_missing"),
    "learner": (
        lambda badge: [badge["credentialSubject"].pop(name) for name in ("id", "identifier")],
        StepName.SCHEMA,
        "learner_unnamed",
    ),
    "element": (
        lambda badge: badge["credentialSubject"]["achievement"].pop("mode"),
        StepName.COMPLETENESS,
        "element_missing",
    ),
    "outcomes": (
        lambda badge: badge["credentialSubject"]["achievement"]["alignment"].pop(0),
        StepName.COMPLETENESS,
        "element_missing",
    ),
}


@pytest.mark.parametrize(("change", "step", "code"), CHANGES.values(), ids=CHANGES)
def test_what_is_wrong_with_a_badge_is_named(change: Callable[[dict], object], step: StepName, code: str) -> None:
    """Each fault has its step and its code, and the badge is not valid."""
    badge = copy.deepcopy(ISSUER.badge())
    change(badge)

    report = checked(badge)

    assert not report.ok
    assert outcomes(report)[step] == code


def test_a_foreign_badge_says_nothing_about_annex_i() -> None:
    """Completeness is asked of those that use our terms."""
    badge = copy.deepcopy(ISSUER.badge())
    badge["@context"].pop()

    assert outcomes(checked(badge))[StepName.COMPLETENESS] == "other_terms"


def test_a_did_key_is_its_own_issuer_and_nobody_says_whose() -> None:
    """The seal holds; the report tells that the name is nobody's."""
    key = new_key(Algorithm.EDDSA)
    document = json.loads(render_open_badge(credential(), envelope(status_index=None, status_list_url="")).body)
    document["issuer"] = document["issuer"] | {"id": key.public.did}
    sealed = DataIntegritySealer(key, key.public.did).seal(_document(document), NOW)

    report = check(sealed.body, CheckContext(NOW))

    assert report.seal_checked
    assert outcomes(report)[StepName.CERTIFICATE] == "key_only"


def _document(value: dict) -> Any:
    """Return a document that forgot its parts."""
    rendered = render_open_badge(credential(), envelope())
    return type(rendered).__mro__[1](rendered.format, json.dumps(value).encode())


def token(header: dict | None = None, **claims: object) -> str:
    """Return a JWT of our key with other header or claims."""
    genuine = read(ISSUER.token())
    return sign({**genuine.header, **(header or {})}, compact_json({**genuine.payload, **claims}), ISSUER.es256)


@pytest.mark.parametrize(
    ("text", "step", "code"),
    [
        (token(nbf=1), StepName.SEAL, "claims_disagree"),
        (token({"kid": f"{DID}#nobody"}), StepName.SEAL, "no_key"),
        (token({"crit": ["x"]}), StepName.SEAL, "signature_wrong"),
        (token(vc={}), StepName.FORMAT, "document_unsuitable"),
        ("ey.ey.ey", StepName.FORMAT, "document_unsuitable"),
    ],
)
def test_what_is_wrong_with_a_token_is_named(text: str, step: StepName, code: str) -> None:
    """Claims that contradict, keys that are not there, extensions, and what is no credential."""
    assert outcomes(checked(text))[step] == code


def sd_jwt(header: dict | None = None, **claims: object) -> str:
    """Return an SD-JWT of our key with other header or claims."""
    head, *rest = ISSUER.sd_jwt().split("~")
    genuine = read(head)
    changed = sign({**genuine.header, **(header or {})}, compact_json({**genuine.payload, **claims}), ISSUER.es256)
    return "~".join([changed, *rest])


@pytest.mark.parametrize(
    ("text", "step", "code"),
    [
        (sd_jwt({"typ": "JWT"}), StepName.FORMAT, "type_wrong"),
        (sd_jwt({"kid": "nobody"}), StepName.SEAL, "no_key"),
        (sd_jwt({"alg": "EdDSA"}), StepName.SEAL, "signature_wrong"),
        (sd_jwt(vct=""), StepName.SCHEMA, "no_type"),
        (sd_jwt(vct="urn:x:y"), StepName.SCHEMA, "other_type"),
        (sd_jwt(exp=10**30), StepName.STATUS, "unknown"),
        (ISSUER.sd_jwt() + "x", StepName.FORMAT, ""),
        (ISSUER.sd_jwt().replace("~", "~WyJhIiwiYiIsMV0~", 1), StepName.FORMAT, "document_unsuitable"),
    ],
)
def test_what_is_wrong_with_an_sd_jwt_is_named(text: str, step: StepName, code: str) -> None:
    """Type, key, algorithm, disclosures; what only says something odd is told as such."""
    assert outcomes(checked(text)).get(step, "") in {code, ""}


def png() -> bytes:
    """Return a small picture."""
    with io.BytesIO() as file:
        Image.new("RGB", (2, 2), "red").save(file, "PNG")
        return file.getvalue()


@pytest.mark.parametrize("sealed", [json.dumps(ISSUER.badge()), ISSUER.token()], ids=["json", "jwt"])
def test_a_baked_badge_is_checked_like_any_other(sealed: str) -> None:
    """The picture is only the wrapping."""
    assert checked(bake(png(), sealed.encode())).ok  # type: ignore[arg-type]


def test_a_picture_without_credential_is_told() -> None:
    """There is nothing to check."""
    report = checked(png())  # type: ignore[arg-type]

    assert report.step(StepName.FORMAT).code == "nothing_baked"


@pytest.mark.conformance
def test_the_validator_s_own_badge_verifies_with_its_key() -> None:
    """1EdTech's simple.json, made by another implementation."""
    data = require_data("ob3/1edtech-validator/simple.json").read_bytes()
    public = PublicKey.from_multibase("z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi")

    report = check(data, CheckContext(NOW, keys=lambda issuer, name: PublishedKey(public, NOW)))

    assert report.seal_checked


@pytest.mark.conformance
def test_the_validator_s_wrong_badges_are_all_refused() -> None:
    """Not one of the samples that 1EdTech calls wrong is valid here."""
    folder = require_data("ob3/1edtech-validator")
    public = PublicKey.from_multibase("z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi")
    context = CheckContext(NOW, keys=lambda issuer, name: PublishedKey(public, NOW))
    wrong = sorted(folder.glob("simple-err-*.json"))

    assert len(wrong) == 19
    assert [path.name for path in wrong if check(path.read_bytes(), context).ok] == []
