"""A token of SoftHSM, the PKCS#11 device in software, with keys that were made outside and imported."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from plugin.sealing.devices import DevicePlace
from tests.conftest import require_program, unavailable
from tests.simulators.certificate_authority import Key

PIN = "31415926"
_LIBRARIES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
)


class SoftHsm:
    """Tokens below ``folder``; the library finds them by ``SOFTHSM2_CONF``, which a process reads once."""

    def __init__(self, folder: Path) -> None:
        self.tool = require_program("softhsm2-util")
        self.module = next((path for path in _LIBRARIES if path.exists()), None) or unavailable("libsofthsm2.so")
        self.folder = folder
        self.tokens = folder / "tokens"
        self.tokens.mkdir()
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\n")

    def add_token(self, label: str) -> None:
        """Make an empty token."""
        self._run("--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "27182818")

    def add_key(self, token: str, label: str, key: Key, number: str = "01") -> None:
        """Import a private key."""
        file = self.folder / f"{token}-{label}.pem"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._run("--import", str(file), "--token", token, "--label", label, "--id", number, "--pin", PIN)
        file.unlink()

    def place(self, token: str, key: str, pin: str = PIN) -> DevicePlace:
        """Return where a key is."""
        return DevicePlace(self.module, token, key, pin)

    def _run(self, *arguments: str) -> None:
        environment = os.environ | {"SOFTHSM2_CONF": str(self.configuration)}
        subprocess.run([self.tool, *arguments], env=environment, check=True, capture_output=True)
