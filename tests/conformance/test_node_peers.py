"""Another vendor says yes, and no: Digital Bazaar, jose and the OpenWallet Foundation's sd-jwt judge what we issue."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from mappings.documents.open_badges import render_open_badge
from mappings.documents.sd_jwt_vc import LearningType, render_sd_jwt_vc
from plugin.sealing.compact import compact_json, read, sign
from plugin.sealing.credential_keys import CredentialKey, new_key
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.disclosures import read_sd_jwt
from plugin.sealing.multikey import Algorithm, base64url, from_base64url
from plugin.sealing.sd_jwt import digest
from plugin.sealing.vc_jwt import Dialect
from tests.conformance.issuer import DID, NOW, STATUS, TestIssuer
from tests.conformance.peer import Peer, running_peer
from tests.mappings.documents.samples import credential, envelope, generated

pytestmark = [pytest.mark.conformance, pytest.mark.node]
ISSUER = TestIssuer()
INDEX = 94567
AT = NOW.isoformat()


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    """Return the running peer."""
    with running_peer() as running:
        yield running


def judged(peer: Peer, badge: dict, **world: object) -> dict:
    """Ask Digital Bazaar about a badge."""
    return peer.ask("dataIntegrity", **{"credential": badge, "documents": ISSUER.documents(), "now": AT} | world)


def judged_jwt(peer: Peer, token: str, **world: object) -> dict:
    """Ask jose about a badge as JWT, and Digital Bazaar about its status."""
    return peer.ask("vcJwt", **{"token": token, "documents": ISSUER.documents(), "now": AT} | world)


def judged_sd_jwt(peer: Peer, token: str, **world: object) -> dict:
    """Ask sd-jwt-vc about a credential and its status."""
    return peer.ask("sdJwt", **{"token": token, "documents": ISSUER.documents(), "now": AT} | world)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_digital_bazaar_accepts_our_badges(peer: Peer, algorithm: Algorithm) -> None:
    """eddsa-rdfc-2022 and ecdsa-rdfc-2019, with status."""
    assert judged(peer, ISSUER.badge(algorithm)) == {"verified": True}


@pytest.mark.parametrize("seed", range(25))
def test_digital_bazaar_accepts_generated_badges(peer: Peer, seed: int) -> None:
    """Whatever a credential has or lacks, sealed by the compiled path."""
    made, reserved = generated(seed)
    document = render_open_badge(made, reserved)
    badge = json.loads(DataIntegritySealer(ISSUER.eddsa, DID).seal(document, NOW).body)

    assert judged(peer, badge) == {"verified": True}


def test_our_proof_is_digital_bazaar_s(peer: Peer) -> None:
    """The same key, options and document give the same proof value, byte for byte."""
    document = render_open_badge(credential(), envelope())
    ours = json.loads(DataIntegritySealer(ISSUER.eddsa, DID).seal(document, NOW).body)
    seed = ISSUER.eddsa.private_key.private_bytes_raw().hex()
    method = f"{DID}#{ISSUER.eddsa.public.multibase}"
    created = ours["proof"][0]["created"]

    theirs = peer.ask(
        "sign",
        credential=json.loads(document.body),
        documents=ISSUER.documents(),
        seed=seed,
        method=method,
        created=created,
    )["document"]

    assert theirs["proof"] == ours["proof"][0]


TAMPERED: dict[str, Callable[[dict], object]] = {
    "learner": lambda badge: badge["credentialSubject"]["identifier"][0].update(identityHash="Eve"),
    "subject": lambda badge: badge["credentialSubject"].update(id="urn:uuid:00000000-0000-4000-8000-000000000000"),
    "grade": lambda badge: badge["credentialSubject"]["result"][0].update(value="100"),
    "credits": lambda badge: badge["credentialSubject"].update(creditsEarned=30),
    "level": lambda badge: badge["credentialSubject"]["achievement"]["eqfLevel"].update(
        id="http://data.europa.eu/snb/eqf/8"
    ),
    "supervision": lambda badge: badge["evidence"][0].update(supervisionType="O2.1"),
    "participation": lambda badge: badge["credentialSubject"]["achievement"]["mode"].update(name="x"),
    "outcome": lambda badge: badge["credentialSubject"]["achievement"]["alignment"][0].update(targetName="x"),
    "issuer name": lambda badge: badge["issuer"].update(name="Harvard"),
    "issuer": lambda badge: badge["issuer"].update(id="did:web:other.example"),
    "id": lambda badge: badge.update(id="urn:uuid:00000000-0000-4000-8000-000000000000"),
    "valid until": lambda badge: badge.update(validUntil="2099-01-01T00:00:00Z"),
    "status index": lambda badge: badge["credentialStatus"].update(statusListIndex="7"),
    "status removed": lambda badge: badge.pop("credentialStatus"),
    "undefined term": lambda badge: badge.update(honours="summa cum laude"),
    "undefined type": lambda badge: badge["type"].append("Doctorate"),
    "created": lambda badge: badge["proof"][0].update(created="2026-01-01T00:00:00Z"),
    "purpose": lambda badge: badge["proof"][0].update(proofPurpose="authentication"),
    "cryptosuite": lambda badge: badge["proof"][0].update(cryptosuite="ecdsa-rdfc-2019"),
    "method": lambda badge: badge["proof"][0].update(verificationMethod=f"{DID}#{ISSUER.es256.public.multibase}"),
    "signature": lambda badge: badge["proof"][0].update(proofValue=badge["proof"][0]["proofValue"][:-2] + "11"),
    "no proof": lambda badge: badge.pop("proof"),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_digital_bazaar_refuses_a_changed_badge(peer: Peer, change: Callable[[dict], object]) -> None:
    """Whatever is changed after sealing."""
    badge = copy.deepcopy(ISSUER.badge())
    change(badge)

    assert judged(peer, badge)["verified"] is False


def without_assertion() -> dict[str, object]:
    """Return a world in which the key is listed but not for assertions."""
    documents = ISSUER.documents()
    return documents | {DID: documents[DID] | {"assertionMethod": []}}


def with_other_list() -> dict[str, object]:
    """Return a world in which somebody else signed the status list."""
    return ISSUER.documents() | {STATUS: TestIssuer().documents()[STATUS]}


WORLDS: dict[str, Callable[[], dict[str, object]]] = {
    "revoked": lambda: {"documents": ISSUER.documents(revoked=(INDEX,))},
    "expired": lambda: {"now": "2040-01-01T00:00:00Z"},
    "not yet valid": lambda: {"now": "2020-01-01T00:00:00Z"},
    "keys of somebody else": lambda: {"documents": TestIssuer().documents()},
    "key not for assertions": lambda: {"documents": without_assertion()},
    "status list of somebody else": lambda: {"documents": with_other_list()},
    "status list missing": lambda: {"documents": ISSUER.documents() | {STATUS: {}}},
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_digital_bazaar_refuses_in_another_world(peer: Peer, world: Callable[[], dict[str, object]]) -> None:
    """Revoked, expired, not yet valid, other keys, other lists."""
    assert judged(peer, ISSUER.badge(), **world())["verified"] is False


def test_a_revoked_neighbour_revokes_nobody_else(peer: Peer) -> None:
    """The bit is ours and only ours, counted from the left."""
    documents = ISSUER.documents(revoked=(INDEX - 1, INDEX + 1, INDEX ^ 7))

    assert judged(peer, ISSUER.badge(), documents=documents)["verified"]
    assert judged_sd_jwt(peer, ISSUER.sd_jwt(), documents=documents)["verified"]


def test_a_rotated_key_leaves_old_badges_valid(peer: Peer) -> None:
    """The old key stays in the DID document."""
    badge = ISSUER.badge()
    later = ISSUER.history.rotated(new_key(Algorithm.EDDSA).public, NOW + timedelta(days=1))

    assert judged(peer, badge, documents=ISSUER.documents(history=later))["verified"]


def test_the_peers_refuse_whatever_a_compromised_key_signed(peer: Peer) -> None:
    """In every format: to them an older credential looks like a thief's with an old date."""
    history = ISSUER.history
    for key in (ISSUER.eddsa, ISSUER.es256):
        history = history.compromised(key.key_id, NOW + timedelta(days=1))
    world = {"documents": ISSUER.documents(history=history)}

    assert judged(peer, ISSUER.badge(), **world)["verified"] is False
    assert judged_jwt(peer, ISSUER.token(), **world)["verified"] is False
    assert judged_sd_jwt(peer, ISSUER.sd_jwt(), **world)["verified"] is False


