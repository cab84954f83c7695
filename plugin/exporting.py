"""What rows know, for Prometheus: asked from the database when somebody looks, at most every 15 seconds.

Rows are the truth, and there is one of them for all processes: whichever answers tells the whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from plugin.storage.marks import Mark, Marked
from plugin.storage.outbox import Topic
from plugin.storage.pulses import BEAT, PROBE, Pulse
from plugin.storage.totals import Total, Totals
from plugin.storage.unit_of_work import Storage

KEPT = 15.0
"""Seconds for which an answer of the database counts."""


@dataclass(frozen=True, slots=True)
class ExportTools:
    """``key_ends`` tells when each seal that signs or is planned ends, by key id, the one in use first.

    ``skew`` tells how far the clocks differ; None: not known.
    """

    storage: Storage
    key_ends: Callable[[], Mapping[str, datetime]]
    skew: Callable[[], timedelta | None]
    clock: Callable[[], datetime]


class Exporter(Collector):
    """Collects the gauges."""

    def __init__(self, tools: ExportTools, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._tools, self._monotonic = tools, monotonic
        self._last: tuple[float, tuple[Metric, ...]] | None = None
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def exposition(self) -> bytes:
        """Return the gauges as Prometheus reads them."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Say nothing ahead: the database is asked only when somebody looks."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return the gauges of now, or of a moment ago."""
        last, now = self._last, self._monotonic()  # read once: other threads ask too
        if last is None or now - last[0] >= KEPT:
            self._last = last = (now, tuple(self._collected()))
        return last[1]

    def _collected(self) -> Iterator[Metric]:
        now = self._tools.clock()
        with self._tools.storage.read() as connection:
            totals = Totals(connection)
            awards, waiting, parked = totals.awards(), totals.work(parked=False), totals.work(parked=True)
            free, event, held = totals.free_indices(), totals.last_event(), totals.held()
        with self._tools.storage.reading() as work:
            pulses = work.pulses.all()
            backup, rehearsal = work.marks.get(Mark.BACKUP), work.marks.get(Mark.REHEARSAL)
        yield from _by("microcred_awards", "Awards by state.", "state", _counts(awards))
        yield from _by("microcred_award_oldest_seconds", "Age of the oldest award.", "state", _ages(awards, now))
        yield from _by("microcred_held", "Awards that wait for a person.", "reason", held)
        yield from _by("microcred_work_waiting", "Work that waits, by topic.", "topic", _counts(waiting))
        yield from _by("microcred_work_oldest_seconds", "Age of the oldest work.", "topic", _ages(waiting, now))
        yield from _by("microcred_work_parked", "Work that was put aside.", "topic", _counts(parked))
        stale = waiting[Topic.STATUS].since
        yield _one("microcred_status_list_age_seconds", "How long a revocation waits.", _age(stale, now) or 0.0)
        yield from _some("microcred_status_free_indices", "Places left in the open status list.", free)
        yield from _some("microcred_platform_event_age_seconds", "Since a platform pushed an event.", _age(event, now))
        yield from _signs_of_life(pulses, now)
        yield from _some("microcred_backup_age_seconds", "Since the last backup.", _marked(backup, now))
        yield from _some(
            "microcred_restore_test_age_seconds", "Since the last restore on trial.", _marked(rehearsal, now)
        )
        yield from self._limits(now)

    def _limits(self, now: datetime) -> Iterator[Metric]:
        left = {key: (ends - now).total_seconds() for key, ends in self._tools.key_ends().items()}
        in_use, skew = next(iter(left.values()), None), self._tools.skew()
        yield from _some("microcred_certificate_expires_seconds", "Until the seal's certificate ends.", in_use)
        yield from _by("microcred_key_expires_seconds", "The same of every seal that signs or is planned.", "key", left)
        yield from _some(
            "microcred_clock_skew_seconds", "How far this clock and the database's differ.", _seconds(skew)
        )


def _signs_of_life(pulses: tuple[Pulse, ...], now: datetime) -> Iterator[Metric]:
    by_name = {pulse.name: pulse for pulse in pulses}
    beat = by_name.get(BEAT)
    yield from _some(
        "microcred_beat_age_seconds", "Since the last tick of the schedule.", _age(beat.at if beat else None, now)
    )
    steps = {name.removeprefix(PROBE): pulse for name, pulse in by_name.items() if name.startswith(PROBE)}
    success = {step: float(pulse.ok) for step, pulse in steps.items()}
    yield from _by("microcred_probe_success", "Whether the last probe's step went well.", "step", success)
    took = {step: pulse.seconds for step, pulse in steps.items()}
    yield from _by("microcred_probe_seconds", "How long the last probe's step took.", "step", took)
    last = max((pulse.at for pulse in steps.values()), default=None)
    yield from _some("microcred_probe_age_seconds", "Since the last probe.", _age(last, now))


def _by(name: str, told: str, label: str, values: Mapping[str, float]) -> Iterator[Metric]:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    yield family


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _some(name: str, told: str, value: float | None) -> Iterator[Metric]:
    """Yield a gauge where there is something to tell: nought would be a lie."""
    if value is not None:
        yield _one(name, told, value)


def _counts(totals: Mapping[str, Total]) -> dict[str, float]:
    return {name: float(total.count) for name, total in totals.items()}


def _ages(totals: Mapping[str, Total], now: datetime) -> dict[str, float]:
    ages = {name: _age(total.since, now) for name, total in totals.items()}
    return {name: age for name, age in ages.items() if age is not None}


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _marked(mark: Marked | None, now: datetime) -> float | None:
    return None if mark is None else _age(mark.at, now)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else abs(span.total_seconds())
