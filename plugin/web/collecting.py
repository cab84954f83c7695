"""Collects the texts of the catalogues for Babel: those of the pages, and the sentences of other folders.

What is no page says in English why a launch is refused, a platform cannot be read, an element is missing, a check is
red, and knows no catalogue. Its sentences stand in tables of modules, in calls of ``say`` and ``refuse`` and in
``error=``; a page translates them when it shows them.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages.extract import extract_python

_TABLES = ("SENTENCES", "_SAID", "STANDINGS", "WISHES", "_DO", "_SENTENCE")
_SAYING = {"say", "good", "doubtful", "bad"}


def texts(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Yield (line, function, text, comments) for each text of a Python module (a Babel extraction method)."""
    yield from extract_python(file, keywords, comment_tags, options)  # type: ignore[arg-type]  # Babel's own shapes
    file.seek(0)
    tree = ast.parse(file.read())
    for node in [*_tables(tree), *_refusals(tree)]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, None, node.value, []
    for node in _said(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, None, node.value, []


def _tables(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what stands as a value in the tables of sentences of a module."""
    for each in tree.body:
        target = each.targets[0] if isinstance(each, ast.Assign) else getattr(each, "target", None)
        named = isinstance(target, ast.Name) and target.id.endswith(_TABLES)
        if named and isinstance(value := getattr(each, "value", None), ast.Dict):
            for held in value.values:
                yield from held.elts if isinstance(held, ast.Tuple) else [held]


def _refusals(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what forms refuse values with."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            if isinstance(call.func, ast.Name) and call.func.id in {"refuse", "Broken"}:
                yield from call.args
            yield from (keyword.value for keyword in call.keywords if keyword.arg == "error")


def _said(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what sentences are made of, and the names of what a check looked at."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _SAYING and call.args:
            yield call.args[0]
