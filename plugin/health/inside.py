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
from plugin.errors import InvalidSettings
from plugin.health.report import Finding, bad, doubtful, good
from plugin.settings import Settings
from plugin.storage.locked import places
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
        return good("security contact", settings.security_contact or "Needed at a public address only.")
    fix = "Set MICROCRED_SECURITY_CONTACT, for example to mailto: and the address of your security team."
    return doubtful("security contact", "Nobody can find out whom to tell about a weakness: no security.txt.", fix)


def database(storage: Storage, clock: Callable[[], datetime]) -> Finding:
    """Write a row and read it back."""
    wrote = Pulse(READINESS, clock().replace(microsecond=0))
    try:
        with storage.begin() as work:
            work.pulses.beat(wrote)
        with storage.reading() as work:
            read = work.pulses.last(READINESS)
    except SQLAlchemyError as error:
        fix = "Look at MICROCRED_DATABASE_URL, at the server, its disk and its rights; run `microcred migrate`."
        return bad("database", f"The database cannot be written ({type(error).__name__}).", fix)
    if read is None or read.at < wrote.at:
        return bad("database", "The database gives back something else than was written.", "Use its primary server.")
    return good("database", "Written and read back.")


def schema(storage: Storage) -> Finding:
    """Compare the schema with what this version needs; a newer one is fine, or an upgrade could not be taken back."""
    try:
        found, there = standing(storage.engine), current(storage.engine)
    except SQLAlchemyError as error:
        return bad("schema", f"The schema cannot be read ({type(error).__name__}).", "Mend the database first.")
    if found in {Standing.EMPTY, Standing.OLDER}:
        said = f"The database is at revision {there or 'none'}, this version needs {needed()}."
        return bad("schema", said, "Run `microcred migrate`.")
    return good("schema", f"Revision {there}{', newer than this version needs' if found is Standing.NEWER else ''}.")


def disk(folder: Path) -> Finding:
    """Look at the room left where the data is."""
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    said = f"{free / (1 << 30):.1f} GiB are free at {folder}."
    if free < NONE_LEFT:
        return bad("disk", said, "Make room: nothing can be stored any more.")
    return doubtful("disk", said, "Make room soon.") if free < SCARCE else good("disk", said)


def clock_skew(storage: Storage, clock: Callable[[], datetime]) -> Finding:
    """Compare this machine's clock with the database server's, and with the last tick of the schedule."""
    fix = "Keep both clocks with NTP: launches are refused and seals are dated wrongly."
    try:
        skew = skew_of(storage, clock)
    except SQLAlchemyError as error:
        return doubtful("clock", f"The clocks cannot be compared ({type(error).__name__}).", "Mend the database first.")
    if skew is None:
        return good("clock", "The database has no clock of its own to compare with.")
    said = f"This clock and the database's are {abs(skew.total_seconds()):.1f} s apart."
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
    fix = "Start `microcred serve`, or `microcred worker --beat` on exactly one machine."
    try:
        with storage.reading() as work:
            tick = work.pulses.last(BEAT)
    except SQLAlchemyError as error:
        return doubtful("schedule", f"It cannot be read ({type(error).__name__}).", "Mend the database first.")
    if tick is None:
        return doubtful("schedule", "No worker has kept the schedule yet.", fix)
    silent = clock() - tick.at
    if silent > SILENT:
        return doubtful("schedule", f"No worker has kept the schedule for {int(silent.total_seconds())} s.", fix)
    return good("schedule", "A worker keeps it.")


def work(storage: Storage) -> Finding:
    """Look for work that was put aside, and for what others keep waiting: platforms, the timestamp authority."""
    try:
        with storage.reading() as reading:
            parked, failing = reading.outbox.parked(), reading.breakers.failing("seal")
    except SQLAlchemyError as error:
        return doubtful("work", f"It cannot be read ({type(error).__name__}).", "Mend the database first.")
    if parked:
        said = f"{len(parked)} piece(s) of work are parked ({', '.join(_errors(parked))})."
        return doubtful("work", said, "Look the code up in docs/troubleshooting.md, mend it, run `microcred retry`.")
    if failing:
        return doubtful("work", "The last seal failed.", "See `microcred check` on seal and timestamp authority.")
    return good("work", "Nothing is parked.")


def _errors(parked: tuple[Parked, ...]) -> list[str]:
    return sorted({each.error for each in parked})


def secret_keys(storage: Storage, keys: tuple[str, ...]) -> Finding:
    """See that there is a key for data at rest, and that everything stored can be opened."""
    if not keys:
        fix = "Run `microcred secrets new`; keep what it prints in the file of MICROCRED_SECRET_KEYS_FILE."
        return bad("secrets", "MICROCRED_SECRET_KEYS is not set: neither sessions nor tokens can be kept.", fix)
    try:
        old = [place for place in places(storage) if not storage.vault.is_newest(place.token)]
        for place in old:
            storage.vault.unlock(place.token)
    except SQLAlchemyError as error:
        return doubtful("secrets", f"They cannot be read ({type(error).__name__}).", "Mend the database first.")
    except InvalidSettings:
        fix = "Put the key that was in use before behind the first one, separated by a comma."
        return bad("secrets", "No key in MICROCRED_SECRET_KEYS opens what is stored.", fix)
    if old:
        return doubtful("secrets", f"{len(old)} still need an older key.", "Run `microcred secrets rotate`.")
    if len(keys) > 1:
        return doubtful("secrets", "Older keys are not needed any more.", "Run `microcred secrets rotate --remove`.")
    return good("secrets", "One key opens everything that is stored.")


def names() -> Finding:
    """See that ``lti`` and ``mappings`` are ours: packages of other people install the same names."""
    home = Path(str(plugin.__file__)).parent.parent
    foreign = [each.__name__ for each in (lti, mappings) if Path(str(each.__file__)).parent.parent != home]
    if foreign:
        said = f"{' and '.join(foreign)} come(s) from another package."
        return bad("names", said, "Install the bridge into a virtual environment of its own.")
    return good("names", f"plugin, lti and mappings are those in {home}.")
