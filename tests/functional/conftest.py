"""The same sites as the tests of the pages."""

from __future__ import annotations

from tests.plugin.web.conftest import rows, site

__all__ = ["rows", "site"]
