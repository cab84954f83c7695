"""docs/outbound.md and the code say the same: who is asked, and with which rights."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pytest

from lti.authorization import CANVAS_WISHES
from lti.platforms.moodle_preflight import _CAPABILITIES
from lti.tool import SCOPES, Wish
from plugin.settings import PREFIX, Settings
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "outbound.md").read_text()
MODULES = [path for folder in ("lti", "plugin", "mappings") for path in (ROOT / folder).rglob("*.py")]
FUNCTION = re.compile(r"(?:core|gradereport|mod|report|tool|enrol|local)_[a-z]+_[a-z_]+")
ELEMENT = re.compile(r"\b[MO]\d+\b")


def section(title: str) -> str:
    """Return one section of the page."""
    return re.split(rf"^## {re.escape(title)}$", PAGE, flags=re.MULTILINE)[1].partition("\n## ")[0]


def rows(title: str) -> dict[str, str]:
    """Return the rows of the table of a section by their name, a bar in a name as it is in the code."""
    found = re.findall(r"^\| `([^`]+)` \| (.*) \|$", section(title), re.MULTILINE)
    return {name.replace("\\|", "|"): rest for name, rest in found}


def opens_connections(path: Path) -> bool:
    """Tell whether a module imports what can open a connection to a host."""
    trees = ast.walk(ast.parse(path.read_text()))
    names = {name for node in trees for name in _imported(node)}
    return bool(names & {"requests", "smtplib", "socket", "urllib.request", "http.client", "httpx", "ftplib"})


def _imported(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def moodle_functions() -> set[str]:
    """Return the web-service functions that the code names."""
    texts = [path.read_text() for path in (ROOT / "lti" / "platforms").glob("m*.py")]
    literals = [
        node.value
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {each for each in literals if FUNCTION.fullmatch(each)}


def test_every_module_that_can_reach_a_host_is_on_the_page() -> None:
    """A new way out must be entered before it lands; none is told that does not exist."""
    ways_out = {str(path.relative_to(ROOT)) for path in MODULES if opens_connections(path)}

    assert set(re.findall(r"`((?:lti|plugin)/[\w/]+\.py)`", section("Hosts"))) == ways_out


def test_every_setting_that_names_a_host_is_on_the_page() -> None:
    """By the name of the setting; addresses that we listen on are no way out."""
    names = {each.name for each in fields(Settings)}
    outward = {name for name in names if re.search(r"(_url|_host|_keys|_networks)$", name)} - {"secret_keys"}

    said = set(re.findall(rf"{PREFIX}(\w+)", section("Hosts")))

    assert {name.upper() for name in outward} <= said
    assert said <= {name.upper() for name in names}


@pytest.mark.parametrize(("title", "wishes"), [("LTI scopes", SCOPES), ("Canvas", CANVAS_WISHES)])
def test_every_scope_is_told_with_the_element_that_it_feeds(title: str, wishes: tuple[Wish, ...]) -> None:
    """No more, no less, and the same elements as the pages on which an administrator agrees."""
    said = rows(title)

    assert set(said) == {wish.name for wish in wishes}
    for wish in wishes:
        assert set(ELEMENT.findall(said[wish.name])) == set(ELEMENT.findall(wish.feeds)), wish.name


@pytest.mark.parametrize("page", ["docs/outbound.md", "docs/moodle.md"])
def test_every_function_of_moodle_is_told(page: str) -> None:
    """The two lists that an administrator gets name what the code calls."""
    said = set(re.findall(r"^\| `([a-z_]+)`", (ROOT / page).read_text(), re.MULTILINE))

    existing = moodle_functions()
    assert said - existing == set()
    assert existing - said <= {"core_grades_get_gradeitems"}


def test_the_capabilities_are_those_that_the_preflight_asks_for() -> None:
    """Function by function."""
    said = rows("Moodle")

    told = {name: set(re.findall(r"`([\w/]+:\w+)`", rest)) for name, rest in said.items()}
    assert told == {name: set(re.findall(r"[\w/]+:\w+", _CAPABILITIES.get(name, ""))) for name in said}


def test_one_right_in_each_platform_changes_anything() -> None:
    """Telling learners; all else reads."""
    assert [wish.name for wish in CANVAS_WISHES if ":GET|" not in wish.name] == ["url:POST|/api/v1/conversations"]
    assert {each for each in moodle_functions() if re.search(r"_(send|create|update|delete|set|add)_", each)} == {
        "core_message_send_instant_messages"
    }
    assert all(wish.name.endswith(".readonly") for wish in SCOPES)
