"""Checks of what is ours: database, schema, disk, clock, the schedule, who owns the names of our folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import lti
import mappings
import plugin
from mappings.said import say
from plugin.errors import InvalidSettings
from plugin.health.report import Finding, bad, doubtful, good
from plugin.settings import Settings
from plugin.storage.locked import places
from plugin.storage.marks import Mark
from plugin.storage.migrate import Standing, current, needed, standing
from plugin.storage.outbox import Parked
from plugin.storage.pulses import BEAT, READINESS, Pulse
from plugin.storage.unit_of_work import Storage

MOST_SKEW = timedelta(seconds=5)
SCARCE, NONE_LEFT = 1 << 30, 100 << 20
"""Bytes: under the first the disk is a warning, under the second nothing may be written any more."""
SILENT = timedelta(seconds=60)
"""The schedule ticks every five seconds; after so long without a tick nobody keeps it."""


def security_contact(settings: Settings) -> Finding:
    """Look whether strangers can tell us about a weakness."""
    if settings.security_contact or not settings.is_public:
        return good(
            "security contact",
            say("A contact is stated, or none is needed at a private address."),
        )
    fix = say("Set MICROCRED_SECURITY_CONTACT, for example to mailto: and the address of your security team.")
    return doubtful("security contact", say("Nobody can find out whom to tell about a weakness: no security.txt."), fix)


def database(storage: Storage, clock: Callable[[], datetime]) -> Finding:
    """Write a row and read it back."""
    wrote = Pulse(READINESS, clock().replace(microsecond=0))
    try:
        with storage.begin() as work:
            work.pulses.beat(wrote)
        with storage.reading() as work:
            read = work.pulses.last(READINESS)
    except SQLAlchemyError as error:
        fix = say("Look at MICROCRED_DATABASE_URL, at the server, its disk and its rights; run `microcred migrate`.")
        return bad("database", say("The database cannot be written (%(error)s).", error=type(error).__name__), fix)
    if read is None or read.at < wrote.at:
        return bad(
            "database",
            say("The database gives back something else than was written."),
            say("Use its primary server."),
        )
    return good("database", say("Written and read back."))


def schema(storage: Storage) -> Finding:
    """Compare the schema with what this version needs; a newer one is fine, or an upgrade could not be taken back."""
    try:
        found, there = standing(storage.engine), current(storage.engine)
    except SQLAlchemyError as error:
        return bad(
            "schema",
            say("The schema cannot be read (%(error)s).", error=type(error).__name__),
            say("Repair the database first."),
        )
    if found in {Standing.EMPTY, Standing.OLDER}:
        said = say(
            "The database is at revision %(there)s, this version needs %(needed)s.", there=there or "–", needed=needed()
        )
        return bad("schema", said, say("Run `microcred migrate`."))
    if found is Standing.NEWER:
        return good("schema", say("Revision %(there)s, newer than this version needs.", there=there))
    return good("schema", say("Revision %(there)s.", there=there))


def disk(folder: Path) -> Finding:
    """Look at the room left where the data is."""
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    said = say("%(free)s GiB are free at %(folder)s.", free=f"{free / (1 << 30):.1f}", folder=folder)
    if free < NONE_LEFT:
        return bad("disk", said, say("Make room: nothing can be stored any more."))
    return doubtful("disk", said, say("Make room soon.")) if free < SCARCE else good("disk", said)


def clock_skew(storage: Storage, clock: Callable[[], datetime]) -> Finding:
    """Compare this machine's clock with the database server's, and with the last tick of the schedule."""
    fix = say("Keep both clocks with NTP: launches are refused and seals are dated wrongly.")
    try:
        skew = skew_of(storage, clock)
    except SQLAlchemyError as error:
        return doubtful(
            "clock",
            say("The clocks cannot be compared (%(error)s).", error=type(error).__name__),
            say("Repair the database first."),
        )
    if skew is None:
        return good("clock", say("The database has no clock of its own to compare with."))
    apart = f"{abs(skew.total_seconds()):.1f}"
    said = say("This clock and the database's are %(seconds)s s apart.", seconds=apart)
    return bad("clock", said, fix) if abs(skew) > MOST_SKEW else good("clock", said)


def skew_of(storage: Storage, clock: Callable[[], datetime]) -> timedelta | None:
    """Return how far this clock is ahead of the database's; None where both are one."""
    if storage.engine.dialect.name != "postgresql":
        return None
    with storage.read() as connection:
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return clock() - theirs.astimezone(UTC)


