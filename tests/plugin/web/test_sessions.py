"""What signs sessions says the same as the library that it takes the place of, and believes nobody else."""

from __future__ import annotations

import hashlib

import pytest
import time_machine
from flask import Flask
from itsdangerous import BadPayload, BadSignature, SignatureExpired, TimestampSigner

from plugin.web.sessions import Sessions, SessionSerializer, SessionSigner

OLD, NEW = b"an older secret", b"the secret of now"
HELD = {"launches": ["0f" * 16]}


def library(secret: bytes, salt: str = "cookie-session") -> TimestampSigner:
    """Return the library's signer, as Flask sets it up."""
    return TimestampSigner(secret, salt, key_derivation="hmac", digest_method=hashlib.sha1)


def signer(*secrets: bytes) -> SessionSigner:
    """Return the signer of an application whose secrets these are, the newest last."""
    made = serializer(*secrets).make_signer()
    assert isinstance(made, SessionSigner)
    return made


def serializer(*secrets: bytes) -> SessionSerializer:
    """Return what writes and reads the sessions of such an application."""
    app = Flask("signing")
    *older, app.secret_key = secrets
    app.config["SECRET_KEY_FALLBACKS"] = older
    return Sessions().get_signing_serializer(app)


@time_machine.travel("2026-11-25T12:00:00Z", tick=False)
def test_it_signs_as_the_library_does() -> None:
    """Byte by byte: Flask could be given its own sessions back, and reads ours."""
    assert signer(NEW).sign("held") == library(NEW).sign("held")


def test_it_reads_what_the_library_signed() -> None:
    """Also by the older of two secrets."""
    signed = library(OLD).sign("held")

    assert signer(OLD, NEW).unsign(signed, max_age=60) == b"held"


def test_the_newest_secret_signs() -> None:
    """An older one that was lost opens nothing new."""
    signed = signer(OLD, NEW).sign("held")

    assert library(NEW).unsign(signed) == b"held"
    with pytest.raises(BadSignature):
        library(OLD).unsign(signed)


def test_no_character_can_be_changed() -> None:
    """Neither of the content nor of the time; a changed signature is another one."""
    signed = signer(NEW).sign("held").decode()
    last = len(signed) - 1  # the two lowest bits of that one belong to no byte
    changed = [signed[:at] + ("A" if signed[at] != "A" else "B") + signed[at + 1 :] for at in range(last)]

    assert [each for each in changed if signer(NEW).validate(each)] == []


@pytest.mark.parametrize("signature", ["", "=", "%%%", "é", "A", "AAAA AAAA", "A" * 27, "A" * 400])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    """With the library's own error and nothing worse, whatever was sent for one."""
    value = signer(NEW).sign("held").decode().rpartition(".")[0]

    with pytest.raises(BadSignature):
        signer(NEW).unsign(f"{value}.{signature}")


def test_a_stranger_s_secret_is_refused() -> None:
    """The secret is the installation's own."""
    with pytest.raises(BadSignature):
        signer(OLD, NEW).unsign(library(b"guessed").sign("held"))


def test_a_signature_for_something_else_is_refused() -> None:
    """The same secret signs other things too, with another salt."""
    with pytest.raises(BadSignature):
        signer(NEW).unsign(library(NEW, "another").sign("held"))


def test_a_session_ends() -> None:
    """By the time that was signed with it, and not before it began either."""
    with time_machine.travel("2026-11-25T12:00:00Z", tick=False):
        kept = serializer(NEW).dumps(HELD)
    with time_machine.travel("2026-11-25T12:01:00Z", tick=False):
        assert serializer(NEW).loads(kept, max_age=60) == HELD
    for moment in ("2026-11-25T12:01:01Z", "2026-11-25T11:59:59Z"):
        with time_machine.travel(moment, tick=False), pytest.raises(SignatureExpired):
            serializer(NEW).loads(kept, max_age=60)


@pytest.mark.parametrize("content", [b"bm90IEpTT04", b"a", b".eJw"])
def test_a_signed_content_that_is_no_session_is_refused(content: bytes) -> None:
    """It was signed by us, and cannot be read all the same."""
    with pytest.raises(BadPayload):
        serializer(NEW).loads(signer(NEW).sign(content))
