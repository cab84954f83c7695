"""Alembic's entry: runs the revisions on the connection that :mod:`plugin.storage.migrate` hands over."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from plugin.storage import lti_tables, notice_tables, page_tables, people_tables, reading_tables, tables
from plugin.storage.columns import Moment, metadata


def _render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our own types into revisions as the plain ones they are."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


_KNOWN = (tables, lti_tables, page_tables, people_tables, reading_tables, notice_tables)
"""Importing them fills the metadata."""

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_render,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
