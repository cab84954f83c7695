"""Where keys and status come from: DID documents, issuer metadata, lists; and what is not believed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable

import pytest

from mappings.documents.elm import render_elm
from mappings.documents.envelope import Document, Format
from mappings.documents.open_badges import render_open_badge
from mappings.documents.sd_jwt_vc import LearningType, render_sd_jwt_vc
from mappings.documents.status_list import StatusBits, bitstring_list, token_list
from plugin.identity import did_document, jwt_vc_issuer
from plugin.sealing.compact import compact_json, sign
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.key_history import KeyHistory
from plugin.sealing.multikey import base64url
from plugin.verification import Status
from plugin.verification.issuer_keys import (
    OwnKeys,
    did_key,
    first_found,
    key_of_did_document,
    key_of_issuer_metadata,
)
from plugin.verification.status_lists import StatusLists
from tests.conformance.issuer import DID, NOW, STATUS, TestIssuer
from tests.mappings.documents.samples import ISSUER_URL, credential, envelope

ISSUER = TestIssuer()
KEY = ISSUER.eddsa.public
NAME = f"{DID}#{KEY.multibase}"
HISTORY = ISSUER.history


def test_a_did_document_gives_its_keys() -> None:
    """By Multikey and by thumbprint."""
    document = did_document(ISSUER_URL, HISTORY)

    for name in (NAME, f"{DID}#{KEY.thumbprint}"):
        found = key_of_did_document(document, DID, name)

        assert found is not None
        assert found.public == KEY
        assert found.compromised_at is None


def test_a_revoked_method_says_since_when() -> None:
    """Controlled Identifiers 1.0: revoked. Whether it may still assert makes no difference to what we tell."""
    document = did_document(ISSUER_URL, HISTORY.compromised(KEY.thumbprint, NOW))

    for asserting in (document["assertionMethod"], [NAME]):
        found = key_of_did_document(document | {"assertionMethod": asserting}, DID, NAME)

        assert found is not None
        assert found.compromised_at == NOW


def test_relative_names_are_the_issuer_s() -> None:
    """did-core, 3.2.2: a method may be named by its fragment, and stand inside assertionMethod."""
    method = {"id": f"#{KEY.multibase}", "controller": DID, "publicKeyMultibase": KEY.multibase}

    found = key_of_did_document({"id": DID, "assertionMethod": [method]}, DID, NAME)

    assert found is not None
    assert found.public == KEY


DAMAGE: dict[str, Callable[[dict], object]] = {
    "another's document": lambda document: document.update(id="did:web:other.example"),
    "not for assertions": lambda document: document.update(assertionMethod=[]),
    "assertions unreadable": lambda document: document.update(assertionMethod="all"),
    "method missing": lambda document: document.update(verificationMethod=[]),
    "another controller": lambda document: document["verificationMethod"][0].update(controller="did:web:x"),
    "unknown kind": lambda document: document["verificationMethod"][0].update(publicKeyMultibase="zQ3sh"),
    "no key": lambda document: document["verificationMethod"][0].pop("publicKeyMultibase"),
    "date unreadable": lambda document: document["verificationMethod"][0].update(revoked="yesterday"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_did_document_that_does_not_say_so_gives_no_key(damage: Callable[[dict], object]) -> None:
    """Somebody else's, not for assertions, not listed, not readable."""
    document = json.loads(json.dumps(did_document(ISSUER_URL, HISTORY)))
    damage(document)

    assert key_of_did_document(document, DID, NAME) is None


@pytest.mark.parametrize("document", [None, [], "x"])
def test_what_is_no_document_gives_no_key(document: object) -> None:
    """Neither as DID document nor as metadata."""
    assert key_of_did_document(document, DID, NAME) is None
    assert key_of_issuer_metadata(document, ISSUER_URL, "kid") is None


def test_issuer_metadata_gives_the_key_of_a_kid() -> None:
    """SD-JWT VC: the issuer's own metadata, its jwks inside."""
    metadata = jwt_vc_issuer(ISSUER_URL, HISTORY)
    found = key_of_issuer_metadata(metadata, ISSUER_URL, KEY.thumbprint)

    assert found is not None
    assert found.public == KEY
    assert key_of_issuer_metadata(metadata, "https://other.example", KEY.thumbprint) is None
    assert key_of_issuer_metadata(metadata, ISSUER_URL, "nobody") is None
    assert key_of_issuer_metadata({"issuer": ISSUER_URL}, ISSUER_URL, KEY.thumbprint) is None


