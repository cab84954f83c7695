"""The house keeps its own rules: who owns which name, what may not land, how long things may grow."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest

from plugin.logs import KEYS
from tests.conftest import ROOT

FOLDERS = ("mappings", "lti", "plugin")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def tracked(*patterns: str) -> list[Path]:
    """Return the files of the repository, also those not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listing.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("name", FOLDERS)
def test_the_top_level_names_are_ours(name: str) -> None:
    """PyPI has packages that install top-level `lti` and `mappings`: ours must be the ones imported."""
    module = importlib.import_module(name)

    assert Path(str(module.__file__)).parent == ROOT / name


@pytest.mark.parametrize("name", ["mappings", "lti"])
def test_a_library_folder_imports_nothing_by_itself(name: str) -> None:
    """Importing the folder costs nothing and decides nothing."""
    tree = ast.parse((ROOT / name / "__init__.py").read_text())

    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_every_folder_of_tests_is_a_package() -> None:
    """Without `__init__.py` the folder tests/lti would shadow lti."""
    folders = {path.parent for path in tracked("tests/*.py", "tests/**/*.py")}

    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("name", FOLDERS)
def test_every_folder_tells_what_it_is_for(name: str) -> None:
    """Each of the three folders has a README."""
    assert (ROOT / name / "README.md").read_text().startswith("# ")


def test_the_lock_pins_every_package_by_hash_and_names_no_index() -> None:
    """`pip --require-hashes` installs the same bytes everywhere, from whichever index the user trusts."""
    lock = (ROOT / "requirements.lock").read_text()
    packages = re.findall(r"^[A-Za-z0-9][^\n]*?==", lock, re.MULTILINE)
    hashed = re.findall(r"^[A-Za-z0-9][^\n]*?==[^\n]*\\\n    --hash=sha256:", lock, re.MULTILINE)

    assert len(packages) == len(hashed) > 50
    assert "index-url" not in lock
    assert "://" not in lock


def test_no_function_outgrows_forty_lines() -> None:
    """Over 40 lines is a reason to split (docs: house style)."""
    long = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > 40:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} ({lines})")

    assert long == []


def test_no_module_outgrows_three_hundred_lines() -> None:
    """A module over 300 lines is two modules."""
    long = [str(path.relative_to(ROOT)) for path in MODULES if len(path.read_text().splitlines()) > 300]

    assert long == []


def test_nothing_catches_everything_but_the_edges() -> None:
    """`except Exception` is for the web and job edges, where a person or a queue waits for an answer."""
    edges = ("plugin/web/", "plugin/jobs/", "plugin/cli.py", "plugin/worker.py")
    broad = []
    for path in MODULES:
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text())):
            caught = ast.unparse(node.type) if isinstance(node, ast.ExceptHandler) and node.type else ""
            bare = isinstance(node, ast.ExceptHandler) and node.type is None
            if (bare or caught in {"Exception", "BaseException"}) and not name.startswith(edges):
                broad.append(f"{name}:{node.lineno}")

    assert broad == []


def test_imports_stand_at_the_top() -> None:
    """An import inside a function hides a dependency."""
    hidden = []
    for path in MODULES:
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                hidden += [
                    f"{path.relative_to(ROOT)}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Import | ast.ImportFrom)
                ]

    assert hidden == []


def test_no_file_names_a_place_on_somebody_s_machine() -> None:
    """Paths of a build machine and unfinished business do not land."""
    homes = re.compile(
        "|".join(f"/{folder}/" for folder in ("work", "root", "home")) + r"|\b(TO" + r"DO|FIX" + r"ME)\b"
    )
    suffixes = {".py", ".md", ".cfg", ".toml", ".html", ".yaml", ".yml", ".sh", ".css", ".js"}
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in suffixes and "docker" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if homes.search(line)
    ]

    assert found == []


def test_no_log_line_has_a_key_that_is_dropped() -> None:
    """A line that loses what it was written for helps nobody (:data:`plugin.logs.KEYS`)."""
    unknown = [
        f"{path.relative_to(ROOT)}:{call.lineno} {keyword.arg}"
        for path in MODULES
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[0] in {"log", "_log"}
        for keyword in call.keywords
        if keyword.arg not in KEYS
    ]

    assert unknown == []
