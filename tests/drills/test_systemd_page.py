"""docs/install-systemd.md, done to the letter on a bare Debian: it ends in a green check and a verified credential."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, require_program
from tests.drills.debian import Debian, blocks, debian

pytestmark = pytest.mark.services
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
OFFLINE = """python3 - <<'END'
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))
END
"""
"""Brings the loopback interface up."""
DEMO = """
cd /opt/microcred/src
echo MICROCRED_PRIVATE_NETWORKS=127.0.0.0/8 >> /etc/microcred/settings
as() { runuser --user=microcred -- "$@"; }
as /opt/microcred/venv/bin/python -m tests.simulators.moodle --port 8100 >/srv/moodle.log 2>&1 &
{services}
listens() { (exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null; }
until listens 8100 && listens 8080; do sleep 0.3; done
export MICROCRED_SETTINGS=/etc/microcred/settings
as /opt/microcred/venv/bin/python -c 'from tests.simulators.moodle import TOKEN; print(TOKEN)' > /etc/microcred/token
chown microcred /etc/microcred/token
as microcred --quiet platform demo http://127.0.0.1:8100 --token-file /etc/microcred/token
as microcred --quiet course demo 3 tests/profiles/ada101-competencies.yaml tests/profiles/institution.yaml
for attempt in $(seq 200)
do as microcred --quiet status | grep -Eq '2 (sealed|delivered)' && break; sleep 0.5; done
as microcred --quiet status
as /opt/microcred/venv/bin/python - <<'END'
import os
from pathlib import Path
from mappings.documents.envelope import Format
from plugin.commands import settings_file
from plugin.commands.bridge import open_bridge
from plugin.storage.awards import ISSUED
settings_file.load(Path("/etc/microcred/settings"), os.environ)
with open_bridge().storage.reading() as work:
    (offer,) = work.offers.enabled()
    award = next(award for award in work.awards.of_offer(offer.id) if award.state in ISSUED)
    reserved = work.credentials.of_award(award.id)
    Path("/var/lib/microcred/one.jsonld").write_bytes(work.credentials.document(reserved.envelope.id, Format.ELM).body)
END
as microcred --quiet verify /var/lib/microcred/one.jsonld
as microcred --quiet probe
"""


@pytest.fixture(scope="module")
def bare() -> Iterator[Debian]:
    """One bare Debian for the page from top to bottom, with the release in root's home."""
    with debian() as machine:
        machine.unpackaged(ROOT)
        yield machine


def started(unit: Path) -> str:
    """Return what starts a unit as its user with its environment, as systemd would."""
    text = unit.read_text()
    command = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)[0]
    environment = re.findall(r"^Environment=(.*)$", text, re.MULTILINE)
    folders = [f"/run/{name}" for name in re.findall(r"^RuntimeDirectory=(.*)$", text, re.MULTILINE)]
    made = "".join(f"install --directory --owner=microcred --mode=700 {folder}\n" for folder in folders)
    run = "cd /var/lib/microcred && exec setpriv --reuid=microcred --regid=microcred --clear-groups --no-new-privs"
    return f"{made}({run} env {' '.join(map(shlex.quote, environment))} {command}) >/srv/{unit.stem}.log 2>&1"


def test_the_page_ends_in_a_green_check_and_a_verified_credential(bare: Debian) -> None:
    """Every `bash` block in order: the program with the network, all the rest without; then a recorded course."""
    program, *rest = blocks("install-systemd.md")
    installed = bare.run(program, network=True)
    assert installed.returncode == 0, installed.stdout[-1500:] + installed.stderr[-3000:]

    checked = bare.run("\n".join([OFFLINE, "cd /opt/microcred/src", *rest]), network=False)

    assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr[-3000:]
    assert "http://127.0.0.1:8080/lti/register/" in checked.stdout
    assert "ready: 0 red" in checked.stdout
    by_name = {unit.stem: unit for unit in UNITS}
    services = "\n".join(
        [
            started(by_name["microcred-migrate"]),
            *(f"{started(by_name[name])} &" for name in ("microcred-web", "microcred-beat")),
        ]
    )
    issued = bare.run(OFFLINE + DEMO.replace("{services}", services), network=False)
    logs = "\n".join(path.read_text()[-1500:] for path in (bare.folder / "srv").glob("microcred-*.log"))
    assert issued.returncode == 0, issued.stdout[-3000:] + issued.stderr[-3000:] + logs
    assert re.search("2 (sealed|delivered), 4 withheld", issued.stdout), "delivered where the platform took the message"
    assert "8. " in issued.stdout
    assert issued.stdout.count("green ") == 5, "every step of the prober"


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """No unknown directive, no missing dependency; programs are looked for where they will be."""
    analyze = require_program("systemd-analyze")
    for unit in UNITS:
        text = unit.read_text().replace("/opt/microcred/venv/bin/microcred", "/bin/true")
        (tmp_path / unit.name).write_text(text.replace("User=microcred\nGroup=microcred\n", "User=games\n"))

    said = subprocess.run(
        [analyze, "verify", "--man=no", *(str(tmp_path / unit.name.replace("@.", "@1.")) for unit in UNITS)],
        capture_output=True,
        text=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )

    ours = [line for line in said.stderr.splitlines() if "microcred" in line]
    assert (said.returncode, ours) == (0, [])


@pytest.mark.parametrize("unit", [each for each in UNITS if each.suffix == ".service"], ids=lambda each: each.name)
def test_every_unit_is_hardened(unit: Path) -> None:
    """Its own user, no capability, a read-only system, one writable folder."""
    text = unit.read_text()

    for line in (
        "User=microcred",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "UMask=0077",
    ):
        assert f"\n{line}\n" in text
    assert re.findall(r"^ReadWritePaths=(.*)$", text, re.MULTILINE) == ["/var/lib/microcred"]
