"""What one person may ask for: everything that is kept about them, and to be erased. And how long anything is kept.

GDPR Art. 15 and 20 (export), Art. 17 (erasure; what survives and why stands in :data:`SURVIVES`), Art. 5(1)(e)
(retention). Erasing is not revoking: the file that a learner holds goes on to verify.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from mappings.documents.envelope import Format
from mappings.said import say
from plugin.errors import NoReasonGiven, UnknownRow
from plugin.storage import journal
from plugin.storage.audit import Entry
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage

log = structlog.get_logger(__name__)
SURVIVES = (
    say(
        "the number of each credential, its place in a status list, its dates and whether it was revoked: without them "
        "a revocation would become untrue (Art. 17(3)(b) and (e))"
    ),
    say("who decided what and when in the audit trail, which names numbers, not learners"),
    say("a salted digest of the platform's id, so that the same achievement is not awarded again by mistake"),
)
ENDINGS = {Format.ELM: "jsonld", Format.OPEN_BADGES: "badge.json", Format.OPEN_BADGES_JWT: "badge.jwt"}


@dataclass(frozen=True, slots=True)
class PrivacyTools:
    """What these requests are answered with. ``retention`` is how long each class of data is kept."""

    storage: Storage
    retention: Mapping[str, timedelta]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would do: rows by table. Nothing has been done yet."""

    rows: Mapping[str, int]

    def __bool__(self) -> bool:
        """Whether anything is kept about this person."""
        return bool(self.rows)


def export(tools: PrivacyTools, holder: Holder) -> bytes:
    """Return a ZIP of everything kept about a person: one JSON file, and each sealed document as it is.

    Raises :class:`UnknownRow` where nothing is kept.
    """
    with tools.storage.reading() as work:
        rows, sealed = work.erasures.rows(holder), work.erasures.sealed(holder)
    if not rows:
        raise UnknownRow("nothing is kept about this person")
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("kept.json", _told(rows, tools.clock()))
        for credential_id, document in sealed:
            ending = ENDINGS.get(document.format, document.format.value)
            archive.writestr(f"credentials/{credential_id}.{ending}", document.body)
    return written.getvalue()


def note_export(tools: PrivacyTools, by: str, reason: str = "") -> None:
    """Note that a person's data was handed to somebody else than that person."""
    with tools.storage.begin() as work:
        work.audit.note(Entry(at=tools.clock(), actor=by, act="export", subject="person", detail=reason))


def preview(tools: PrivacyTools, holder: Holder) -> Preview:
    """Say what an erasure would delete or blank. Changes nothing."""
    with tools.storage.reading() as work:
        return Preview(work.erasures.count(holder))


def erase(tools: PrivacyTools, holder: Holder, *, by: str, reason: str) -> int:
    """Erase a person, in the database and in the journal. Returns how many credentials they hold; these stay valid.

    Raises :class:`UnknownRow` where nothing is kept, :class:`NoReasonGiven`.
    """
    if not by.strip() or not reason.strip():
        raise NoReasonGiven("an erasure needs the name of who does it and a reason")
    if not preview(tools, holder):
        raise UnknownRow("nothing is kept about this person")
    now = tools.clock()
    with tools.storage.begin() as work:
        everybody = [Holder(holder.platform, each) for each in work.people.ids(holder)]
        ids = work.erasures.erase(holder, by=by, reason=reason, now=now)
        work.audit.note(Entry(at=now, actor=by, act="erase", subject="person", detail=f"{len(ids)} credentials"))
    if tools.storage.place.journal is not None:
        journal.forget(tools.storage.place.journal, ids, everybody)
    log.info("person_erased", count=len(ids))
    return len(ids)


def sign_out(tools: PrivacyTools, holder: Holder, *, by: str, reason: str = "") -> int:
    """End whatever a person has open here, by forgetting their launches. Returns how many there were."""
    with tools.storage.begin() as work:
        count = work.erasures.forget_launches(holder)
        ended = f"{count} launches"
        work.audit.note(Entry(at=tools.clock(), actor=by, act="sign_out", subject="person", after=ended, detail=reason))
    return count


def overdue(tools: PrivacyTools) -> dict[str, int]:
    """Count what has been kept for longer than the settings say. Changes nothing."""
    with tools.storage.reading() as work:
        return work.retention.count(_limits(tools))


def let_go(tools: PrivacyTools, by: str = "retention") -> dict[str, int]:
    """Delete what has been kept for longer than the settings say. Returns how many rows of each class."""
    with tools.storage.begin() as work:
        gone = work.retention.delete(_limits(tools))
        if any(gone.values()):
            said = ", ".join(f"{rows} {name}" for name, rows in gone.items() if rows)
            work.audit.note(Entry(at=tools.clock(), actor=by, act="delete", subject="kept", detail=said))
    return gone


def _limits(tools: PrivacyTools) -> dict[str, datetime]:
    now = tools.clock()
    return {name: now - span for name, span in tools.retention.items() if span}


def _told(rows: Mapping[str, list[dict[str, Any]]], now: datetime) -> str:
    said = {"made_at": now.isoformat(), "kept": rows, "survives_an_erasure": list(SURVIVES)}
    return json.dumps(said, indent=2, ensure_ascii=False, default=str)
