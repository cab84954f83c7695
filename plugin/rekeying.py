"""Changing the key of data at rest while everything runs: put a new one in front, lock anew, take the old ones away.

Between the steps every process is started again, so that nobody meets what their keys do not open. Running it twice,
or two at once, does no harm: a value that the first key opens is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugin.storage.locked import places, renew
from plugin.storage.unit_of_work import Storage


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """How many values there are, and how many were locked anew. ``left`` are those that still need an older key."""

    values: int
    renewed: int
    left: int


def stale(storage: Storage) -> int:
    """Count the values that an older key than the first is still needed for."""
    return sum(not storage.vault.is_newest(place.token) for place in places(storage))


def rekey(storage: Storage, told: Callable[[int, int], object] = lambda _done, _of: None) -> Rekeyed:
    """Lock everything with the first key; ``told`` hears after each value how many of how many are done.

    Raises :class:`plugin.errors.InvalidSettings` where no key opens a value; what was done before that stays done.
    """
    found, renewed = tuple(places(storage)), 0
    for done, place in enumerate(found, 1):
        if not storage.vault.is_newest(place.token):
            renewed += renew(storage, place)
        told(done, len(found))
    with storage.begin() as work:
        work.contacts.mark_anew()
    return Rekeyed(len(found), renewed, stale(storage))
