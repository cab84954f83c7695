"""The whole application with a registered platform, and browsers that follow a launch through it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti.claims import Launch, LaunchId
from lti.tool_keys import ensure_key
from plugin.app import create_app
from plugin.settings import Settings
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.web.launching import LaunchTools
from tests.lti.launching import CLIENT, registration_of
from tests.simulators.lti_platform import LtiPlatform

TOOL = "https://tool.example"
LAUNCH_URL = f"{TOOL}/lti/launch"
FRAMED = {"Sec-Fetch-Dest": "iframe"}
CODE = re.compile(r"Code for the IT department: (\w+)")


class Entrance:
    """The application at ``TOOL``, on SQLite, with ``platform`` registered."""

    def __init__(self, folder: Path, platform: LtiPlatform, **settings: Any) -> None:
        wanted: dict[str, Any] = {
            "secret_keys": (Fernet.generate_key().decode(),),
            "private_networks": ("127.0.0.0/8",),
        }
        self.settings = Settings(data_dir=folder, public_url=TOOL, **{**wanted, **settings})
        engine = open_engine(self.settings.database)
        upgrade(engine)
        engine.dispose()
        self.app = create_app(self.settings)
        self.platform = platform
        platform.add_tool(CLIENT, LAUNCH_URL)
        self.tools.login.registry._store.save(registration_of(platform), self.tools.clock())
        ensure_key(self.tools.tool_keys, self.tools.clock())

    @property
    def tools(self) -> LaunchTools:
        """What the LTI pages work with."""
        found: LaunchTools = self.app.extensions["microcred.launching"]
        return found

    def browser(self, **more: Any) -> Visitor:
        """Open another browser."""
        return Visitor(self, **more)

    def stored(self) -> int:
        """How many launches are stored."""
        with self.app.extensions["microcred.pages"].storage.engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM launches").scalar_one())

    def launch_of(self, response: TestResponse) -> Launch:
        """Return the launch that a redirect after a launch leads to."""
        found = self.tools.launches.find(LaunchId(response.location.rpartition("/")[2]))
        assert found is not None
        return found


class Visitor:
    """A browser. ``cookies`` off forgets every cookie; ``framed`` says that the pages are in a frame."""

    def __init__(self, entrance: Entrance, *, cookies: bool = True, framed: bool = False) -> None:
        self.entrance = entrance
        self.client: FlaskClient = entrance.app.test_client(use_cookies=cookies)
        self.headers = dict(FRAMED) if framed else {}

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url=TOOL, headers=self.headers, **more)

    def post(self, path: str, form: dict[str, str], **headers: str) -> TestResponse:
        """Post a form, as a page of the platform does."""
        return self.client.post(path, base_url=TOOL, data=form, headers={**self.headers, **headers})

    def send(self, page: TestResponse, **changed: str) -> TestResponse:
        """Send the form of one of our own pages."""
        action = re.search(r'<form[^>]* action="([^"]+)"', _main(page))
        path = action[1] if action else page.request.path
        return self.post(path, fields(page) | changed, Origin=TOOL)

    def log_in(self, person: str = "learner", **changed: str) -> TestResponse:
        """Click at the platform and post the login here."""
        return self.post("/lti/login", self.entrance.platform.click(person, CLIENT) | changed)

    def form(self, person: str = "learner", **claims: Any) -> dict[str, str]:
        """Go as far as the form that the platform posts back."""
        return self.entrance.platform.authorize(self.log_in(person).location, **claims)

    def launch(self, person: str = "learner", **claims: Any) -> TestResponse:
        """Go all the way."""
        return self.post("/lti/launch", self.form(person, **claims))


def _main(page: TestResponse) -> str:
    """Return the page without its head and foot, which have forms of their own."""
    return page.text.partition("<main")[2].partition("</main>")[0]


def fields(page: TestResponse) -> dict[str, str]:
    """Return the named inputs of a page."""
    inputs = re.findall(r'<input [^>]*name="([^"]+)"[^>]* value="([^"]*)"', _main(page))
    return {name: value.replace("&#34;", '"').replace("&amp;", "&") for name, value in inputs}


def code_of(page: TestResponse) -> str:
    """Return the code that a refusal page shows."""
    found = CODE.search(page.text)
    return found[1] if found else f"status {page.status_code} without code"


def policy_of(page: TestResponse) -> dict[str, str]:
    """Return the content security policy by directive."""
    parts = [part.strip().partition(" ") for part in page.headers["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts}