def test_our_own_keys_are_known_without_asking() -> None:
    """For our issuers only."""
    own = OwnKeys({DID: HISTORY})

    assert own(DID, NAME) == HISTORY.keys[0]
    assert own("did:web:other.example", NAME) is None
    assert own(DID, f"{DID}#nobody") is None


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        (DID, NAME),
        (KEY.did, f"{KEY.did}#other"),
        (KEY.did, KEY.did),
        (KEY.did, f"did:key:other#{KEY.multibase}"),
        ("did:key:zQ3sh", "did:key:zQ3sh#zQ3sh"),
    ],
    ids=["web", "other fragment", "no fragment", "other did", "no key"],
)
def test_a_did_key_names_itself_or_nothing(issuer: str, name: str) -> None:
    """Issuer, method and fragment are one key."""
    assert did_key(KEY.did, f"{KEY.did}#{KEY.multibase}") is not None
    assert did_key(issuer, name) is None


def test_lookups_are_asked_in_turn() -> None:
    """The first that knows answers; none is no answer."""
    own = OwnKeys({DID: HISTORY})

    assert first_found(did_key, own)(DID, NAME) == HISTORY.keys[0]
    assert first_found(did_key)(DID, NAME) is None


def lists(bitstring: bytes | None = None, token: str | None = None, history: KeyHistory | None = None) -> StatusLists:
    """Return a lookup in which the issuer's lists may be replaced."""
    genuine = ISSUER.documents(revoked=(7,))
    found = {
        STATUS: json.dumps(genuine[STATUS]).encode() if bitstring is None else bitstring,
        f"{STATUS}.jwt": str(genuine[f"{STATUS}.jwt"] if token is None else token).encode(),
    }
    return StatusLists(found.get, OwnKeys(dict.fromkeys((DID, ISSUER_URL), history or HISTORY)), lambda: NOW)


def badge(**changes: object) -> dict[str, object]:
    """Return what a status lookup reads of a badge."""
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": STATUS,
    }
    return {"issuer": {"id": DID}, "credentialStatus": entry | changes}


def claims(**changes: object) -> dict[str, object]:
    """Return what a status lookup reads of an SD-JWT VC."""
    return {"iss": ISSUER_URL, "status": {"status_list": {"idx": 7, "uri": f"{STATUS}.jwt"} | changes}}


def test_lists_answer_for_both_formats() -> None:
    """Revoked at seven, good at eight."""
    assert lists()(badge()).status is Status.REVOKED
    assert lists()(badge(statusListIndex="8")).status is Status.GOOD
    assert lists()(claims()).status is Status.REVOKED
    assert lists()(claims(idx=8)).status is Status.GOOD


def test_a_credential_without_entry_cannot_be_revoked() -> None:
    """That is its issuer's choice."""
    assert lists()({"issuer": DID}).status is Status.GOOD


def test_a_suspension_list_suspends() -> None:
    """Others use it, we do not."""
    suspended = json.loads(bitstring_list(ISSUER_URL, STATUS, StatusBits(revoked=[7]), NOW, 60).body)
    suspended["credentialSubject"]["statusPurpose"] = "suspension"

    assert lists(bitstring=resealed(suspended))(badge(statusPurpose="suspension")).status is Status.SUSPENDED


def resealed(listed: dict) -> bytes:
    """Return a list that our key sealed."""
    document = Document(Format.OPEN_BADGES, json.dumps(listed).encode())
    return DataIntegritySealer(ISSUER.eddsa, str(listed["issuer"])).seal(document, NOW).body


def changed_list(**changes: object) -> bytes:
    """Return a sealed list with another subject."""
    listed = json.loads(bitstring_list(ISSUER_URL, STATUS, StatusBits(), NOW, 60).body)
    listed["credentialSubject"] |= changes
    return resealed(listed)


