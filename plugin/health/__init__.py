"""Whether all is well: one set of checks for `/readyz`, for `microcred check` and for an administrator's page.

Green, yellow or red, with the step that helps. Yellow is what makes work wait or will matter soon; red is what keeps
the bridge from serving. Nothing is changed but one row that is written to see whether rows can be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from lti.platforms import Platform
from mappings.profile import Issuer
from mappings.said import say
from plugin.errors import BridgeError
from plugin.health import inside, outside, sealing
from plugin.health.backups import backups
from plugin.health.report import Check, Finding, Health, Kept, Status, doubtful, examine
from plugin.preflight import Preflight
from plugin.sealing.key_files import KeyFiles
from plugin.sealing.keys import SealKey
from plugin.settings import Settings
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage

__all__ = ["Finding", "Health", "HealthTools", "Readiness", "Status", "everything"]

KEPT = 60.0
"""Seconds for which a test signature counts in `/readyz`."""
BRIEFLY = 5.0
"""Seconds for which a look at broker and disk counts there: whoever asks often costs little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTools:
    """``seal`` reads the configured seal anew, None where there is none; ``stamp`` asks the timestamp authority.

    ``reach_broker`` connects to the broker and raises OSError; ``reach_mail`` to the mail server, None without one.
    ``preflights`` tries every registered platform.
    """

    settings: Settings
    storage: Storage
    seal: Callable[[], SealKey | None]
    keys: KeyFiles
    stamp: Callable[[bytes], bytes] | None
    reach_broker: Callable[[], object]
    reach_mail: Callable[[], object] | None
    preflights: Callable[[], Iterable[Preflight]]
    connect: Callable[[Connected], Platform]
    clock: Callable[[], datetime]

    def issuers(self) -> tuple[Issuer, ...]:
        """Return the newest version of every institution profile."""
        with self.storage.reading() as work:
            return work.drafts.institutions()


class Readiness:
    """The checks of `/readyz`; nobody outside is asked, signature and broker are not asked every time."""

    def __init__(self, tools: HealthTools) -> None:
        settings = tools.settings
        self._checks: tuple[Check, ...] = (
            partial(inside.database, tools.storage, tools.clock),
            partial(inside.schema, tools.storage),
            Kept(partial(outside.broker, tools.reach_broker), BRIEFLY),
            Kept(partial(sealing.seal, tools.seal, public=settings.is_public), KEPT),
            Kept(partial(sealing.certificate, tools.seal, tools.clock), KEPT),
            Kept(partial(inside.disk, settings.data_dir), BRIEFLY),
            partial(inside.clock_skew, tools.storage, tools.clock),
            partial(inside.schedule, tools.storage, tools.clock),
            partial(inside.work, tools.storage),
        )

    def __call__(self) -> Health:
        """Look now."""
        return examine(self._checks)


def everything(tools: HealthTools) -> Health:
    """Try every part, those of others too."""
    own = examine((*_inner(tools), *_sealing(tools), *_outer(tools)))
    return Health((*own.findings, *_platforms(tools)))


def _inner(tools: HealthTools) -> Iterator[Check]:
    yield inside.names
    yield partial(inside.security_contact, tools.settings)
    yield partial(inside.secret_keys, tools.storage, tools.settings.secret_keys)
    yield partial(inside.database, tools.storage, tools.clock)
    yield partial(inside.schema, tools.storage)
    yield partial(inside.disk, tools.settings.data_dir)
    yield partial(inside.clock_skew, tools.storage, tools.clock)
    yield partial(inside.schedule, tools.storage, tools.clock)
    yield partial(inside.work, tools.storage)
    yield partial(backups, tools.storage, tools.clock)


def _sealing(tools: HealthTools) -> Iterator[Check]:
    yield partial(sealing.seal, tools.seal, public=tools.settings.is_public)
    yield partial(sealing.certificate, tools.seal, tools.clock)
    yield partial(_institution, tools)
    yield partial(sealing.credential_keys, tools.keys, tools.clock)
    yield partial(sealing.timestamps, tools.stamp)


def _outer(tools: HealthTools) -> Iterator[Check]:
    yield partial(outside.broker, tools.reach_broker)
    yield partial(outside.mail, tools.reach_mail)
    yield partial(outside.address, tools.settings.public_url)
    yield partial(outside.tls, tools.settings.public_url, tools.clock)


def _institution(tools: HealthTools) -> Finding:
    try:
        return sealing.institution(tools.seal, tools.issuers)
    except SQLAlchemyError as error:
        return doubtful(
            "institution",
            say("It cannot be read (%(error)s).", error=type(error).__name__),
            say("Repair the database first."),
        )


def _platforms(tools: HealthTools) -> tuple[Finding, ...]:
    """Ask every platform; where the database or the secrets do not let us, one finding says so."""
    try:
        tried = tuple(tools.preflights())
        by_hand = outside.web_services(tools.storage, tools.connect, {key for each in tried for key in each.platforms})
        return (*outside.platforms(tried), *by_hand)
    except (SQLAlchemyError, BridgeError) as error:
        return (
            doubtful(
                "platforms",
                say("They cannot be asked (%(error)s).", error=type(error).__name__),
                say("Fix what is red first."),
            ),
        )
