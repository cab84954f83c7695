"""A person at a browser without JavaScript, over HTTP: keeps cookies, follows redirects, fills in forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener

from lti.claims import origin_of

_TIMEOUT = 30
_UNSENT = {"submit", "button", "reset", "file", "image"}


@dataclass
class Form:
    """A form as it is shown: where it goes, and what it would send if nobody touched it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """What the browser shows."""

    url: str
    status: int
    text: str

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms of the page, in their order."""
        reader = _Reader(self.url)
        reader.feed(self.text)
        return tuple(reader.forms)

    def form(self, ending: str = "") -> Form:
        """Return the first form that goes to an address with this ending."""
        for found in self.forms:
            if found.action.endswith(ending):
                return found
        raise LookupError(f"{self.url} (status {self.status}) shows no form to …{ending}")


class Visitor:
    """One browser. Secure cookies go over plain HTTP too: on this machine that counts as safe, as browsers have it."""

    def __init__(self) -> None:
        jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._opener = build_opener(HTTPCookieProcessor(jar))

    def open(self, url: str) -> Page:
        """Open an address."""
        return self._shown(Request(url))

    def send(self, page: Page, form: Form, changes: Mapping[str, str] | None = None) -> Page:
        """Send a form of ``page``, with some fields filled in."""
        sent = urlencode(form.fields | dict(changes or {}))
        if form.method == "get":
            return self.open(f"{form.action}?{sent}")
        return self._shown(Request(form.action, sent.encode(), {"Origin": origin_of(page.url)}))

    def _shown(self, request: Request) -> Page:
        try:
            answer = self._opener.open(request, timeout=_TIMEOUT)
        except HTTPError as refused:
            answer = refused
        with answer:
            return Page(answer.url, answer.status, answer.read().decode())


class _Reader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._url = url
        self._inside = False
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form or a field."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(urljoin(self._url, given.get("action", "")), given.get("method", "get").lower()))
            self._inside = True
        elif self._inside:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, given.get("name", "")
        if tag == "input" and name and _sent(given):
            fields[name] = given.get("value", "on" if given.get("type") == "checkbox" else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in fields):
            fields[self._select] = given.get("value", "")
        elif tag == "textarea" and name:
            self._text = name
            fields[name] = ""

    def handle_data(self, data: str) -> None:
        """Read what a text field holds."""
        if self._text:
            self.forms[-1].fields[self._text] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        """Leave a field or a form."""
        if tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._inside = False


def _sent(given: Mapping[str, str]) -> bool:
    kind = given.get("type", "text")
    return kind not in _UNSENT and (kind not in {"checkbox", "radio"} or "checked" in given)
