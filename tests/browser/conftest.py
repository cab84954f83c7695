"""A real Chromium, the pages on one site, and a learning platform on another that frames them.

The pages are served at ``localhost`` and the platform at ``127.0.0.1``: two sites for a browser, and both secure
contexts, so that the very cookies of production (Secure, SameSite=None, Partitioned) are used.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask, redirect
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug import Response
from werkzeug.serving import make_server

from lti.claims import Launch, LaunchId, VerifiedClaims
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from plugin.web import visits
from plugin.web.tools import keep
from tests.conftest import ROOT, unavailable
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.web.site import RecordedPlatform, Site
from tests.plugin.web.stock import records

SCREENSHOTS = ROOT / "build" / "screenshots"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--test-third-party-cookie-phaseout",
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if "browser" in Path(str(item.fspath)).parent.parts:
            item.add_marker(pytest.mark.browser)


@contextmanager
def served(app: Flask, host: str) -> Iterator[str]:
    """Serve ``app`` on a free port until the end."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class World:
    """The pages and the platform that frames them."""

    site: Site
    url: str
    lms: str

    def entered(self, launch: Launch) -> str:
        """An address that lets the browser hold ``launch`` and goes to ``/teach`` or ``/mine`` after it."""
        here = replace(launch, return_url=f"{self.lms}/return")
        self.site.launches.kept[launch.id] = here
        self.site.launches.keep(here, VerifiedClaims({}))
        return f"{self.url}/enter/{launch.id}"

    def framed(self, launch: Launch) -> str:
        """A page of the platform with the launched pages in a frame."""
        self.entered(launch)
        return f"{self.lms}/frame/{launch.id}"


def doors(app: Flask) -> None:
    """Add the way in that stands for an accepted launch."""

    @app.get("/enter/<launch_id>/<path:page>")
    def enter(launch_id: str, page: str) -> Response:
        visits.remember(LaunchId(launch_id))
        return redirect(f"/{page}/{launch_id}")


def platform_app(tool: str) -> Flask:
    """A platform that frames the tool and does nothing else."""
    app = Flask("lms")

    @app.get("/frame/<launch_id>/<path:page>")
    def frame(launch_id: str, page: str) -> str:
        source = f"{tool}/enter/{launch_id}/{page}"
        style = "width:100%;height:100vh;border:0"
        return f'<!doctype html><html lang="en"><title>LMS</title><iframe title="tool" src="{source}" style="{style}">'

    return app


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The recorded course on a platform, with nothing enabled."""
    engine = open_engine(f"sqlite:///{tmp_path / 'browser.sqlite3'}")
    upgrade(engine)
    site = Site(Storage(engine, Vault((SECRET_KEY,)), PUBLIC_URL), RecordedPlatform(records()))
    site.app.config.update(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True, SESSION_COOKIE_PARTITIONED=True)
    doors(site.app)
    with served(site.app, "localhost") as url, served(platform_app(url), "127.0.0.1") as lms:
        keep(site.app, replace(site.tools(), public_url=url))
        yield World(site, url, lms)
    engine.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        unavailable("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def desktop(chromium: Browser) -> Iterator[BrowserContext]:
    """A desktop browser."""
    with chromium.new_context(viewport=DESKTOP, locale="en-GB") as context:
        yield context


@pytest.fixture
def plain(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without scripts."""
    with chromium.new_context(viewport=DESKTOP, locale="en-GB", java_script_enabled=False) as context:
        yield context


def photograph(page: Page, name: str) -> None:
    """Keep a picture of the whole page as build output."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}.png"), full_page=True)
