"""The second half of a launch: a signed message is let in, once, or refused with a code.

LTI 1.3 core section 5, IMS Security Framework 1.0 sections 5.1.1.5 and 5.1.3 (authentication response validation),
OpenID Connect Core section 3.1.3.7. pylti1p3 keeps the order of the steps and does 11 (:mod:`lti.messages`);
the others are ours, because the library does not take them or takes them slowly (lti/README.md).

1.  the platform did not answer with an error
2.  the state is there, is ours, and its login was at most ten minutes ago
3.  the browser shows the key that it had at login
4.  the id_token has three parts; header and body are JSON objects
5.  the nonce is the one of that state and that browser
6.  the registration of the state still exists, and the issuer is its issuer
7.  the algorithm is RS256 or ES256, the key id is one that the platform publishes, the kind of the key fits the
    algorithm, and the signature is right
8.  the audience contains our client id; the authorised party is our client id where it is named, and it must be named
    where there are several audiences
9.  it has not expired, and was made neither in the future nor long ago; 60 seconds of leeway
10. the deployment is known, or new and welcome by setting
11. version, message type and what that type demands (the library's message validators); every claim has its form
12. the target link is ours
13. the launch is stored under the random part of the state; where that row exists, this is a replay

The caller owes: HTTPS, the browser's key in a ``__Host-`` cookie, and a session that is bound to the launch returned.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pybase64 import b64decode

from lti.claims import DEEP_LINKING, KEPT, LTI, Launch, VerifiedClaims, read_launch
from lti.errors import LaunchRefused
from lti.keysets import ALGORITHMS, KeySets
from lti.login import require_ours
from lti.messages import LibraryLaunch
from lti.refusals import Refusal
from lti.registry import Registry
from lti.states import LIFETIME, BrowserKey, States, Ticket
from lti.stores import LaunchStore, Registration

LEEWAY = 60
"""Seconds by which the clocks of platform and bridge may differ."""


@dataclass(frozen=True, slots=True)
class Reception:
    """Everything that letting a launch in needs. ``launch_url`` is the address that launches are posted to."""

    registry: Registry
    states: States
    keys: KeySets
    launches: LaunchStore
    launch_url: str

    def accept(self, form: Mapping[str, str], browser: BrowserKey | None, now: datetime) -> Launch:
        """Take all steps and return the launch. Raises :class:`LaunchRefused`; then nothing was stored.

        ``browser`` is the key that the browser shows, None where it shows none. ``now`` is aware UTC.
        """
        if form.get("error"):  # 1
            raise LaunchRefused(Refusal.PLATFORM_SAID_NO, place=_error_code(form["error"]))
        return _Steps(self, form, browser, now).run()


class _Steps(LibraryLaunch):
    """One launch on its way in. The library's ``validate`` calls the steps in their order."""

    _ticket: Ticket
    _platform: Registration
    _launch: Launch

    def __init__(
        self, reception: Reception, form: Mapping[str, str], browser: BrowserKey | None, now: datetime
    ) -> None:
        super().__init__(form)
        self._reception = reception
        self._browser = browser
        self._now = now

    def run(self) -> Launch:
        """Let the library run the sequence."""
        self.validate()
        return self._launch

    def validate_state(self) -> Self:
        """Take steps 2 and 3; step 4 follows in :mod:`lti.messages`."""
        if not (state := self._form.get("state", "")):
            raise LaunchRefused(Refusal.STATE_MISSING)
        self._ticket = self._reception.states.read(state, self._now)
        if not self._browser:
            raise LaunchRefused(Refusal.COOKIE_MISSING)
        return self

    def validate_nonce(self) -> Self:
        """Take step 5."""
        nonce = self.body.get("nonce")
        if not isinstance(nonce, str) or not nonce:
            raise LaunchRefused(Refusal.NONCE_MISSING)
        expected = self._reception.states.nonces(self._form["state"], self._browser or BrowserKey(""))
        if not any(hmac.compare_digest(nonce.encode(), each.encode()) for each in expected):
            raise LaunchRefused(Refusal.NONCE_WRONG)
        return self

    def validate_registration(self) -> Self:
        """Take step 6."""
        self._platform = self._reception.registry.get(self._ticket.registration)
        if self.body.get("iss") != self._platform.issuer:
            raise LaunchRefused(Refusal.ISSUER_WRONG)
        return self

    def validate_jwt_signature(self) -> Self:
        """Take steps 7 to 9."""
        _check_signature(self._form["id_token"], self.header, self._platform, self._reception.keys)
        _check_audience(self.body, self._platform)
        _check_times(self.body, self._now.timestamp())
        return self

    def validate_deployment(self) -> Self:
        """Take step 10."""
        deployment = self.body.get(LTI + "deployment_id")
        if not isinstance(deployment, str) or not deployment:
            raise LaunchRefused(Refusal.DEPLOYMENT_MISSING)
        self._reception.registry.require_deployment(self._platform, deployment, self._now)
        return self

    def validate_message(self) -> Self:
        """Take steps 11 and 12."""
        self._launch = read_launch(self.body, self._ticket.launch, self._platform.client_id, self._now)
        super().validate_message()
        if self._launch.deep_linking and not self._launch.deep_linking.return_url:
            raise LaunchRefused(Refusal.MESSAGE_INCOMPLETE, place=DEEP_LINKING)
        require_ours(self._launch.target_link_uri, self._reception.launch_url)
        return self

    def save_launch_data(self) -> Self:
        """Take step 13."""
        body = self.body
        kept = {name: body[name] for name in KEPT if name in body} | {LTI + "custom": dict(self._launch.custom)}
        if not self._reception.launches.keep(self._launch, VerifiedClaims(kept)):
            raise LaunchRefused(Refusal.REPLAYED)
        return self


