"""The Celery application for each kind of broker, with settings that make a killed worker's message come back soon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import Celery

from plugin.jobs.watch import HARD_LIMIT
from plugin.settings import Settings

VISIBILITY_TIMEOUT = int(HARD_LIMIT) + 60
"""Redis gives a message to somebody else after so many seconds: in vain where a longer reading holds it."""
SWEEP_EVERY = 5.0
"""Seconds between two looks for work that nobody was rung for."""


def make_queue(settings: Settings) -> Celery:
    """Return the Celery application. No result backend: results are rows."""
    queue = Celery("microcred", broker=settings.broker_url, set_as_current=False)
    if settings.broker_url.startswith("filesystem"):
        queue.conf.broker_transport = "plugin.jobs.files:Transport"
    queue.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_default_queue="microcred",
        broker_connection_retry_on_startup=True,
        broker_transport_options=transport_options(settings),
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        enable_utc=True,
        timezone="UTC",
    )
    return queue


def reach(queue: Celery) -> None:
    """Connect to the broker. Raises OSError or kombu's OperationalError where it does not answer."""
    with queue.connection_for_write(connect_timeout=3) as connection:
        connection.ensure_connection(max_retries=1, timeout=3)


def transport_options(settings: Settings) -> dict[str, Any]:
    """Return kombu's options for the broker in use."""
    kind = settings.broker_url.partition(":")[0]
    if kind == "filesystem":
        return _filesystem(settings.data_dir / "queue")
    if kind in {"redis", "rediss"}:
        restore = {"unacked_restore_throttle": 1, "unacked_restore_interval": 2}
        return {"visibility_timeout": VISIBILITY_TIMEOUT, **restore}
    if kind in {"amqp", "amqps"}:
        return {"confirm_publish": True}  # else what is sent into a connection that the broker left is lost unnoticed
    return {"polling_interval": 0.01} if kind == "memory" else {}


def _filesystem(folder: Path) -> dict[str, Any]:
    """Make the folders of the embedded broker: messages are files in one folder that everybody reads and writes."""
    messages, control = folder / "messages", folder / "control"
    for each in (messages, control):
        each.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "store_processed": False,
        "polling_interval": 0.02,
    }
