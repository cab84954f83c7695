"""The web server: one process of threads (waitress) or several (gunicorn), and what they count."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

import waitress
from flask import Flask

from plugin import meters
from plugin.app import create_app
from plugin.errors import InvalidSettings
from plugin.settings import Settings, read_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def application() -> Flask:
    """Return the pages on the settings of the environment, in a process that gunicorn has started."""
    return settled(create_app(read_settings(os.environ)))


def settled(app: Flask) -> Flask:
    """Return ``app``, in a process that from now on only serves it.

    What was built by now stays for good, so it need not be looked through for garbage: a full look stops all
    threads for a tenth of a second and more.
    """
    gc.collect()
    gc.freeze()
    return app


def serve_by_threads(app: WSGIApplication, host: str, port: int) -> None:
    """Serve ``app`` from eight threads of this process until a signal ends it.

    waitress takes a request in before a thread has to do with it, so nobody who sends slowly holds one. That requests
    wait for a thread is usual at the beginning of a lesson, and no line of the log.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(app, host=host, port=port, threads=8, ident="microcred")


def counting(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which all processes of this service count into one folder, emptied of earlier lives.

    The library decides by the environment when it is imported, so a program counts so only from its start.
    """
    folder = environment.get(meters.FOLDER) or str(settings.data_dir / "metrics")
    meters.forget_earlier(folder)
    return {**environment, meters.FOLDER: folder}


def become_gunicorn(settings: Settings, processes: int) -> NoReturn:
    """Let gunicorn take this process's place and serve from ``processes`` processes."""
    if find_spec("gunicorn") is None:
        raise InvalidSettings(("several processes need gunicorn: install microcredential-bridge[scale]",))
    command = [sys.executable, "-m", "gunicorn", "--config", "python:plugin.gunicorn_config"]
    command += [
        "--workers",
        str(processes),
        "--bind",
        f"{settings.host}:{settings.port}",
        "plugin.serving:application()",
    ]
    os.execve(sys.executable, command, counting(settings, os.environ))  # noqa: S606 - our own command


def start_again_counting(settings: Settings) -> None:
    """Start this very command again in a counting environment, unless it is one already."""
    if meters.FOLDER not in os.environ:
        command = [sys.executable, "-m", "plugin.cli", *sys.argv[1:]]
        os.execve(sys.executable, command, counting(settings, os.environ))  # noqa: S606 - our own command
