"""The stores of lti/stores.py in memory, for tests that are not about storage."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import datetime

from lti.claims import Launch, LaunchId, RegistrationId, VerifiedClaims, read_launch
from lti.stores import Deployment, Registration, ToolKey
from mappings.assessment import PlatformId


class MemoryRegistrations:
    """A RegistrationStore."""

    def __init__(self, *registrations: Registration) -> None:
        self._registrations = {each.id: each for each in registrations}
        self._deployments: dict[PlatformId, Deployment] = {}

    def find(self, issuer: str, client_id: str) -> Registration | None:
        pair = (issuer, client_id)
        return next((each for each in self.registrations() if (each.issuer, each.client_id) == pair), None)

    def of_issuer(self, issuer: str) -> tuple[Registration, ...]:
        return tuple(each for each in self.registrations() if each.issuer == issuer)

    def registrations(self) -> tuple[Registration, ...]:
        return tuple(self._registrations.values())

    def save(self, registration: Registration, now: datetime) -> None:
        self._registrations[registration.id] = registration

    def withdraw(self, registration: Registration) -> None:
        del self._registrations[registration.id]

    def deployments(self, registration: RegistrationId) -> tuple[Deployment, ...]:
        return tuple(each for each in self._deployments.values() if each.registration == registration)

    def note_deployment(self, deployment: Deployment) -> None:
        self._deployments.setdefault(deployment.platform, deployment)

    def allow_deployment(self, platform: PlatformId, *, allowed: bool) -> bool:
        if (known := self._deployments.get(platform)) is not None:
            self._deployments[platform] = replace(known, allowed=allowed)
        return known is not None


class MemoryLaunches:
    """A LaunchStore. Keeps JSON, as a database would."""

    def __init__(self) -> None:
        self._rows: dict[LaunchId, tuple[str, str, datetime]] = {}
        self._lock = threading.Lock()

    def keep(self, launch: Launch, claims: VerifiedClaims) -> bool:
        row = (json.dumps(claims), launch.client_id, launch.launched_at)
        with self._lock:
            return self._rows.setdefault(launch.id, row) is row

    def find(self, launch: LaunchId) -> Launch | None:
        if launch not in self._rows:
            return None
        claims, client_id, launched_at = self._rows[launch]
        return read_launch(json.loads(claims), launch, client_id, launched_at)

    def forget_before(self, moment: datetime) -> int:
        old = [launch for launch, row in self._rows.items() if row[2] < moment]
        for launch in old:
            del self._rows[launch]
        return len(old)

    def __len__(self) -> int:
        return len(self._rows)


class MemoryInvites:
    """An InviteStore."""

    def __init__(self) -> None:
        self._open_until: dict[str, datetime] = {}

    def add(self, digest: str, expires_at: datetime) -> None:
        self._open_until[digest] = expires_at

    def is_open(self, digest: str, now: datetime) -> bool:
        return digest in self._open_until and now < self._open_until[digest]

    def spend(self, digest: str, now: datetime) -> bool:
        was_open = self.is_open(digest, now)
        self._open_until.pop(digest, None)
        return was_open


class MemoryToolKeys:
    """A ToolKeyStore."""

    def __init__(self, *keys: ToolKey) -> None:
        self._keys = {key.key_id: key for key in keys}

    def keys(self) -> tuple[ToolKey, ...]:
        return tuple(self._keys.values())

    def add(self, key: ToolKey) -> None:
        self._keys[key.key_id] = key

    def remove(self, key_id: str) -> None:
        del self._keys[key_id]
