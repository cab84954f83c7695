"""Signatures of a seal's key, in a file and in a PKCS#11 device (SoftHSM), side by side in one run.

CPU time of this process, in which SoftHSM computes too; a hardware module computes elsewhere and is asked one signature
after the other. The data are as long as a credential.

    python -m tests.benchmarks.bench_keys
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from plugin.sealing.devices import device_key
from plugin.sealing.keys import FileKey
from tests.benchmarks.bench_formats import rates
from tests.services.softhsm import SoftHsm

CREDENTIAL = b"x" * 60_000


def main() -> None:
    """Print the figures."""
    keys = {"ES256": ec.generate_private_key(ec.SECP256R1()), "RS256": rsa.generate_private_key(65537, 2048)}
    with tempfile.TemporaryDirectory() as folder:
        hsm = SoftHsm(Path(folder))
        os.environ["SOFTHSM2_CONF"] = str(hsm.configuration)
        hsm.add_token("bench")
        works: dict[str, Callable[[int], object]] = {}
        for number, (algorithm, key) in enumerate(keys.items(), 1):
            hsm.add_key("bench", algorithm, key, f"0{number}")
            works[f"{algorithm} signatures/s, key in a file"] = partial(_sign, FileKey(key).sign)
            device = device_key(hsm.place("bench", algorithm))
            works[f"{algorithm} signatures/s, key in SoftHSM"] = partial(_sign, device.sign)
        for name, figure in rates(works).items():
            print(f"{figure:>12,.1f}  {name}")


def _sign(sign: Callable[[bytes], bytes], _number: int) -> None:
    sign(CREDENTIAL)


if __name__ == "__main__":
    main()
