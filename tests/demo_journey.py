"""What people do before a course awards anything: IT, a teacher and a learner, each at a browser, over HTTP.

The ways are the real ones: LTI Dynamic Registration by an invitation URL, deep linking, launches, and the bridge's own
forms with their CSRF tokens. Only what IT does at the command line is called directly.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lti.claims import platform_id
from mappings.assessment import PlatformId
from plugin import offering, registering
from plugin.app import Bridge
from plugin.commands.seals import institution_or_fail
from plugin.connections import registering_tools
from plugin.storage.platforms import Connected
from tests.simulators.campus import EDITOR, Campus
from tests.simulators.moodle import TOKEN
from tests.simulators.visitor import Page, Visitor

STATED = {"workload.ects": "5", "workload.hours": "125", "level.eqf": "6", "participation": "920fbb3cbe"}
"""What only people know of the recorded course; ``920fbb3cbe`` is «Online» in the EU's list of ways to take part."""
OWN = re.compile(r'<h3><a href="(?P<path>/mine/[^"]+)">(?P<title>[^<]+)</a></h3>')
"""A credential on a learner's page."""
PATIENCE = 60.0
"""Seconds until a page must show what it promises."""


class WentWrong(Exception):
    """A page did not show what it should. The page's own words are in the message."""


@dataclass(frozen=True, slots=True)
class Journey:
    """The bridge, the platform that is connected to it, and how to tell what happens."""

    bridge: Bridge
    campus: Campus
    tell: Callable[[str], None]

    @property
    def platform(self) -> PlatformId:
        """The key of the platform once it is registered."""
        return platform_id(self.campus.issuer, self.campus.client_id, "1")

    def set_up(self, institution: Path) -> None:
        """Go from two systems that never met to a course that awards."""
        self._register()
        self._connect(institution)
        self._place()
        self._enable()

    def see_own(self, person: str) -> None:
        """Launch as a learner and open what they hold."""
        visitor = Visitor()
        page = self._launched(visitor, person)
        held = OWN.search(page.text)
        if held is None:
            raise WentWrong(f"no credential on {page.url}")
        shown = visitor.open(self._url + held["path"])
        if shown.status != 200:
            raise WentWrong(f"the credential's page has status {shown.status}")
        self.tell(f"{self.campus.learners()[person]} launched the same link, and opened «{held['title']}»")

    def _register(self) -> None:
        """Paste one URL into the platform; activate the tool there."""
        administrator = Visitor()
        invitation = registering.invite(registering_tools(self.bridge))
        page = administrator.open(self.campus.invite(invitation))
        done = administrator.send(page, page.form(page.url.partition("?")[0].removeprefix(self._url)))
        if "is registered" not in done.text:
            raise WentWrong(f"the registration ended with status {done.status}")
        front = administrator.open(f"{self.campus.url}/")
        administrator.send(front, front.form("/activate"))
        tool = self.campus.tools[self.campus.client_id]
        self.tell(f"IT pasted one URL into the platform: registered as «{tool.client_id}», activated there")

    def _connect(self, institution: Path) -> None:
        """Give the token for reading, and what the institution states of itself."""
        title = "Test Academy Moodle (recorded)"
        connected = Connected(self.platform, "moodle", self.campus.url, title, TOKEN)
        offering.connect(self.bridge.offering, connected, by="demo")
        offering.state_institution(self.bridge.offering, institution_or_fail(institution), by="demo")
        self.tell("IT connected its web services for reading, and stated who the institution is")

    def _place(self) -> None:
        """Put a link into the course."""
        teacher = Visitor()
        page = self._launched(teacher, EDITOR)
        answer = teacher.send(page, page.form(page.url.removeprefix(self._url)))
        teacher.send(answer, answer.form("/deep-linking-return"))
        if not self.campus.placed:
            raise WentWrong("the platform took no link")
        self.tell(f"The teacher placed «{self.campus.placed[-1]['title']}» in the course")

    def _enable(self) -> None:
        """State what only a teacher knows, look at the preview, and press Enable; once is enough."""
        teacher = Visitor()
        home = self._launched(teacher, self.campus.teacher())
        if any(form.action.endswith("/pause") for form in home.forms):
            self.tell("The teacher had enabled the credential before")
            return
        setup = teacher.open(f"{home.url}/setup")
        preview = self._previewed(teacher, teacher.send(setup, setup.form("/setup"), STATED))
        done = teacher.send(preview, preview.form("/enable"))
        if not any(form.action.endswith("/pause") for form in done.forms):
            raise WentWrong(f"the credential was not enabled: status {done.status}")
        self.tell("The teacher launched, stated three things, saw the preview with the real class, and enabled it")

    def _previewed(self, teacher: Visitor, page: Page) -> Page:
        """Wait for the job that reads the class, as the page does by itself."""
        until = time.monotonic() + PATIENCE
        while not any(form.action.endswith("/enable") for form in page.forms):
            if page.status != 200 or time.monotonic() > until:
                raise WentWrong(f"no preview at {page.url}: status {page.status}")
            time.sleep(0.3)
            page = teacher.open(page.url)
        return page

    def _launched(self, visitor: Visitor, person: str) -> Page:
        """Click the link in the course and go on where a script would."""
        click = visitor.open(self.campus.entry(person))
        asked = visitor.send(click, click.form("/lti/login"))
        page = visitor.send(asked, asked.form("/lti/launch"))
        if page.status != 200:
            raise WentWrong(f"the launch of {person} ended with status {page.status}")
        return page

    @property
    def _url(self) -> str:
        return self.bridge.settings.public_url
