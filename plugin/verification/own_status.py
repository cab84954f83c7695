"""How our own credentials stand: from the database, at once, without asking a list that others may keep for minutes."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.documents.status_list import BESIDE
from plugin.storage.unit_of_work import Storage
from plugin.verification.context import Status, StatusAnswer, StatusLookup
from plugin.verification.parsing import JsonObject


@dataclass(frozen=True, slots=True)
class OwnStatus:
    """A status lookup for credentials with a place in one of our lists; ``others`` answers for all others."""

    storage: Storage
    public_url: str
    others: StatusLookup

    def __call__(self, credential: JsonObject) -> StatusAnswer:
        """Answer for a badge, a European Digital Credential or the claims of an SD-JWT VC."""
        place = place_of(credential)
        prefix = f"{self.public_url}/status/"
        if place is None or not place[0].startswith(prefix):
            return self.others(credential)
        with self.storage.reading() as work:
            ended = work.credentials.has_ended(place[0].removeprefix(prefix), place[1])
        return StatusAnswer(Status.REVOKED if ended else Status.GOOD)


def place_of(credential: JsonObject) -> tuple[str, int] | None:
    """Return address and index of a credential's place in a list, None where it names none."""
    entry, token = credential.get("credentialStatus"), credential.get("status")
    listed = token.get("status_list") if isinstance(token, dict) else None
    if isinstance(listed, dict):
        url, index = str(listed.get("uri")).removesuffix(BESIDE), listed.get("idx")
    elif isinstance(entry, dict) and "statusListIndex" in entry:
        url, index = str(entry.get("statusListCredential")), entry["statusListIndex"]
    elif isinstance(entry, dict):  # ELM: nothing but an id, <list>#<index>
        url, _, index = str(entry.get("id")).partition("#")
    else:
        return None
    return (url, int(str(index))) if str(index).isdecimal() else None


def nobody(_credential: JsonObject) -> StatusAnswer:
    """Answer for checks that ask nobody: unknown."""
    return StatusAnswer(Status.UNKNOWN, "Nobody was asked whether it was revoked.")
