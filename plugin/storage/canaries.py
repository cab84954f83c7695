"""Cleaning up after the prober: sealed bytes that never belonged to anybody are not kept."""

from __future__ import annotations

from sqlalchemy import delete, select

from plugin.storage.tables import awards, credentials, documents, platforms
from plugin.storage.totals import CANARY
from plugin.storage.unit_of_work import Storage


def drop_bytes(storage: Storage, credential_id: str) -> None:
    """Drop the sealed bytes of a revoked canary, and of nothing else; its row and its place stay taken for ever."""
    canary = select(credentials.c.id).join(awards, credentials.c.award_id == awards.c.id)
    canary = canary.join(platforms, awards.c.platform_id == platforms.c.id)
    canary = canary.where(credentials.c.status == "revoked", platforms.c.kind == CANARY)
    these = (documents.c.credential_id == credential_id, documents.c.credential_id.in_(canary))
    with storage.engine.begin() as connection:
        connection.execute(delete(documents).where(*these))
