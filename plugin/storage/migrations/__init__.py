"""Alembic revisions of the database. Additive ones only, until the code before them is out of use."""
