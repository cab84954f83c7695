"""Writes docker/.env.example from the settings and their words in docs/settings.md: ``python -m tests.example_env``."""

from __future__ import annotations

import re
from dataclasses import Field, fields
from typing import Any

from plugin.settings import PREFIX, Settings
from tests.conftest import ROOT

REQUIRED = frozenset({"public_url", "secret_keys", "seal_file", "operator_token"})
OPEN = frozenset({"secret_keys", "operator_token"})
"""What has to be filled in right there; all other lines are left at their default."""
BY_COMPOSE = frozenset(
    {"data_dir", "database_url", "broker_url", "public_url", "seal_file", "host", "proxy_hops", "metrics_listen"}
)
HEAD = """\
# Copy to docker/.env and fill in. «required in production»: the start stops, or nothing can be sealed, without it.

# --- what compose.yaml itself asks for ---
# The public host name; part of every credential, so it must never change. required in production
HOST_NAME=
# Password of the database: `openssl rand -hex 24`. required in production
DATABASE_PASSWORD=
# Path on this machine of the seal, PKCS#12 or PEM, readable by uid 10001. required in production
SEAL_FILE=
# How many processes serve the pages. Default: 4
WEB_PROCESSES=4

# --- every setting of the bridge; a line that begins with # leaves it at its default ---
"""


def example() -> str:
    """Return the text of the file."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    words = dict(re.findall(r"^\| `(MICROCRED_\w+)` \| [^|]+ \| (.*) \|$", page, re.MULTILINE))
    return HEAD + "".join(_lines(each, words[PREFIX + each.name.upper()]) for each in fields(Settings))


def _lines(setting: Field[Any], told: str) -> str:
    default = "" if setting.default in (None, "", ()) else str(setting.default)
    marks = ". required in production" * (setting.name in REQUIRED) + ". set by compose.yaml" * (
        setting.name in BY_COMPOSE
    )
    name = f"{'' if setting.name in OPEN else '# '}{PREFIX}{setting.name.upper()}"
    return f"# {told.replace('`', '')} Default: {default or 'none'}{marks}\n{name}={default}\n"


if __name__ == "__main__":
    (ROOT / "docker" / ".env.example").write_text(example(), encoding="utf-8")
