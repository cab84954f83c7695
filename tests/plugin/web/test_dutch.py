"""Every page and state in Dutch: no English text of ours is left on any of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import pytest

from lti.claims import Launch
from lti.roles import Role
from mappings.assessment import LearnerId
from mappings.documents.envelope import Format
from plugin import sharing
from plugin.sharing import SharingTools
from plugin.storage.cases import Kind
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from plugin.web.details import _SENTENCES
from tests import factories
from tests.conftest import ROOT
from tests.factories import ISSUED, READ
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.web.site import Browser, RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import PLATFORM, an_offer, held_award, records, sealed_credential, settle
from tests.plugin.web.test_languages import sources
from tests.plugin.web.test_teacher_setup import ASKED, shown_fields

TEACHER, BRUNO, DIETER = a_launch(Role.TEACHER, "2"), a_launch(Role.LEARNER, "5"), a_launch(Role.LEARNER, "7")
NEW = a_launch(Role.TEACHER, "2", platform="2")
SAME = {
    "Open",
    "mail",
    "Platforms",
    "link",
    "broker",
    "database",
    "platforms",
    "online",
    "Code %(code)s",
    "Online",
    "%(num)s",
    "Level",
    "status",
    "quiz",
    "portfolio",
}
"""Texts that are the same word in both languages, or no words."""
ENGLISH = re.compile(r"\b(the|is not|are|has been|which|with|your|this|nobody|from)\b", re.IGNORECASE)
"""Words that no Dutch sentence has."""
SPOKEN = ("aria-label", "placeholder", "title", "data-label")
PLACEHOLDER = re.compile(r"%\(\w+\)")
OURS = frozenset(sources())
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Texts(HTMLParser):
    """Collects what a person reads, and apart from it what is said to be in another language by ``lang``."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.foreign: list[str] = []
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        quiet = "code" if tag in {"script", "style", "code", "textarea"} else ""
        quiet = quiet or ("foreign" if said.get("lang", "nl") != "nl" else "")
        self.found += [
            said[name] or "" for name in ("aria-label", "placeholder", "title", "data-label") if said.get(name)
        ]
        if tag not in VOID:
            self._open.append((tag, quiet))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        quiet = {why for _, why in self._open}
        if data.strip() and "code" not in quiet:
            (self.foreign if "foreign" in quiet else self.found).append(" ".join(data.split()))


@dataclass(frozen=True, slots=True)
class Course:
    """A course in which everything happened, its people, and the ids of it."""

    site: Site
    browser: Browser
    sealed: str
    credential: str
    held: str
    token: str
    ended: str

    def get(self, path: str) -> str:
        """Open a page."""
        return self.browser.get(path, headers=DUTCH).text

    def post(self, path: str, page: str, **form: str) -> str:
        """Send a form."""
        return self.browser.post(path, form, page=page, headers=DUTCH, follow_redirects=True).text


DUTCH = {"Accept-Language": "nl"}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A sealed and shared credential, one held, a correction, an objection, the rest on the way."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('dutch') / 'dutch.sqlite3'}")
    upgrade(engine)
    yield stocked(Storage(engine, Vault((SECRET_KEY,)), PUBLIC_URL))
    engine.dispose()


def stocked(rows: Storage) -> Course:
    """Fill the database."""
    launches = [in_dutch(each) for each in (TEACHER, BRUNO, DIETER, NEW)]
    site = Site(rows, RecordedPlatform(records()))
    offer = an_offer(rows)
    issued = sealed_credential(rows, offer, "bruno")
    settle(site, offer)
    held = held_award(rows, offer, "8")
    with rows.begin() as work:
        work.cases.open(issued.award_id, Kind.ACHIEVEMENT, "f", reasons=(), now=ISSUED)
        work.holdings.object(issued.award_id, "Mijn naam.", READ)
    tools, bruno = SharingTools(rows, lambda: site.now), Holder(PLATFORM, LearnerId("5"))
    ended, token = (sharing.share(tools, bruno, issued.envelope.id, days) for days in (None, 30))
    browser = site.browser(*launches)
    return Course(site, browser, issued.award_id, issued.envelope.id, held.id, token, ended)


def in_dutch(launch: Launch) -> Launch:
    """The same person with a platform in Dutch."""
    return replace(launch, person=replace(launch.person, locale="nl"))


def checked(course: Course, change: Callable[[dict[str, object]], object] = lambda _: None) -> str:
    """The report of a sealed file."""
    with course.site.storage.reading() as work:
        sealed = work.credentials.document(course.credential, Format.ELM)
    assert sealed is not None
    document = json.loads(sealed.body)
    change(document)
    return course.post("/verify", "/verify", text=json.dumps(document))