def packed(size: int) -> str:
    """Return a bitstring list of any size."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return "u" + base64url(packer.compress(bytes(size)) + packer.flush())


def ended_list() -> bytes:
    """Return a list that has ended."""
    listed = json.loads(bitstring_list(ISSUER_URL, STATUS, StatusBits(), NOW, 60).body)
    return resealed(listed | {"validUntil": "2026-01-01T00:00:00Z"})


def unsealed() -> bytes:
    """Return a list without proof."""
    return bitstring_list(ISSUER_URL, STATUS, StatusBits(), NOW, 60).body


UNBELIEVABLE: dict[str, Callable[[], Status]] = {
    "not there": lambda: StatusLists(lambda url: None, OwnKeys({}), lambda: NOW)(badge()).status,
    "no entry": lambda: lists()({"issuer": DID, "status": "x"}).status,
    "other type": lambda: lists()(badge(type="StatusList2021Entry")).status,
    "other purpose": lambda: lists()(badge(statusPurpose="message")).status,
    "list of other purpose": lambda: lists()(badge(statusPurpose="suspension")).status,
    "index unreadable": lambda: lists()(badge(statusListIndex="x")).status,
    "size of nothing": lambda: lists()(badge(statusSize=0)).status,
    "size no number": lambda: lists()(badge(statusSize="1")).status,
    "too small for its size": lambda: lists()(badge(statusSize=2)).status,
    "entry cut": lambda: lists()({"issuer": DID, "credentialStatus": {"type": "x"}}).status,
    "issuer differs": lambda: lists()({**badge(), "issuer": "did:web:other.example"}).status,
    "unsealed": lambda: lists(bitstring=unsealed())(badge()).status,
    "other issuer's": lambda: lists(bitstring=json.dumps(TestIssuer().documents()[STATUS]).encode())(badge()).status,
    "key compromised": lambda: lists(history=HISTORY.compromised(KEY.thumbprint, NOW))(badge()).status,
    "ended": lambda: lists(bitstring=ended_list())(badge()).status,
    "too small": lambda: lists(bitstring=changed_list(encodedList=packed(100)))(badge()).status,
    "bomb": lambda: lists(bitstring=changed_list(encodedList=packed(17 * 1024 * 1024)))(badge()).status,
    "other base": lambda: lists(bitstring=changed_list(encodedList=packed(16384)[1:]))(badge()).status,
    "no subject": lambda: lists(bitstring=b"{}")(badge()).status,
    "token of other type": lambda: lists(token=status_token({"typ": "JWT"}))(claims()).status,
    "token of other list": lambda: lists(token=status_token(sub="https://x"))(claims()).status,
    "token of other key": lambda: lists(token=status_token({"kid": "nobody"}))(claims()).status,
    "token changed": lambda: lists(token=status_token()[:-4])(claims()).status,
    "token expired": lambda: lists(token=status_token(exp=1))(claims()).status,
    "token of three bits": lambda: lists(token=status_token(status_list={"bits": 3, "lst": lst()}))(claims()).status,
    "list cut": lambda: lists(bitstring=changed_list(encodedList=packed(16384)[:-8]))(badge()).status,
    "jwt of other key": lambda: lists(bitstring=as_jwt(TestIssuer()))(badge()).status,
    "jwt ended": lambda: lists(bitstring=as_jwt(ISSUER, exp=1))(badge()).status,
    "too many entries": lambda: lists()({"issuer": DID, "credentialStatus": [entry_at("8")] * 5}).status,
    "no entries": lambda: lists()({"issuer": DID, "credentialStatus": []}).status,
    "an entry unreadable": lambda: lists()({"issuer": DID, "credentialStatus": [entry_at("8"), "x"]}).status,
    "bare place without id": lambda: lists()({"credentialStatus": {"type": "CredentialStatus"}}).status,
    "bare place elsewhere": lambda: lists()(european("https://other.example/status/3#7")).status,
    "bare place in clear": lambda: lists()(european("http://mc.example.edu/status/3#7")).status,
    "token without list": lambda: lists(token=status_token(status_list=None))(claims()).status,
    "token no token": lambda: lists(token="x")(claims()).status,
    "idx no number": lambda: lists()(claims(idx="7")).status,
}


OUTSIDE: dict[str, Callable[[], Status]] = {
    "index": lambda: lists()(badge(statusListIndex="131072")).status,
    "index negative": lambda: lists()(badge(statusListIndex="-1")).status,
    "idx": lambda: lists()(claims(idx=131_072)).status,
    "idx negative": lambda: lists()(claims(idx=-1)).status,
    "bare place": lambda: lists()(european(f"{STATUS}#131072")).status,
}


@pytest.mark.parametrize("ask", OUTSIDE.values(), ids=OUTSIDE)
def test_a_place_that_the_list_does_not_have_is_told(ask: Callable[[], Status]) -> None:
    """Both standards refuse such a credential: it is no matter of a list that could not be had."""
    assert ask() is Status.OUTSIDE


def european(place: str) -> dict[str, object]:
    """Return what a status lookup reads of a European Digital Credential, whose issuer is an organisation."""
    return {"issuer": {"id": "urn:epass:org:1"}, "credentialStatus": {"id": place, "type": "CredentialStatus"}}


def test_a_european_credential_is_looked_up_in_the_list_that_its_seal_names() -> None:
    """By whoever is not its issuer too: revoked at seven, good at eight."""
    assert lists()(european(f"{STATUS}#7")).status is Status.REVOKED
    assert lists()(european(f"{STATUS}#8")).status is Status.GOOD


def test_what_we_issue_is_looked_up_in_every_format() -> None:
    """One bit: the European credential, the badge and both wallet types."""
    rendered = [
        render_elm(credential(), envelope()),
        render_open_badge(credential(), envelope()),
        *(render_sd_jwt_vc(credential(), envelope(), kind) for kind in LearningType),
    ]
    documents = ISSUER.documents(revoked=(94_567,))
    bodies = {url: str(documents[url]) if url.endswith(".jwt") else json.dumps(documents[url]) for url in documents}
    world = {url: body.encode() for url, body in bodies.items()}
    ask = StatusLists(world.get, OwnKeys(dict.fromkeys((DID, ISSUER_URL), HISTORY)), lambda: NOW)

    assert {ask(json.loads(each.body)).status for each in rendered} == {Status.REVOKED}


def entry_at(index: str, purpose: str = "revocation") -> dict[str, str]:
    """Return an entry of a badge that may have several."""
    place = {"statusListIndex": index, "statusListCredential": STATUS}
    return {"type": "BitstringStatusListEntry", "statusPurpose": purpose} | place


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry_at("8"), entry_at("7")], Status.REVOKED),
        ([entry_at("8"), entry_at("9")], Status.GOOD),
        ([entry_at("8"), entry_at("7", "suspension")], Status.UNKNOWN),
        ([entry_at("8"), entry_at("7", "message")], Status.GOOD),
        ([entry_at("7", "message")], Status.UNKNOWN),
    ],
)
def test_the_worst_of_several_entries_counts(entries: list[dict[str, str]], said: Status) -> None:
    """One list that cannot be believed leaves it open; a message says nothing about whether it stands."""
    assert lists()({"issuer": DID, "credentialStatus": entries}).status is said


def as_jwt(issuer: TestIssuer, **claims: object) -> bytes:
    """Return the list of our test issuer as a JWT (VC-JOSE-COSE), seven set."""
    listed = json.loads(bitstring_list(ISSUER_URL, STATUS, StatusBits(revoked=[7]), NOW, 60).body)
    header = {"typ": "vc+jwt", "kid": f"{DID}#{issuer.es256.key_id}"}
    return sign(header, compact_json(listed | claims), issuer.es256).encode()


def test_a_list_may_be_a_jwt() -> None:
    """Bitstring Status List, 4: secured as the credential is."""
    assert lists(bitstring=as_jwt(ISSUER))(badge()).status is Status.REVOKED
    assert lists(bitstring=as_jwt(ISSUER))(badge(statusListIndex="8")).status is Status.GOOD


def test_a_list_may_serve_several_purposes() -> None:
    """Bitstring Status List, 3.2, a note: one list, several purposes."""
    both = changed_list(statusPurpose=["revocation", "suspension"], encodedList=StatusBits(revoked=[7]).encoded)

    assert lists(bitstring=both)(badge()).status is Status.REVOKED
    assert lists(bitstring=both)(badge(statusPurpose="suspension")).status is Status.SUSPENDED


def lst() -> str:
    """Return an empty list as the token carries it."""
    return StatusBits().token_list


def status_token(header: dict | None = None, **changes: object) -> str:
    """Return a status list token of our key with other header or claims."""
    said = token_list(ISSUER_URL, STATUS, StatusBits(revoked=[7]), NOW, 60) | changes
    named = {"typ": "statuslist+jwt", "kid": ISSUER.es256.key_id} | (header or {})
    return sign(named, compact_json(said), ISSUER.es256)


@pytest.mark.parametrize("ask", UNBELIEVABLE.values(), ids=UNBELIEVABLE)
def test_a_list_that_cannot_be_believed_says_nothing(ask: Callable[[], Status]) -> None:
    """Unknown is neither good nor revoked."""
    assert ask() is Status.UNKNOWN


def test_a_token_that_has_not_expired_is_believed() -> None:
    """Exp is optional, and in the future it is fine."""
    assert lists(token=status_token(exp=int(NOW.timestamp()) + 60))(claims()).status is Status.REVOKED
