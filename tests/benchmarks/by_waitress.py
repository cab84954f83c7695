"""Serves any application as ``microcred serve`` serves its own: ``by_waitress MODULE:NAME[()] PORT``."""

from __future__ import annotations

import sys
from importlib import import_module

from plugin.serving import serve_by_threads

if __name__ == "__main__":
    module, _, name = sys.argv[1].partition(":")
    found = getattr(import_module(module), name.removesuffix("()"))
    serve_by_threads(found() if name.endswith("()") else found, "127.0.0.1", int(sys.argv[2]))