def test_a_rotated_key_leaves_old_tokens_valid(peer: Peer) -> None:
    """It stays in the DID document and in the issuer's metadata."""
    later = ISSUER.history.rotated(new_key(Algorithm.ES256).public, NOW + timedelta(days=1))
    world = {"documents": ISSUER.documents(history=later)}

    assert judged_jwt(peer, ISSUER.token(), **world)["verified"]
    assert judged_sd_jwt(peer, ISSUER.sd_jwt(), **world)["verified"]


@pytest.mark.parametrize(("dialect", "typ"), [(Dialect.OPEN_BADGES, None), (Dialect.WALLET, "vc+jwt")])
def test_jose_accepts_our_tokens(peer: Peer, dialect: Dialect, typ: str | None) -> None:
    """Both dialects, with the claims that Open Badges wants, and their status."""
    assert judged_jwt(peer, ISSUER.token(dialect), typ=typ) == {"verified": True}


def forged(header: dict[str, object] | None = None, key: CredentialKey | None = None, **claims: object) -> str:
    """Return a token with another header, key or claims."""
    genuine = read(ISSUER.token())
    payload = compact_json({**genuine.payload, **claims})
    return sign({**genuine.header, **(header or {})}, payload, key or ISSUER.es256)


def unsigned() -> str:
    """Return a token with alg none."""
    payload = ISSUER.token().split(".")[1]
    return f"{base64url(compact_json({'alg': 'none', 'kid': f'{DID}#{ISSUER.es256.key_id}'}))}.{payload}."


