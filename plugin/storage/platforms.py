"""Connected platforms and the credential that the bridge reads each of them with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from mappings.assessment import PlatformId
from plugin.errors import UnknownRow
from plugin.storage.tables import platforms
from plugin.storage.vault import Vault
from plugin.storage.writing import insert_if_absent


@dataclass(frozen=True, slots=True)
class Connected:
    """A platform that can be read. ``kind`` is ``moodle`` or ``canvas``; ``token`` is a secret."""

    id: PlatformId
    kind: str
    base_url: str
    title: str = ""
    token: str = field(default="", repr=False)
    completion_report: str = ""
    """Moodle: id of the custom report of those who have not completed their course."""


class Platforms:
    """Connected platforms within one transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def connect(self, platform: Connected, now: datetime) -> None:
        """Keep a platform; where it is known already, its address and token are renewed."""
        said: dict[str, object] = {"kind": platform.kind, "base_url": platform.base_url, "title": platform.title}
        said["credential"] = self._vault.lock(platform.token) if platform.token else None
        said["completion_report"] = platform.completion_report
        if not insert_if_absent(self._connection, platforms, {"id": platform.id, **said, "created_at": now}):
            self._connection.execute(update(platforms).where(platforms.c.id == platform.id).values(**said))

    def get(self, platform: PlatformId) -> Connected:
        """Return a platform with its token. Raises :class:`UnknownRow`."""
        row = self._connection.execute(select(platforms).where(platforms.c.id == platform)).one_or_none()
        if row is None:
            raise UnknownRow(f"there is no platform {platform}")
        return self._connected(row)

    def expect_push(self, platform: PlatformId, secret: str) -> None:
        """Keep what events of a platform are known by: Moodle's HMAC key, Canvas' ``root_account_uuid``."""
        locked = self._vault.lock(secret)
        self._connection.execute(update(platforms).where(platforms.c.id == platform).values(push_secret=locked))

    def push_secret(self, platform: PlatformId) -> str:
        """Return it; empty where the platform pushes nothing."""
        query = select(platforms.c.push_secret).where(platforms.c.id == platform)
        locked = self._connection.execute(query).scalar()
        return self._vault.unlock(locked) if locked else ""

    def all(self) -> tuple[Connected, ...]:
        """Return every platform, oldest first."""
        query = select(platforms).order_by(platforms.c.created_at, platforms.c.id)
        return tuple(self._connected(row) for row in self._connection.execute(query))

    def _connected(self, row: Row[Any]) -> Connected:
        token = self._vault.unlock(row.credential) if row.credential else ""
        return Connected(PlatformId(row.id), row.kind, row.base_url, row.title, token, row.completion_report)
