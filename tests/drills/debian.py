"""A bare Debian root made by debootstrap, and commands in it: as root, isolated, with or without the network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.conftest import ROOT, require_program, unavailable

MIRROR = "http://deb.debian.org/debian"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
INSIDE = "cd /srv && . ./script"
_MINE = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class Debian:
    """The root. ``run`` executes a script by ``bash -e`` inside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, script: str, *, network: bool) -> subprocess.CompletedProcess[str]:
        """Execute ``script`` in ``/srv``; whatever it leaves running ends with it."""
        (self.folder / "srv" / "script").write_text(script)
        mounts = f"mount --bind /dev {self.folder}/dev && mount -t proc proc {self.folder}/proc"
        isolated = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
        command = [*isolated, "sh", "-c", f"{mounts} && exec chroot {self.folder} bash -e -c '{INSIDE}'"]
        return subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=600)

    def unpackaged(self, source: Path) -> None:
        """Put the project as a release would come: a tarball of what is tracked."""
        listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listing, cwd=source, capture_output=True, text=True, check=True).stdout.splitlines()
        with tarfile.open(self.folder / "srv" / "microcredential-bridge.tar.gz", "w:gz", compresslevel=1) as tarball:
            for name in names:
                if (source / name).is_file() and not name.startswith("tests/conformance/"):
                    tarball.add(source / name, name)


@contextmanager
def debian() -> Iterator[Debian]:
    """A bare root of this machine's release, removed at the end; skipped where it cannot be made."""
    if os.getuid() != 0:
        unavailable("root, which debootstrap and chroot need")
    bootstrap = require_program("debootstrap")
    if subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], capture_output=True).returncode:
        unavailable("a kernel that lets namespaces be made")
    folder = Path(mkdtemp(prefix="microcred-debian-"))
    folder.chmod(0o755)  # a root that its users may enter
    # dpkg syncs each file that it unpacks: in memory that costs nothing. Where no memory may be mounted, a disk does.
    memory = ["mount", "-t", "tmpfs", "-o", "size=3g,mode=755", "tmpfs", str(folder)]
    in_memory = subprocess.run(memory, capture_output=True).returncode == 0
    try:
        command = [bootstrap, "--variant=minbase", "bookworm", str(folder), _mirror()]
        made = subprocess.run(command, capture_output=True, text=True)
        assert made.returncode == 0, made.stdout[-2000:]
        _connect(folder)
        yield Debian(folder)
    finally:
        if in_memory:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def _mirror() -> str:
    """The mirror that this machine uses for Debian itself."""
    listed = [*Path("/etc/apt/sources.list.d").glob("debian*"), Path("/etc/apt/sources.list")]
    found = [
        match
        for path in listed
        if path.is_file()
        for match in re.findall(
            r"^(?:URIs:|deb(?: \[.*?\])?)\s*(https?://\S+/debian)\b", path.read_text(), re.MULTILINE
        )
    ]
    return found[0] if found else MIRROR


def _connect(folder: Path) -> None:
    """Give the root this machine's names, proxies and authorities."""
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(f"/etc/{name}", folder / "etc" / name)
    for path in Path("/etc/apt/apt.conf.d").iterdir():
        if "proxy" in path.read_text().lower():
            shutil.copyfile(path, folder / "etc/apt/apt.conf.d" / path.name)
    if AUTHORITIES.exists():
        shutil.copyfile(AUTHORITIES, folder / "srv" / "authorities.crt")
    for path in (Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf"):
        if path.exists():
            shutil.copyfile(path, folder / "etc" / "pip.conf")


def _environment() -> dict[str, str]:
    said = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/srv",
        "LC_ALL": "C.UTF-8",
    }
    said |= {name: value for name, value in os.environ.items() if name.upper() in _MINE}
    return said | {"DEBIAN_FRONTEND": "noninteractive", "PIP_CERT": "/srv/authorities.crt"}


def blocks(page: str) -> list[str]:
    """Return the commands of a page in docs/ that are to be executed, a text per section."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return ["\n".join(re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL)) for section in sections]
