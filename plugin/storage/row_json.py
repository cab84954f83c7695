"""Rows as JSON and back, by the types of their columns: times as ISO 8601 in UTC, bytes as base64."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary, Table

from plugin.storage.columns import Moment


def dump_row(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of ``table`` as JSON; its keys are plain text, which names of columns are not."""
    return {str(column.name): _dumped(column, row[column.name]) for column in table.c}


def load_row(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what :func:`dump_row` was given; columns that ``table`` has no more are left out.

    Raises ``ValueError`` or ``TypeError`` where a value is not of its column's type.
    """
    return {column.name: _loaded(column, row[column.name]) for column in table.c if column.name in row}


def _dumped(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Moment):
        return value.isoformat()
    return b64encode(value).decode() if isinstance(column.type, LargeBinary) else value


def _loaded(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Moment):
        return datetime.fromisoformat(value)
    return b64decode(value, validate=True) if isinstance(column.type, LargeBinary) else value
