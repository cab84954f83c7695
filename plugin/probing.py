"""The prober: one credential of the canary course goes the whole way, and is seen from outside.

Issued by whoever works off the queue, fetched over the public address as by a stranger, verified by a path that shares
no code with ours, revoked, seen revoked in the public status list, and cleaned up. What each step came to is kept for
`/metrics`. A service that only looks well from inside does not pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

import requests

from mappings.assessment import LearnerId
from mappings.documents.envelope import Envelope
from mappings.profile import CourseProfile, Issuer
from plugin import approving, offering, sharing
from plugin.approving import ApprovingTools
from plugin.canary import COURSE, PLATFORM
from plugin.errors import BridgeError
from plugin.offering import OfferingTools
from plugin.second_opinion import Doubtful, bit_is_set, require_signed
from plugin.sharing import SharingTools
from plugin.storage.canaries import drop_bytes
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.pulses import PROBE, Pulse
from plugin.storage.sharing import Holder
from plugin.storage.totals import CANARY
from plugin.storage.unit_of_work import Storage

PROBER = "prober"
"""Actor of the audit trail."""
_PAUSE = 0.5
_WAITED = 10.0


class ProbeStep(StrEnum):
    """The steps in their order; after a failed one only the last is done."""

    ISSUE = "issue"
    VERIFY = "verify"
    REVOKE = "revoke"
    STATUS = "status"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Probed:
    """What a step came to."""

    step: ProbeStep
    ok: bool
    seconds: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbingTools:
    """``ring`` sends what became due; ``patience`` are the seconds that issuing and publishing may take."""

    storage: Storage
    profile: CourseProfile
    issuer: Issuer
    ring: Callable[[], object]
    public_url: str
    clock: Callable[[], datetime]
    patience: float = 120.0


class ProbeFailed(BridgeError):
    """A step of the prober did not come to what it should."""

    code = "probe_failed"


class _Run:
    """One canary on its way."""

    def __init__(self, tools: ProbingTools) -> None:
        self._tools = tools
        self._holder = Holder(PLATFORM, LearnerId(f"canary-{uuid4().hex}"))
        self._award_id = ""
        self._envelope: Envelope | None = None

    def issue(self) -> str:
        """Ask for a credential and wait until a worker has sealed it."""
        tools, now = self._tools, self._tools.clock()
        at = OfferingTools(tools.storage, tools.clock)
        with tools.storage.reading() as work:
            offers = work.offers.of_course(PLATFORM, COURSE)
        if not offers or not offers[0].enabled or offers[0].issuer_version != tools.issuer.version:
            offering.connect(at, Connected(PLATFORM, CANARY, tools.public_url, "Canary"), by=PROBER)
            offers = (offering.enable(at, (PLATFORM, COURSE), tools.profile, tools.issuer, by=PROBER),)
        with tools.storage.begin() as work:
            self._award_id = work.awards.open(offers[0], self._holder.learner, now).id
            work.outbox.request(Topic.ISSUE, self._award_id, now)
        tools.ring()
        self._until("no worker sealed it", self._is_sealed)
        return "sealed by a worker"

    def _is_sealed(self) -> bool:
        with self._tools.storage.reading() as work:
            reserved = work.credentials.of_award(self._award_id)
        if reserved is None or reserved.sealed_at is None:
            return False
        self._envelope = reserved.envelope
        return True

    def verify(self) -> str:
        """Open a share link and look at what a stranger gets there."""
        token = sharing.share(self._sharing(), self._holder, self._reserved().id, days=1)
        body = self._fetched(f"{self._tools.public_url}/c/{token}", "application/ld+json")
        try:
            owner = require_signed(body)
        except Doubtful as error:
            raise ProbeFailed(f"what the public address hands out does not verify: {error}") from None
        return f"fetched over the public address; signature and certificate of {owner} verify"

    def revoke(self) -> str:
        """Revoke it."""
        at = ApprovingTools(self._tools.storage, self._tools.clock)
        approving.revoke(at, self._award_id, by=PROBER, reason="the canary never stays")
        self._tools.ring()
        return "revoked"

    def status(self) -> str:
        """Wait until the public status list says so."""
        envelope = self._reserved()
        url, index = envelope.status_list_url, envelope.status_index
        if url is None or index is None:
            raise ProbeFailed("the credential names no status list")
        self._until("the public status list does not say that it is revoked", lambda: self._is_listed(url, index))
        return "revoked in the public status list"

    def _is_listed(self, url: str, index: int) -> bool:
        try:
            return bit_is_set(self._fetched(url, "application/vc"), index)
        except Doubtful as error:
            raise ProbeFailed(f"the status list cannot be read: {error}") from None

    def clean(self) -> str:
        """Close the link and drop the sealed bytes; that it was issued and revoked stays known for ever."""
        if self._envelope is None:
            return "nothing was issued"
        sharing.unshare(self._sharing(), self._holder, self._envelope.id)
        drop_bytes(self._tools.storage, self._envelope.id)
        return "cleaned up"

    def _reserved(self) -> Envelope:
        if self._envelope is None:
            raise ProbeFailed("nothing was issued")
        return self._envelope

    def _sharing(self) -> SharingTools:
        return SharingTools(self._tools.storage, self._tools.clock)

    def _until(self, said: str, condition: Callable[[], bool]) -> None:
        ends = time.monotonic() + self._tools.patience
        while not condition():
            if time.monotonic() > ends:
                raise ProbeFailed(f"{said} within {self._tools.patience:g} s")
            time.sleep(_PAUSE)

    def _fetched(self, url: str, kind: str) -> bytes:
        try:
            answer = requests.get(url, headers={"Accept": kind}, timeout=_WAITED, allow_redirects=False)
        except requests.RequestException as error:
            raise ProbeFailed(f"the public address does not answer ({type(error).__name__})") from None
        if answer.status_code != 200:
            raise ProbeFailed(f"the public address answers {answer.status_code}")
        return answer.content


def probe(tools: ProbingTools) -> Iterator[Probed]:
    """Go the whole way, yield what each step came to, and keep it for `/metrics`."""
    run, going_well = _Run(tools), True
    for step in ProbeStep:
        if not going_well and step is not ProbeStep.CLEAN:
            outcome = Probed(step, False, 0.0, "not tried")
        else:
            outcome = _tried(step, getattr(run, step.value))
            going_well = going_well and outcome.ok
        with tools.storage.begin() as work:
            work.pulses.beat(Pulse(f"{PROBE}{step}", tools.clock(), outcome.ok, outcome.seconds))
        yield outcome


def _tried(step: ProbeStep, do: Callable[[], str]) -> Probed:
    began = time.monotonic()
    try:
        sentence, ok = do(), True
    except BridgeError as error:
        sentence, ok = f"{error} [{error.code}]", False
    return Probed(step, ok, time.monotonic() - began, sentence)
