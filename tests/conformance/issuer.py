"""An issuer for the peers to judge: its keys, what it publishes, and one award in every format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mappings.documents.open_badges import CREDENTIALS_V2, OPEN_BADGES_3, OPEN_BADGES_EXTENSIONS, render_open_badge
from mappings.documents.sd_jwt_vc import LearningType, render_sd_jwt_vc
from mappings.documents.status_list import StatusBits, bitstring_list, token_list
from plugin.identity import published
from plugin.sealing.compact import compact_json, sign
from plugin.sealing.contexts import context
from plugin.sealing.credential_keys import CredentialKey, new_key
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.key_history import KeyHistory
from plugin.sealing.multikey import Algorithm
from plugin.sealing.sd_jwt import SdJwtSealer
from plugin.sealing.vc_jwt import Dialect, VcJwtSealer
from tests.mappings.documents.samples import ISSUER_URL, credential, envelope

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DID = "did:web:mc.example.edu"
STATUS = f"{ISSUER_URL}/status/3"
CONTEXTS = (
    CREDENTIALS_V2,
    OPEN_BADGES_3,
    OPEN_BADGES_EXTENSIONS,
    "https://w3id.org/security/data-integrity/v2",
    "https://w3id.org/security/multikey/v1",
    f"{ISSUER_URL}/contexts/microcredential/v1",
)


@dataclass(frozen=True)
class TestIssuer:
    """Signs with one key of each kind; ``history`` is what it publishes."""

    __test__ = False
    eddsa: CredentialKey = field(default_factory=lambda: new_key(Algorithm.EDDSA))
    es256: CredentialKey = field(default_factory=lambda: new_key(Algorithm.ES256))

    @property
    def history(self) -> KeyHistory:
        """Both keys, signing since long."""
        since = NOW - timedelta(days=400)
        return KeyHistory().rotated(self.eddsa.public, since).rotated(self.es256.public, since)

    def key(self, algorithm: Algorithm) -> CredentialKey:
        """Return the key of a kind."""
        return self.eddsa if algorithm is Algorithm.EDDSA else self.es256

    def documents(self, revoked: tuple[int, ...] = (), history: KeyHistory | None = None) -> dict[str, object]:
        """Return everything that a verifier may fetch, by URL or DID."""
        served = published(ISSUER_URL, history or self.history)
        bits = StatusBits(revoked=revoked)
        listed = DataIntegritySealer(self.eddsa, DID).seal(bitstring_list(ISSUER_URL, STATUS, bits, NOW, 60), NOW)
        tokens = compact_json(token_list(ISSUER_URL, STATUS, bits, NOW, 60))
        header = {"typ": "statuslist+jwt", "kid": self.es256.key_id}
        return {
            **{url: context(url) for url in CONTEXTS},
            DID: json.loads(served["/.well-known/did.json"].body),
            f"{ISSUER_URL}/.well-known/jwt-vc-issuer": json.loads(served["/.well-known/jwt-vc-issuer"].body),
            STATUS: json.loads(listed.body),
            f"{STATUS}.jwt": sign(header, tokens, self.es256),
        }

    def badge(self, algorithm: Algorithm = Algorithm.EDDSA, **changes: object) -> dict:
        """Return Anna's badge with a Data Integrity proof; ``changes`` are those of the envelope."""
        document = render_open_badge(credential(), envelope(**changes))
        return json.loads(DataIntegritySealer(self.key(algorithm), DID).seal(document, NOW).body)

    def token(self, dialect: Dialect = Dialect.OPEN_BADGES, **changes: object) -> str:
        """Return Anna's badge as a JWT."""
        document = render_open_badge(credential(), envelope(**changes))
        return VcJwtSealer(self.es256, DID, dialect).seal(document, NOW).body.decode()

    def sd_jwt(
        self, kind: LearningType = LearningType.EXTENDED, holder: Mapping[str, str] | None = None, **changes: object
    ) -> str:
        """Return Anna's SD-JWT VC with all disclosures."""
        document = render_sd_jwt_vc(credential(), envelope(**changes), kind)
        return SdJwtSealer(self.es256, ISSUER_URL).seal_for(document, holder).body.decode()
