"""Opening a connection to a platform of any kind, with the credential that was kept for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from lti import roster
from lti.authorization import token_source
from lti.network import Network
from lti.platforms import Platform
from lti.platforms.canvas import MANNERS, Canvas
from lti.platforms.moodle import Moodle
from lti.service import Service
from lti.stores import Registration, TokenStore
from lti.tokens import Client, ClientCredentials, signer
from lti.tool_keys import signing_key
from mappings.assessment import PlatformId
from plugin.errors import BridgeError
from plugin.storage.platforms import Connected
from plugin.storage.registrations import Registrations, ToolKeys
from plugin.storage.tokens import StoredTokens
from plugin.storage.unit_of_work import Storage


class Connector:
    """Opens connections. Access tokens are shared by all processes; of one Canvas all use the same service."""

    def __init__(self, network: Network, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._network = network
        self._registrations = Registrations(storage)
        self._keys = ToolKeys(storage)
        self._clock = clock
        self._tokens: TokenStore = StoredTokens(storage)
        self._services: dict[Connected, Service] = {}

    def __call__(self, connected: Connected) -> Platform:
        """Return the platform. Raises :class:`BridgeError` for a kind that cannot be read."""
        if connected.kind == "moodle":
            return Moodle.connect(connected.id, connected.base_url, connected.token, self._network)
        if connected.kind == "canvas":
            service = self._canvas(connected)
            return Canvas(connected.id, connected.base_url, service, lti=self._lti_services(connected.id))
        raise BridgeError(f"platforms of kind {connected.kind!r} cannot be read")

    def _canvas(self, connected: Connected) -> Service:
        """Return the one service of a Canvas: it sends one request at a time, as Canvas asks for each token."""
        if connected not in self._services:
            source = token_source(connected.base_url, connected.token, self._network, self._tokens)
            self._services[connected] = Service(source, self._network, MANNERS)
        return self._services[connected]

    def _lti_services(self, platform: PlatformId) -> Service | None:
        """Return the LTI services of a platform that is also registered; None where it was connected by hand only."""
        registration = self._registration_of(platform)
        if registration is None or not self._keys.keys():
            return None
        client = Client(registration.issuer, registration.client_id, registration.token_endpoint)
        scopes = frozenset({roster.SCOPE})
        tokens = ClientCredentials(client, scopes, self._sign, self._network, store=self._tokens, clock=self._clock)
        return Service(tokens, self._network)

    def _registration_of(self, platform: PlatformId) -> Registration | None:
        for registration in self._registrations.registrations():
            if any(each.platform == platform for each in self._registrations.deployments(registration.id)):
                return registration
        return None

    def _sign(self, claims: Mapping[str, object]) -> str:
        key = signing_key(self._keys.keys(), self._clock())
        return signer(key.private_pem, key.key_id)(claims)
