"""Write the software bill of materials of the image: CycloneDX 1.6 as JSON.

``cyclonedx-py`` tells licences and who needs whom from an installed environment, the lock tells what the image has and
by which hashes. The environment of development holds all of the image and more, so what the lock does not name goes.
A package that is locked for other versions of Python than this one has no licence here, and says so.

    python docker/sbom.py [build/sbom.json]
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
OURS = "microcredential-bridge"
_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locked(text: str) -> dict[str, tuple[str, list[str]]]:
    """Return version and SHA-256 hashes of every package of a lock by its normal name."""
    found: dict[str, tuple[str, list[str]]] = {}
    last = ""
    for line in text.splitlines():
        if pinned := _PINNED.match(line):
            last = canonicalize_name(pinned[1])
            found[last] = (pinned[2], [])
        if last:
            found[last][1].extend(_HASH.findall(line))
    return found


def environment() -> dict[str, Any]:
    """Return what ``cyclonedx-py`` says about the environment that runs this."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--spec-version", "1.6", "--output-reproducible"]
    done = subprocess.run([*command, sys.executable], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def bill(said: Mapping[str, Any], lock: Mapping[str, tuple[str, list[str]]]) -> dict[str, Any]:
    """Keep of ``said`` what ``lock`` names, our own package as the subject; raise ValueError where the two disagree."""
    installed = {canonicalize_name(each["name"]): each for each in said["components"]}
    ours = _subject(installed[OURS])
    components = [_component(name, *lock[name], installed.get(name)) for name in sorted(lock)]
    kept = {each["bom-ref"] for each in (ours, *components)}
    return {
        **said,
        "metadata": {**said["metadata"], "component": ours},
        "components": components,
        "dependencies": list(_graph(said["dependencies"], kept)),
    }


def _subject(component: Mapping[str, Any]) -> dict[str, Any]:
    """Return our own package without the folder that it was installed from."""
    left_out = {"externalReferences", "purl", "properties"}
    return {**{key: value for key, value in component.items() if key not in left_out}, "type": "application"}


def _component(name: str, version: str, hashes: list[str], known: Mapping[str, Any] | None) -> dict[str, Any]:
    if known is None:
        known = {"bom-ref": f"{name}=={version}", "name": name, "type": "library", "version": version}
    if Version(known["version"]) != Version(version):
        raise ValueError(f"{name} {known['version']} is installed, {version} is locked: run `make .venv/.ready`")
    external = {"type": "distribution", "url": f"pkg:pypi/{name}@{version}", "hashes": _sums(hashes)}
    return {**known, "version": version, "purl": f"pkg:pypi/{name}@{version}", "externalReferences": [external]}


def _sums(hashes: list[str]) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": each} for each in hashes]


def _graph(said: list[dict[str, Any]], kept: set[str]) -> Iterator[dict[str, Any]]:
    for each in said:
        if each["ref"] in kept:
            needs = [ref for ref in each.get("dependsOn", ()) if ref in kept]
            yield {"ref": each["ref"], **({"dependsOn": needs} if needs else {})}


def main(path: Path) -> None:
    """Write the bill to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = bill(environment(), locked(LOCK.read_text(encoding="utf-8")))
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{path}: {len(made['components'])} packages\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/sbom.json"))