def schedule(storage: Storage, clock: Callable[[], datetime]) -> Finding:
    """Look whether a worker keeps the schedule."""
    fix = say("Start `microcred serve`, or `microcred worker --beat` on exactly one machine.")
    try:
        with storage.reading() as work:
            tick = work.pulses.last(BEAT)
    except SQLAlchemyError as error:
        return doubtful(
            "schedule",
            say("It cannot be read (%(error)s).", error=type(error).__name__),
            say("Repair the database first."),
        )
    if tick is None:
        return doubtful("schedule", say("No worker has kept the schedule yet."), fix)
    silent = clock() - tick.at
    if silent > SILENT:
        said = say("No worker has kept the schedule for %(seconds)s s.", seconds=int(silent.total_seconds()))
        return doubtful("schedule", said, fix)
    return good("schedule", say("A worker keeps it."))


def work(storage: Storage) -> Finding:
    """Look for a pause, work that was put aside, and what others keep waiting: platforms, the timestamp authority."""
    try:
        with storage.reading() as reading:
            parked, failing = reading.outbox.parked(), reading.breakers.failing("seal")
            paused = reading.marks.get(Mark.PAUSED)
    except SQLAlchemyError as error:
        return doubtful(
            "work",
            say("It cannot be read (%(error)s).", error=type(error).__name__),
            say("Repair the database first."),
        )
    if paused:
        said = say("After a restore nothing is sealed and nothing sent.")
        return doubtful("work", said, say("Look at what it named, then run `microcred resume`; docs/backup.md."))
    if parked:
        said = say(
            "%(count)s piece(s) of work were put aside (%(codes)s).",
            count=len(parked),
            codes=", ".join(_errors(parked)),
        )
        return doubtful(
            "work", said, say("Look the code up in docs/troubleshooting.md, fix it, run `microcred retry`.")
        )
    if failing:
        return doubtful(
            "work", say("The last seal failed."), say("See `microcred check` on seal and timestamp authority.")
        )
    return good("work", say("Nothing was put aside."))


def _errors(parked: tuple[Parked, ...]) -> list[str]:
    return sorted({each.error for each in parked})


def secret_keys(storage: Storage, keys: tuple[str, ...]) -> Finding:
    """See that there is a key for data at rest, and that everything stored can be opened."""
    if not keys:
        fix = say("Run `microcred secrets new`; keep what it prints in the file of MICROCRED_SECRET_KEYS_FILE.")
        return bad("secrets", say("MICROCRED_SECRET_KEYS is not set: neither sessions nor tokens can be kept."), fix)
    try:
        old = [place for place in places(storage) if not storage.vault.is_newest(place.token)]
        for place in old:
            storage.vault.unlock(place.token)
    except SQLAlchemyError as error:
        return doubtful(
            "secrets",
            say("They cannot be read (%(error)s).", error=type(error).__name__),
            say("Repair the database first."),
        )
    except InvalidSettings:
        fix = say("Put the key that was in use before behind the first one, separated by a comma.")
        return bad("secrets", say("No key in MICROCRED_SECRET_KEYS opens what is stored."), fix)
    if old:
        return doubtful(
            "secrets",
            say("%(count)s still need an older key.", count=len(old)),
            say("Run `microcred secrets rotate`."),
        )
    if len(keys) > 1:
        return doubtful(
            "secrets", say("Older keys are not needed any more."), say("Run `microcred secrets rotate --remove`.")
        )
    return good("secrets", say("One key opens everything that is stored."))


def names() -> Finding:
    """See that ``lti`` and ``mappings`` are ours: packages of other people install the same names."""
    home = Path(str(plugin.__file__)).parent.parent
    foreign = [each.__name__ for each in (lti, mappings) if Path(str(each.__file__)).parent.parent != home]
    if foreign:
        said = say("%(names)s come(s) from another package.", names=" and ".join(foreign))
        return bad("names", said, say("Install the bridge into a virtual environment of its own."))
    return good("names", say("plugin, lti and mappings are those in %(home)s.", home=home))