FORGED_TOKENS: dict[str, Callable[[], str]] = {
    "alg none": unsigned,
    "other key": lambda: forged(key=new_key(Algorithm.ES256)),
    "unknown kid": lambda: forged({"kid": f"{DID}#nobody"}),
    "kid of another issuer": lambda: forged({"kid": "did:web:other.example#x"}),
    "cut signature": lambda: ISSUER.token()[:-4],
    "nbf differs from validFrom": lambda: forged(nbf=1),
    "jti differs from id": lambda: forged(jti="urn:uuid:0"),
    "sub differs from subject": lambda: forged(sub="urn:uuid:0"),
    "iss differs from issuer": lambda: forged(iss="did:web:other.example"),
    "exp differs from validUntil": lambda: forged(exp=4_102_444_800),
    "payload of another token": lambda: ".".join(
        [ISSUER.token().split(".")[0], ISSUER.token(valid_until=None).split(".")[1], ISSUER.token().split(".")[2]]
    ),
}


OF_THE_PROOF = frozenset(("created", "purpose", "cryptosuite", "method", "signature", "no proof", "undefined term"))
"""Changes of a badge that a JWT does not know, or may have: it signs every member, defined or not."""


def changed_token(change: Callable[[dict], object]) -> str:
    """Return a token whose payload was changed after signing."""
    header, payload, signature = ISSUER.token().split(".")
    badge = json.loads(from_base64url(payload))
    change(badge)
    return ".".join([header, base64url(compact_json(badge)), signature])


CHANGED_TOKENS = {name: change for name, change in TAMPERED.items() if name not in OF_THE_PROOF}
TOKEN_WORLDS = {name: world for name, world in WORLDS.items() if name != "key not for assertions"}


@pytest.mark.parametrize("change", CHANGED_TOKENS.values(), ids=CHANGED_TOKENS)
def test_jose_refuses_changed_tokens(peer: Peer, change: Callable[[dict], object]) -> None:
    """Whatever is changed after signing."""
    assert judged_jwt(peer, changed_token(change))["verified"] is False


@pytest.mark.parametrize("world", TOKEN_WORLDS.values(), ids=TOKEN_WORLDS)
def test_jose_refuses_in_another_world(peer: Peer, world: Callable[[], dict[str, object]]) -> None:
    """Revoked, expired, not yet valid, other keys, other lists."""
    assert judged_jwt(peer, ISSUER.token(), **world())["verified"] is False


@pytest.mark.parametrize("make", FORGED_TOKENS.values(), ids=FORGED_TOKENS)
def test_jose_refuses_forged_tokens(peer: Peer, make: Callable[[], str]) -> None:
    """Algorithm, key, and every claim that contradicts the credential."""
    assert judged_jwt(peer, make())["verified"] is False


@pytest.mark.parametrize("kind", list(LearningType))
def test_sd_jwt_vc_accepts_and_reads_our_claims(peer: Peer, kind: LearningType) -> None:
    """Every claim arrives as it was rendered, in both types."""
    answer = judged_sd_jwt(peer, ISSUER.sd_jwt(kind))

    assert answer["verified"]
    assert answer["claims"] == json.loads(render_sd_jwt_vc(credential(), envelope(), kind).body)


def test_a_holder_shows_less(peer: Peer) -> None:
    """Without a disclosure the claim is not there, and the rest still verifies."""
    token = ISSUER.sd_jwt()
    head, *disclosures, _ = token.split("~")
    kept = [each for each in disclosures if "assessment_grade" not in str(read_sd_jwt(f"{head}~{each}~").disclosed)]

    answer = judged_sd_jwt(peer, "~".join([head, *kept, ""]))

    assert answer["verified"]
    assert "assessment_grade" not in answer["claims"]
    assert answer["claims"]["family_name"] == "Nováková"


