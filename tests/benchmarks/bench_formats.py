"""Formats at the speed of their signatures: one core, one credential, the peers beside it in the same run.

CPU time of this process (``time.process_time``), the best of many short windows, because the machine is shared: others
empty its caches, which costs a long piece of work more than a bare signature. Every figure includes building the
document from micro-credential and envelope, of a different learner each time.

    python -m tests.benchmarks.bench_formats
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mappings.documents.elm import render_elm
from mappings.documents.envelope import Document, Envelope
from mappings.documents.open_badges import render_open_badge
from mappings.documents.sd_jwt_vc import render_sd_jwt_vc
from mappings.documents.status_list import StatusBits, bitstring_list, token_list
from mappings.elements import MicroCredential
from mappings.profile import Issuer
from plugin.sealing.compact import compact_json, sign
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.development import development_seal
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import SealKey, from_pem
from plugin.sealing.sd_jwt import SdJwtSealer
from plugin.sealing.vc_jwt import VcJwtSealer
from tests.conformance.issuer import DID, NOW, STATUS, TestIssuer
from tests.conformance.peer import running_peer
from tests.mappings.documents.samples import ISSUER_URL, assessed, credential, envelope, stated

ISSUER = TestIssuer()
WINDOWS, SECONDS = 24, 0.125
RAW, COMPILED = "raw Ed25519 signatures/s", "eddsa-rdfc-2022/s, compiled"
GOALS = {
    "× @digitalbazaar/vc": 60.0,
    "% of raw Ed25519": 25.0,
    "awards/s in all formats": 400.0,
    "ms a status list": 100.0,
}


def rates(works: Mapping[str, Callable[[int], object]]) -> dict[str, float]:
    """Return calls per second of CPU time: the best of several windows, taken in turn by all of them."""
    best = dict.fromkeys(works, 0.0)
    for work in works.values():
        for number in range(50):
            work(number)
    for _ in range(WINDOWS):
        for name, work in works.items():
            best[name] = max(best[name], window(work))
    return best


def window(work: Callable[[int], object]) -> float:
    """Return calls per second of CPU time within one window."""
    begun, count = time.process_time(), 0
    while (used := time.process_time() - begun) < SECONDS:
        for number in range(count, count + 20):
            work(number)
        count += 20
    return count / used


def learners(count: int = 500) -> list[tuple[MicroCredential, Envelope]]:
    """Return a class: the same course, other names, grades, identities."""
    made = []
    for number in range(count):
        holder = replace(
            credential().holder.value, full_name=f"Learner Nováková {number}", student_number=f"S-{number}"
        )
        grade = replace(assessed().grade, value=Decimal(number % 101), shown_as=f"{number % 101} / 100")
        one = replace(
            SHARED,
            holder=stated(holder),
            assessments=stated((replace(SHARED.assessments.value[0], grade=grade),)),
            grade=stated(grade),
        )
        made.append((one, envelope(id=f"6f0e7d3c-5a6b-4f0e-9a0e-{number:012d}", status_index=number)))
    return made


SHARED = credential()


def main() -> int:
    """Print the figures and say which goal was missed."""
    class_ = learners()
    raw_key = Ed25519PrivateKey.generate()
    proofs, tokens = DataIntegritySealer(ISSUER.eddsa, DID), VcJwtSealer(ISSUER.es256, DID)
    wallet = SdJwtSealer(ISSUER.es256, ISSUER_URL)
    jades = JadesSealer(institution_seal())
    now = datetime.now(UTC)

    def badge(number: int) -> None:
        proofs.seal(render_open_badge(*class_[number % len(class_)]), now)

    def general(number: int) -> None:
        document = render_open_badge(*class_[number % len(class_)])
        proofs.seal(Document(document.format, document.body), now)

    def token(number: int) -> None:
        tokens.seal(render_open_badge(*class_[number % len(class_)]), now)

    def sd_jwt(number: int) -> None:
        wallet.seal(render_sd_jwt_vc(*class_[number % len(class_)]), now)

    def everything(number: int) -> None:
        made, reserved = class_[number % len(class_)]
        document = render_open_badge(made, reserved)
        jades.seal(render_elm(made, reserved), NOW)
        proofs.seal(document, now)
        tokens.seal(document, now)
        wallet.seal(render_sd_jwt_vc(made, reserved), now)

    works: dict[str, Callable[[int], object]] = {
        RAW: lambda number: raw_key.sign(b"%064d" % number),
        COMPILED: badge,
        "eddsa-rdfc-2022/s, general path": general,
        "VC-JWT ES256/s": token,
        "SD-JWT VC ES256/s": sd_jwt,
        "awards/s in all formats": everything,
        "status lists/s": status_list,
    }
    figures = rates(works)
    compiled = figures[COMPILED]
    figures |= {
        "ms a status list": 1000 / figures["status lists/s"],
        "% of raw Ed25519": 100 * compiled / figures[RAW],
    }
    if (theirs := digital_bazaar()) is not None:
        figures |= {"@digitalbazaar/vc eddsa-rdfc-2022/s": theirs, "× @digitalbazaar/vc": compiled / theirs}
    for name, figure in figures.items():
        print(f"{figure:>12,.1f}  {name}{verdict(name, figure)}")
    return 0


def institution_seal() -> SealKey:
    """Return an ES256 seal whose certificate names the issuer of the credential."""
    body = SHARED.awarding_bodies.value[0]
    named = Issuer("i", 1, body.legal_name, eidas_identifier=body.eidas_identifier, country=body.place.country)
    made = development_seal(named, NOW - timedelta(days=1))
    return from_pem(made.key_pem, made.certificate_pem)


def verdict(name: str, figure: float) -> str:
    """Say how a figure stands to its goal."""
    if name not in GOALS:
        return ""
    reached = figure <= GOALS[name] if name.startswith("ms") else figure >= GOALS[name]
    return f"   (goal {GOALS[name]:g}: {'reached' if reached else 'MISSED'})"


def status_list(number: int) -> None:
    """Seal one list of 131,072 entries, 3 % of them set, in both forms."""
    bits = StatusBits(revoked=range(number % 30, 131_072, 33))
    DataIntegritySealer(ISSUER.eddsa, DID).seal(bitstring_list(ISSUER_URL, STATUS, bits, NOW, 300), NOW)
    sign({"typ": "statuslist+jwt"}, compact_json(token_list(ISSUER_URL, STATUS, bits, NOW, 300)), ISSUER.es256)


def digital_bazaar(seconds: float = 6.0) -> float | None:
    """Return the peer's rate by its own CPU time, None where Node or its packages are not there."""
    document = render_open_badge(SHARED, envelope())
    try:
        with running_peer() as peer:
            answer = peer.ask(
                "bench",
                credential=json.loads(document.body),
                documents=ISSUER.documents(),
                seed=ISSUER.eddsa.private_key.private_bytes_raw().hex(),
                method=f"{DID}#{ISSUER.eddsa.public.multibase}",
                seconds=seconds,
            )
    except pytest.skip.Exception as absent:
        print(f"no peer: {absent}")
        return None
    return float(answer["count"]) / float(answer["cpuSeconds"])


if __name__ == "__main__":
    sys.exit(main())
