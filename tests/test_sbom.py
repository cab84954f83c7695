"""The bill of materials names what is in the image: every package of its lock with version, hashes and licence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from docker import sbom
from tests.conftest import ROOT

LOCK = (ROOT / "docker" / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `make sbom` writes."""
    path = tmp_path_factory.mktemp("sbom") / "below" / "sbom.json"
    sbom.main(path)
    return path.read_text()


@pytest.fixture(scope="module")
def made(written: str) -> dict[str, Any]:
    """The same, read."""
    said: dict[str, Any] = json.loads(written)
    return said


def test_it_is_a_valid_bill(written: str) -> None:
    """By the standard's own schema."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None


def test_it_names_every_package_of_the_image_and_no_other(made: dict[str, Any]) -> None:
    """With the version that is locked; what tests need is not in the image, so not here."""
    pinned = re.findall(r"^([\w.-]+)==([^\s\\]+)", LOCK, re.MULTILINE)

    said = sorted((canonicalize_name(each["name"]), each["version"]) for each in made["components"])

    assert said == sorted((canonicalize_name(name), version) for name, version in pinned)
    assert "pytest" not in dict(said)


def test_each_package_has_the_hashes_by_which_it_is_installed(made: dict[str, Any]) -> None:
    """So the bill and `pip --require-hashes` mean the same bytes."""
    said = {sum_["content"] for each in made["components"] for sum_ in each["externalReferences"][0]["hashes"]}

    assert said == set(re.findall(r"sha256:(\w+)", LOCK))


def test_each_package_that_is_installed_here_tells_its_licence(made: dict[str, Any]) -> None:
    """A licence that nobody knows needs a look by a person; what this Python needs not is not installed."""
    without = {canonicalize_name(each["name"]) for each in made["components"] if not each.get("licenses")}

    assert without <= {"async-timeout"}


def test_the_subject_is_the_bridge_and_leads_to_what_it_needs(made: dict[str, Any]) -> None:
    """The graph of who needs whom begins at our own package; no folder of this machine is told."""
    subject = made["metadata"]["component"]
    graph = {each["ref"]: set(each.get("dependsOn", ())) for each in made["dependencies"]}

    assert subject["name"] == "microcredential-bridge"
    assert any(ref.lower().startswith("flask==") for ref in graph[subject["bom-ref"]])
    assert str(Path(ROOT)) not in json.dumps(made)


def test_another_version_than_the_locked_one_is_refused() -> None:
    """A bill of an environment that does not match would lie."""
    ours = {"name": "microcredential-bridge", "bom-ref": "root", "version": "1"}
    said = {"components": [ours, {"name": "Flask", "bom-ref": "x", "version": "1.0"}], "metadata": {}}

    with pytest.raises(ValueError, match=r"flask 1\.0 is installed, 3\.1\.3 is locked"):
        sbom.bill({**said, "dependencies": []}, {"flask": ("3.1.3", [])})
