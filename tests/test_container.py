"""The container files say what the settings say, and what a security review looks for. Nothing is built here."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields
from typing import Any

import pytest
import yaml

from plugin.settings import PREFIX, Settings
from tests.conftest import ROOT, require_program
from tests.example_env import example

DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if str(service["image"]).startswith("microcredential"))
EXAMPLE = (DOCKER / ".env.example").read_text()
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
SETTINGS = {PREFIX + each.name.upper(): each for each in fields(Settings)}


def test_the_example_names_every_setting_with_its_default() -> None:
    """No more, no less; a line that is left out of the copy leaves the default in force."""
    lines = re.findall(r"^(?:# )?(MICROCRED_\w+)=", EXAMPLE, re.MULTILINE)

    assert lines == list(SETTINGS), "run python -m tests.example_env"
    assert example() == EXAMPLE, "run python -m tests.example_env"


def test_the_example_says_what_production_needs() -> None:
    """What the start stops without, or nothing is sealed without."""
    marked = re.findall(r"required in production.*\n(?:# )?(\w+)=", EXAMPLE)

    asked = set(re.findall(r"\$\{(\w+):\?", (DOCKER / "compose.yaml").read_text()))
    assert asked <= set(marked)
    assert {"MICROCRED_SECRET_KEYS", "MICROCRED_OPERATOR_TOKEN", "MICROCRED_SEAL_FILE"} <= set(marked)


def test_compose_asks_for_nothing_that_the_example_lacks() -> None:
    """Each variable of compose.yaml has a line; each setting that it sets exists."""
    used = set(re.findall(r"\$\{(\w+)", (DOCKER / "compose.yaml").read_text()))
    said = set(re.findall(r"^(?:# )?(\w+)=", EXAMPLE, re.MULTILINE))
    given = {
        name for service in SERVICES.values() for name in service.get("environment", {}) if name.startswith(PREFIX)
    }

    assert used <= said
    assert given <= set(SETTINGS)


@pytest.mark.parametrize("name", OURS)
def test_our_services_can_do_nothing_but_serve(name: str) -> None:
    """Read-only, no capability, no new privileges, time to finish the longest job."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]
    assert "ports" not in service


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_image_is_pinned(name: str) -> None:
    """A version with digits, never `latest`."""
    assert re.search(r":v?\d+\.\d+[\w.-]*$", SERVICES[name]["image"]), SERVICES[name]["image"]


def test_database_and_broker_have_no_way_out() -> None:
    """Their network is internal, and only the proxy is reached from elsewhere."""
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["db"]["networks"] == SERVICES["broker"]["networks"] == ["inside"]
    assert [name for name, each in SERVICES.items() if "ports" in each and "profiles" not in each] == ["proxy"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["grafana"]["ports"])


def test_the_start_is_ordered_by_health() -> None:
    """Database, then one migration, then everything of ours, then the proxy; each waits for the one before."""
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES["proxy"]["depends_on"] == {"web": {"condition": "service_healthy"}}
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other], (
                f"{name} waits for {other}"
            )


def test_worker_and_beat_are_judged_by_their_heartbeat() -> None:
    """The file that is touched is the file that is looked at."""
    for name in ("worker", "beat"):
        assert SERVICES[name]["command"][-2:] == ["--heartbeat", "/tmp/heartbeat"]
        assert "/tmp/heartbeat" in SERVICES[name]["healthcheck"]["test"][-1]


def server_major() -> str:
    """The major version of the database's image: an older pg_dump refuses to dump it."""
    return str(SERVICES["db"]["image"]).partition(":")[2].partition(".")[0]


def test_the_image_runs_as_nobody_special() -> None:
    """A numeric user above 10000, pinned bases, hashed packages; of Debian only what backs the database up."""
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    last = DOCKERFILE.rpartition("\nFROM ")[2]

    assert all(re.search(r":\d+\.\d+-slim-\w+$", stage) for stage in stages)
    assert int(re.findall(r"^USER (\d+):\d+$", last, re.MULTILINE)[-1]) > 10000
    assert "--require-hashes" in DOCKERFILE
    assert re.findall(r"install --yes --no-install-recommends (.*?) *\\\n", last) == [
        f"postgresql-client-{server_major()}"
    ]
    assert not re.search(r"^ADD ", DOCKERFILE, re.MULTILINE)


@pytest.mark.services
def test_hadolint_finds_nothing() -> None:
    """The linter of Dockerfiles, with its own defaults."""
    said = subprocess.run([require_program("hadolint"), str(DOCKER / "Dockerfile")], capture_output=True, text=True)

    assert (said.returncode, said.stdout) == (0, "")