TEACH, MINE, WAITING = f"/teach/{TEACHER.id}", f"/mine/{BRUNO.id}", f"/mine/{DIETER.id}"
PAGES: dict[str, Callable[[Course], str]] = {
    "verify": lambda course: course.get("/verify"),
    "verify, nothing": lambda course: course.post("/verify", "/verify", text=""),
    "verify, no json": lambda course: course.post("/verify", "/verify", text="{"),
    "verify, sealed": checked,
    "verify, changed": lambda course: checked(course, lambda document: document.update(payload="e30")),
    "shared": lambda course: course.get(f"/c/{course.token}"),
    "shared no more": lambda course: course.get(f"/c/{course.ended}"),
    "standing": lambda course: course.get(f"/c/{course.credential}"),
    "not found": lambda course: course.get("/c/nothing"),
    "mine": lambda course: course.get(MINE),
    "mine, waiting": lambda course: course.get(WAITING),
    "mine, one": lambda course: course.get(f"{MINE}/credential/{course.credential}"),
    "objection": lambda course: course.get(f"{MINE}/objection/{course.sealed}"),
    "objection, nothing": lambda course: course.post(f"{MINE}/objection/{course.sealed}", MINE, reason=""),
    "recovery": lambda course: course.post(f"{MINE}/recovery", MINE),
    "ask for a link": lambda course: course.get("/recover"),
    "asked for a link": lambda course: course.post("/recover", "/recover", address="eva@u.example"),
    "asked for nothing": lambda course: course.post("/recover", "/recover", address="eva"),
    "spent link": lambda course: course.post("/recover/spent", "/recover"),
    "recover": lambda course: course.get("/recover/anything"),
    "list": lambda course: course.get(TEACH),
    "held": lambda course: course.get(f"{TEACH}/award/{course.held}"),
    "sealed": lambda course: course.get(f"{TEACH}/award/{course.sealed}"),
    "reason needed": lambda course: course.post(f"{TEACH}/award/{course.held}/approve", TEACH, reason=""),
    "confirm": lambda course: course.post(f"{TEACH}/award/{course.sealed}/revoke", TEACH, reason="Een vergissing."),
    "setup": lambda course: course.get(f"{TEACH}/setup"),
    "setup, wrong": lambda course: sent(course, **{"workload.ects": "veel", "valid_for_months": "0"}),
    "preview": lambda course: sent(course, title=""),
    "preview, missing": lambda course: sent(course, **{"level.eqf": "", "workload.ects": ""}),
    "supervision": lambda course: course.get(f"{TEACH}/supervision"),
    "rules": lambda course: course.get(f"{TEACH}/rules"),
    "rules, replacing": lambda course: course.post(
        f"{TEACH}/rules", f"{TEACH}/rules", correction="supersede", notices="page"
    ),
    "rules, keeping": lambda course: course.post(f"{TEACH}/rules", f"{TEACH}/rules", correction="keep", notices="mail"),
    "rules, as they are": lambda course: course.post(
        f"{TEACH}/rules", f"{TEACH}/rules", correction="ask", notices="institution"
    ),
    "cannot": lambda course: course.get(f"/teach/{NEW.id}"),
}


def sent(course: Course, **changes: str) -> str:
    """The setup form, sent."""
    fields = shown_fields(course.get(f"{TEACH}/setup")) | ASKED | changes
    return course.post(f"{TEACH}/setup", f"{TEACH}/setup", **fields)


def of_the_course() -> str:
    """Everything that course, institution and platform say themselves, in their language."""
    return json.dumps([repr(factories.profile()), repr(factories.issuer()), repr(records())], ensure_ascii=False)


@pytest.mark.parametrize("name", PAGES)
def test_no_english_text_of_ours_is_on_a_dutch_page(course: Course, name: str) -> None:
    """Neither a text of the catalogue, nor a sentence that never came into it."""
    page = PAGES[name](course)

    assert '<html lang="nl"' in page
    assert english_of_ours(page) == []


def english_of_ours(page: str) -> list[str]:
    """What a Dutch page says in English that neither course, institution nor platform says.

    Marking a text of ours as English is no translation. What only a programmer needs is marked so on purpose, behind
    its sentence (:mod:`plugin.web.details`).
    """
    reader, said = Texts(), of_the_course()
    reader.feed(page)
    ours = {text for text in OURS if text not in SAME and not PLACEHOLDER.search(text)}
    left = [each for each in reader.found if each in ours or (ENGLISH.search(each) and not is_data(each, said))]
    return left + [each for each in reader.foreign if each in ours]


def is_data(text: str, said: str) -> bool:
    """Whether what reads as English stands in what the course itself says."""
    parts = [part for part in re.split(r"[“”:;.,()]+\s*", text) if ENGLISH.search(part)]
    return all(part.strip() in said for part in parts)


def test_every_known_code_of_a_check_has_its_sentence() -> None:
    """The codes that the checks write, as they stand in their sources."""
    written = set()
    for path in (ROOT / "plugin" / "verification").glob("*.py"):
        for name, code in re.findall(r'(?:not_checked|failed)\(\s*StepName\.(\w+),\s*"(\w+)"', path.read_text()):
            written.add((name.lower(), code))
    known = {(str(name), code) for name, code in _SENTENCES}

    assert {each for each in written if each[0] not in {"format", "schema", "seal", "completeness"}} <= known
