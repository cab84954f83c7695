"""Keys that sign credentials, as files."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from plugin.sealing.credential_keys import new_key, read_key
from plugin.sealing.errors import KeyUnreadable, KeyUnsuitable
from plugin.sealing.multikey import Algorithm


@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.parametrize("password", [None, b"secret"])
def test_a_key_comes_back_from_its_file(algorithm: Algorithm, password: bytes | None) -> None:
    """PKCS#8, encrypted where there is a password."""
    key = new_key(algorithm)

    read = read_key(key.pem(password), password)

    assert (read.key_id, read.algorithm) == (key.key_id, algorithm)


def test_a_wrong_password_is_told() -> None:
    """The key stays closed, and the message names no secret."""
    with pytest.raises(KeyUnreadable, match="password is wrong"):
        read_key(new_key(Algorithm.EDDSA).pem(b"right"), b"wrong")


def test_rsa_signs_no_credentials() -> None:
    """Neither Data Integrity nor a wallet takes it."""
    pem = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    with pytest.raises(KeyUnsuitable):
        read_key(pem)


def test_a_key_does_not_show_itself() -> None:
    """Neither in a log nor in a traceback."""
    key = new_key(Algorithm.EDDSA)

    assert key.private_key.private_bytes_raw().hex() not in repr(key)
    assert "CredentialKey(" not in repr(key)