def bound(nonce: str = "n", key: CredentialKey | None = None) -> str:
    """Return a presentation with key binding."""
    holder = new_key(Algorithm.ES256)
    token = ISSUER.sd_jwt(holder=holder.public.jwk)
    claims = {"aud": "https://verifier.example", "nonce": nonce, "iat": 1, "sd_hash": digest(token)}
    return token + sign({"typ": "kb+jwt"}, compact_json(claims), key or holder)


def test_key_binding_verifies(peer: Peer) -> None:
    """The holder's key of cnf signed the presentation for this nonce."""
    assert judged_sd_jwt(peer, bound(), binding="n")["verified"]


def swapped_disclosure() -> str:
    """Return a credential with a changed family name."""
    head, *disclosures, _ = ISSUER.sd_jwt().split("~")
    forged_one = base64url(json.dumps(["salt", "family_name", "Eve"]).encode())
    return "~".join([head, forged_one, *disclosures[1:], ""])


def resigned_sd_jwt(**claims: object) -> str:
    """Return a credential whose token says something else, signed by our key."""
    head, *rest = ISSUER.sd_jwt().split("~")
    genuine = read(head)
    return "~".join([sign(genuine.header, compact_json({**genuine.payload, **claims}), ISSUER.es256), *rest])


FORGED_SD_JWTS: dict[str, Callable[[], dict[str, object]]] = {
    "other key": lambda: {"documents": TestIssuer().documents()},
    "changed disclosure": lambda: {"token": swapped_disclosure()},
    "changed payload": lambda: {"token": "e30" + ISSUER.sd_jwt()},
    "cut signature": lambda: {"token": ISSUER.sd_jwt().replace("~", "A~", 1)},
    "other issuer": lambda: {"token": resigned_sd_jwt(iss="https://other.example")},
    "expired": lambda: {"now": "2040-01-01T00:00:00Z"},
    "not yet valid": lambda: {"now": "2020-01-01T00:00:00Z"},
    "revoked": lambda: {"documents": ISSUER.documents(revoked=(INDEX,))},
    "status list of somebody else": lambda: {
        "documents": ISSUER.documents() | {f"{STATUS}.jwt": TestIssuer().documents()[f"{STATUS}.jwt"]}
    },
    "bound to another nonce": lambda: {"token": bound(nonce="other"), "binding": "n"},
    "bound by another key": lambda: {"token": bound(key=new_key(Algorithm.ES256)), "binding": "n"},
}


@pytest.mark.parametrize("change", FORGED_SD_JWTS.values(), ids=FORGED_SD_JWTS)
def test_sd_jwt_vc_refuses_forged_credentials(peer: Peer, change: Callable[[], dict[str, object]]) -> None:
    """Payload, disclosure, key, time, status and binding."""
    token = ISSUER.sd_jwt()

    assert judged_sd_jwt(peer, **{"token": token} | change())["verified"] is False


def claims_in_plain() -> list[str]:
    """Return the names of the claims that are signed openly."""
    return sorted(set(read(ISSUER.sd_jwt().split("~")[0]).payload) - {"_sd_alg"})


def disclosed() -> list[str]:
    """Return the names of the claims that are disclosed, in the order of their disclosures."""
    return [json.loads(from_base64url(each))[1] for each in ISSUER.sd_jwt().split("~")[1:-1]]


@pytest.mark.parametrize("name", claims_in_plain())
def test_sd_jwt_vc_refuses_every_changed_claim(peer: Peer, name: str) -> None:
    """Each claim of the payload, changed after signing."""
    head, *rest = ISSUER.sd_jwt().split("~")
    header, payload, signature = head.split(".")
    changed = json.loads(from_base64url(payload)) | {name: "https://other.example"}
    token = "~".join([f"{header}.{base64url(compact_json(changed))}.{signature}", *rest])

    assert judged_sd_jwt(peer, token)["verified"] is False


@pytest.mark.parametrize("name", disclosed())
def test_sd_jwt_vc_refuses_every_changed_disclosure(peer: Peer, name: str) -> None:
    """Each claim that a holder shows, changed after it was sealed."""
    head, *disclosures, _ = ISSUER.sd_jwt().split("~")
    place = disclosed().index(name)
    salt, _, value = json.loads(from_base64url(disclosures[place]))
    disclosures[place] = base64url(compact_json([salt, name, [value, "Eve"]]))

    assert judged_sd_jwt(peer, "~".join([head, *disclosures, ""]))["verified"] is False


def test_every_format_meets_at_least_25_variants() -> None:
    """Tampered, expired, revoked, with a wrong key, of a wrong issuer."""
    assert len(TAMPERED) + len(WORLDS) >= 25
    assert len(CHANGED_TOKENS) + len(TOKEN_WORLDS) + len(FORGED_TOKENS) >= 25
    assert len(FORGED_SD_JWTS) + len(claims_in_plain()) + len(disclosed()) >= 25
