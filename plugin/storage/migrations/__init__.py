"""Alembic revisions of the database.

``versions/`` only adds (expand): new tables, columns that may be empty or have a server default. The release before
runs on it. ``after/`` drops (contract), when no process of that release is left; each revision there names by
``depends_on`` the one since which nothing uses what it drops.
"""
