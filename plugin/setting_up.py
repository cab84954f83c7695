"""The first start: answers that cannot be guessed, each checked at once, become settings that work.

Nothing that is there is destroyed: secrets, keys and the seal stay, other lines of the settings file too, and the
database is only brought forward. So it may be run again, to look or to change one answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.fernet import Fernet

from mappings.profile import Issuer
from plugin.errors import InvalidSettings
from plugin.parts import read_seal
from plugin.profiles import Problems, read_institution_profile
from plugin.sealing.errors import SealError
from plugin.sealing.identity import certified_identity, disagreements, is_development, profiled_identity
from plugin.settings import PREFIX, Settings

DEVELOPMENT = "development"
"""The answer of who has no seal yet: one is made that says it is worth nothing."""
Write = Callable[[Path, str], None]
"""Writes a file that only its owner can read."""


class WrongAnswer(Exception):
    """An answer that cannot be used; ``str()`` says why and what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What only a person knows. ``seal`` is a path or :data:`DEVELOPMENT`; relative paths are made absolute."""

    public_url: str
    data_dir: Path
    institution: Path
    seal: str
    seal_password: str = field(default="", repr=False)
    administrator: str

    @property
    def seal_file(self) -> Path:
        """Where the seal is, or will be made."""
        return self.data_dir / "seal.pem" if self.seal == DEVELOPMENT else Path(self.seal).absolute()


def checked_url(text: str) -> str:
    """Return the public address without a slash at its end. Raises :class:`WrongAnswer`."""
    try:
        return Settings(public_url=text.strip().rstrip("/")).public_url
    except InvalidSettings as error:
        raise WrongAnswer("; ".join(problem.partition(": ")[2] for problem in error.problems)) from None


def checked_folder(text: str) -> Path:
    """Return a folder that can be written. Raises :class:`WrongAnswer`."""
    folder = Path(text.strip()).absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = folder / f".{secrets.token_hex(4)}"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise WrongAnswer(f"{folder} cannot be written ({error.strerror})") from None
    return folder


def checked_institution(text: str) -> tuple[Path, Issuer]:
    """Return the file of an institution profile and what it says. Raises :class:`WrongAnswer` with every problem."""
    file = Path(text.strip()).absolute()
    try:
        read = read_institution_profile(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongAnswer(f"{file} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise WrongAnswer(f"{file} is no text") from None
    if isinstance(read, Problems):
        raise WrongAnswer("; ".join(f"{each.path or 'whole file'}: {each.sentence}" for each in read.problems))
    return file, read


def needs_password(text: str) -> bool:
    """Whether the seal is a file that may have a password. Raises :class:`WrongAnswer` where it is none."""
    if text.strip() == DEVELOPMENT:
        return False
    if not Path(text.strip()).is_file():
        raise WrongAnswer(f"{Path(text.strip()).absolute()} is no file")
    return True


def checked_seal(text: str, password: str, issuer: Issuer, *, public: bool, now: datetime) -> str:
    """Return a seal that can be read, is valid and names the institution. Raises :class:`WrongAnswer`."""
    if text.strip() == DEVELOPMENT:
        if public:
            raise WrongAnswer("a development seal is worth nothing and cannot seal for a public address")
        return DEVELOPMENT
    try:
        key = read_seal(Path(text.strip()), password)
        key.require_valid(now)
    except (InvalidSettings, SealError) as error:
        raise WrongAnswer(str(error).removeprefix(f"{PREFIX}SEAL_FILE: ")) from None
    if public and is_development(key.certificate):
        raise WrongAnswer("a development seal is worth nothing and cannot seal for a public address")
    if found := disagreements(profiled_identity(issuer), certified_identity(key.certificate)):
        raise WrongAnswer(f"the certificate names another institution than the profile: {'; '.join(map(str, found))}")
    return text.strip()


def checked_mail(text: str) -> str:
    """Return a mail address. Raises :class:`WrongAnswer`."""
    name, at, host = text.strip().rpartition("@")
    if not (name and at and "." in host) or any(sign.isspace() for sign in text.strip()):
        raise WrongAnswer(f"{text!r} is not a mail address")
    return text.strip()


def settings_of(answers: Answers, folder: Path) -> dict[str, str]:
    """Return the settings that the answers make; secrets lie in files of ``folder``."""
    said = {
        "PUBLIC_URL": answers.public_url,
        "DATA_DIR": str(answers.data_dir),
        "SECRET_KEYS_FILE": str(folder / "secret_keys"),
        "OPERATOR_TOKEN_FILE": str(folder / "operator_token"),
        "SEAL_FILE": str(answers.seal_file),
        "ADMINISTRATOR": answers.administrator,
    }
    if answers.seal_password:
        said["SEAL_PASSWORD_FILE"] = str(folder / "seal_password")
    if answers.seal == DEVELOPMENT:
        said["TRUST_FILE"] = str(answers.data_dir / "seal-authority.pem")
    if Settings(public_url=answers.public_url).is_public:
        said["PROXY_HOPS"] = "1"
    return {PREFIX + name: value for name, value in said.items()}


def write_secrets(answers: Answers, folder: Path, write: Write) -> None:
    """Make the secrets that are not there yet; the seal's password is kept as it was answered."""
    made = {"secret_keys": Fernet.generate_key().decode(), "operator_token": secrets.token_urlsafe(32)}
    for name, value in made.items():
        if not (folder / name).exists():
            write(folder / name, value)
    if answers.seal_password:
        write(folder / "seal_password", answers.seal_password)


def merged(before: str, said: Mapping[str, str]) -> str:
    """Return the text of a settings file: our lines renewed where they stand, all others as they were."""
    left = dict(said)
    lines = [_line(line, left) for line in before.splitlines()] or ["# Written by `microcred setup`; docs/settings.md."]
    return "\n".join([*lines, *(f"{name}={value}" for name, value in left.items())])


def _line(line: str, left: dict[str, str]) -> str:
    name = line.partition("=")[0].strip()
    return f"{name}={left.pop(name)}" if name in left else line


def answers_from(stated: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the answers that settings of an earlier run stand for, by their name; never a password."""
    for name in ("public_url", "data_dir", "administrator"):
        if value := stated.get(PREFIX + name.upper()):
            yield name, value
    if seal := stated.get(f"{PREFIX}SEAL_FILE"):
        made_here = seal == str(Path(stated.get(f"{PREFIX}DATA_DIR", "var")) / "seal.pem")
        yield "seal", DEVELOPMENT if made_here and f"{PREFIX}TRUST_FILE" in stated else seal
