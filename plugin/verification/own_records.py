"""When one of our seals was made, by our own record: a time that whoever stole the key cannot turn back.

What a seal says about its own time is worth as much as its key. Once that was in wrong hands, only a timestamp of a
third party or the issuer's record of that very signature shows that a credential is older.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.storage.unit_of_work import Storage
from plugin.verification.own_status import place_of
from plugin.verification.parsing import JsonObject


@dataclass(frozen=True, slots=True)
class OwnRecords:
    """Finds a signature among the documents that are kept for the credential's place in our status lists."""

    storage: Storage
    public_url: str

    def __call__(self, credential: JsonObject, signature: str) -> datetime | None:
        """Return when the document with ``signature``, as it stands in the file and already verified, was kept."""
        place = place_of(credential)
        prefix = f"{self.public_url}/status/"
        if place is None or not signature or not place[0].startswith(prefix):
            return None
        with self.storage.reading() as work:
            kept = work.credentials.kept_at(place[0].removeprefix(prefix), place[1])
        return next((at for body, at in kept if signature.encode() in body), None)