def _check_signature(token: str, header: Mapping[str, object], platform: Registration, keys: KeySets) -> None:
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or "crit" in header:
        raise LaunchRefused(Refusal.ALGORITHM_REFUSED)
    if not isinstance(key_id, str) or not key_id:
        raise LaunchRefused(Refusal.KEY_ID_MISSING)
    key = keys.find(platform.jwks_uri, key_id)
    if key.algorithm != algorithm:
        raise LaunchRefused(Refusal.ALGORITHM_REFUSED)
    text, _, signature = token.rpartition(".")
    if not key.verify(_decoded(signature), text.encode()):
        raise LaunchRefused(Refusal.SIGNATURE_WRONG)


def _decoded(part: str) -> bytes:
    try:
        return b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True)
    except ValueError:
        raise LaunchRefused(Refusal.SIGNATURE_WRONG) from None


def _check_audience(body: Mapping[str, object], platform: Registration) -> None:
    audience, party = body.get("aud"), body.get("azp")
    audiences = audience if isinstance(audience, list) else [audience]
    if platform.client_id not in audiences:
        old_key = platform.product == "moodle" and isinstance(audience, str) and not party
        raise LaunchRefused(Refusal.AUDIENCE_IS_OLD_KEY if old_key else Refusal.AUDIENCE_WRONG)
    if party != platform.client_id and (party is not None or len(audiences) > 1):
        raise LaunchRefused(Refusal.AUTHORIZED_PARTY_WRONG)


def _check_times(body: Mapping[str, object], now: float) -> None:
    expires, issued = _seconds(body.get("exp")), _seconds(body.get("iat"))
    if expires is None:
        raise LaunchRefused(Refusal.EXPIRY_MISSING)
    if issued is None:
        raise LaunchRefused(Refusal.ISSUE_TIME_MISSING)
    if not now < expires + LEEWAY:
        raise LaunchRefused(Refusal.EXPIRED)
    if not issued - LEEWAY <= now:
        raise LaunchRefused(Refusal.ISSUED_IN_FUTURE)
    if not now - issued <= LIFETIME + LEEWAY:
        raise LaunchRefused(Refusal.ISSUED_TOO_LONG_AGO)


def _seconds(value: object) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _error_code(error: str) -> str:
    """Return the error code of a platform for the log, if it looks like one (RFC 6749 section 4.1.2.1)."""
    return error if len(error) <= 40 and error.replace("_", "").isalpha() and error.isascii() else "another error"
