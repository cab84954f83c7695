"""What the pages work with: given once by the one who wires the application, found again by every view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app

from lti.platforms import Platform
from lti.stores import LaunchStore, RegistrationStore
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage
from plugin.verification import Report

_NAME = "microcred.pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTools:
    """What the pages work with.

    ``check`` checks one of our own credentials, ``examine`` what a stranger hands in, under a hard time limit;
    ``clock`` returns aware UTC; ``public_url`` ends without a slash.

    ``ring`` sends what became due; without it the next beat of the worker does.
    """

    storage: Storage
    launches: LaunchStore
    registrations: RegistrationStore
    connect: Callable[[Connected], Platform]
    check: Callable[[bytes], Report]
    examine: Callable[[bytes], Report]
    clock: Callable[[], datetime]
    public_url: str
    ring: Callable[[], object] = bool
    ask_for_link: Callable[[str, str], None] | None = None
    """Asks for a recovery link by mail: an address, the language of the page. None where no mail can be sent."""


def keep(app: Flask, tools: PageTools) -> None:
    """Let the views of ``app`` work with ``tools``."""
    app.extensions[_NAME] = tools


def public_address(path: str) -> str:
    """Return the address that the world reaches ``path`` by, whatever host the request named."""
    return f"{tools().public_url}{path}"


def tools() -> PageTools:
    """Return what the view under way works with."""
    return cast(PageTools, current_app.extensions[_NAME])
