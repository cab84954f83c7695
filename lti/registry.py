"""Registered platforms as the launch sees them: in memory, seldom older than half a minute.

A login and a launch must not wait for the database to be asked what hardly ever changes. What is known is kept for
:data:`FRESH` seconds; what is not known is asked for each time, so a new registration works at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from lti.claims import RegistrationId, platform_id
from lti.errors import LaunchRefused
from lti.refusals import Refusal
from lti.stores import Deployment, Registration, RegistrationStore

FRESH = 30.0
"""Seconds until a registration that was withdrawn in another process is refused in this one."""


class Registry:
    """Finds registrations and deployments. ``clock`` counts seconds."""

    def __init__(
        self, store: RegistrationStore, *, allow_new: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._allow_new = allow_new
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._by_id: dict[RegistrationId, Registration] = {}
        self._allowed: dict[RegistrationId, frozenset[str]] = {}

    def of_login(self, issuer: str, client_id: str) -> Registration:
        """Return the registration that a login names. Raises :class:`LaunchRefused`.

        The client id is optional in a login (IMS Security Framework 5.1.1.1); without it the issuer must have one
        registration only.
        """
        self._refresh()
        if not (found := self._of(issuer, client_id)):
            self._reread()
            found = self._of(issuer, client_id)
        if not found:
            raise LaunchRefused(Refusal.PLATFORM_UNKNOWN)
        if len(found) > 1:
            raise LaunchRefused(Refusal.CLIENT_ID_MISSING)
        return found[0]

    def get(self, registration: RegistrationId) -> Registration:
        """Return a registration. Raises :class:`LaunchRefused` where it was withdrawn."""
        self._refresh()
        if registration not in self._by_id:
            self._reread()
        if found := self._by_id.get(registration):
            return found
        raise LaunchRefused(Refusal.PLATFORM_UNKNOWN)

    def require_deployment(self, registration: Registration, deployment_id: str, now: datetime) -> None:
        """Let an allowed deployment pass; note a new one, which passes where the setting says so."""
        if deployment_id in self._allowed.get(registration.id, ()):
            return
        platform = platform_id(registration.issuer, registration.client_id, deployment_id)
        self._store.note_deployment(Deployment(registration.id, deployment_id, platform, self._allow_new, now))
        self._reread()
        if deployment_id not in self._allowed.get(registration.id, ()):
            raise LaunchRefused(Refusal.DEPLOYMENT_WAITS)

    def _of(self, issuer: str, client_id: str) -> list[Registration]:
        return [one for one in self._by_id.values() if one.issuer == issuer and client_id in (one.client_id, "")]

    def _refresh(self) -> None:
        if self._clock() - self._read_at > FRESH:
            self._reread()

    def _reread(self) -> None:
        with self._lock:
            registrations = {one.id: one for one in self._store.registrations()}
            self._allowed = {
                one: frozenset(each.deployment_id for each in self._store.deployments(one) if each.allowed)
                for one in registrations
            }
            self._by_id = registrations
            self._read_at = self._clock()
