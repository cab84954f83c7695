"""docs/asvs.csv answers every requirement of OWASP ASVS 5.0.0 level 2, and what it cites is there."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from functools import cache

import pytest

from tests.conftest import ROOT

ANSWERS = ("met", "not applicable", "not met")
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 5.1:1 5.2:3
5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3
9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4
13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4
17.3:2
"""
"""Each section with its last requirement of level 1 or 2; those of level 3 come after them."""
REQUIREMENTS = [
    f"{section}.{number}"
    for section, last in (each.split(":") for each in SECTIONS.split())
    for number in range(1, int(last) + 1)
]
with (ROOT / "docs" / "asvs.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
MET = [row for row in ROWS if row["answer"] == "met"]


@cache
def functions_of(path: str) -> frozenset[str]:
    """Return the names of the tests of a file, empty where there is none."""
    if not (ROOT / path).is_file():
        return frozenset()
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_requirement_is_answered_once() -> None:
    """70 of level 1 and 183 of level 2, in the standard's order."""
    assert [row["id"] for row in ROWS] == REQUIREMENTS
    assert Counter(row["level"] for row in ROWS) == {"1": 70, "2": 183}


def test_every_answer_says_why() -> None:
    """Met cites something; everything else gives a reason."""
    assert {row["answer"] for row in ROWS} == set(ANSWERS)
    assert not [row["id"] for row in MET if not row["evidence"]]
    assert not [row["id"] for row in ROWS if row["answer"] != "met" and (row["evidence"] or len(row["words"]) < 5)]


@pytest.mark.parametrize("row", MET, ids=lambda row: row["id"])
def test_what_is_cited_is_there(row: dict[str, str]) -> None:
    """A test of that name, or a file with those words."""
    path, is_test, name = row["evidence"].partition("::")
    if is_test:
        assert re.fullmatch(r"test_\w+", name)
        assert name in functions_of(path), f"{path} has no {name}"
    else:
        path, _, words = row["evidence"].partition(": ")
        assert words
        assert words in (ROOT / path).read_text(encoding="utf-8"), f"{path} does not say «{words}»"


def test_the_page_counts_right() -> None:
    """asvs.md tells how many answers there are of each kind."""
    page = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")

    said = {answer: int(number) for answer, number in re.findall(r"^\| ([a-z ]+) \| (\d+) \|", page, re.MULTILINE)}

    assert said == Counter(row["answer"] for row in ROWS)


def test_the_threat_model_cites_tests_that_are_there() -> None:
    """Each file that is said to show a defence."""
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")

    cited = set(re.findall(r"`(tests/[\w/]+\.py)`", page))

    assert len(cited) > 20
    assert not {path for path in cited if not functions_of(path) and not (ROOT / path).is_file()}
