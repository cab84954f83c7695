"""Sub-commands about keys, seals and files: ``keys``, ``verify``, ``profile``."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

import click
from cryptography import x509
from cryptography.fernet import Fernet

from mappings.describe import gaps
from mappings.plausibility import doubts_about_course, doubts_about_institution
from mappings.profile import CourseProfile, Issuer
from plugin.commands.bridge import FILE, own_records
from plugin.errors import NoSeal
from plugin.issuer import Checking
from plugin.parts import campus, configured_seal, trust_anchors, utc_now
from plugin.profiles import Problems, read_course_profile, read_institution_profile
from plugin.sealing.certificate_request import certificate_request
from plugin.sealing.development import development_seal
from plugin.sealing.jades import JadesSealer
from plugin.sealing.timestamps import TimestampAuthority
from plugin.settings import read_settings
from plugin.verification import Outcome, Report

T = TypeVar("T")
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
MARKS = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.NOT_CHECKED: "not checked"}


@click.group()
def keys() -> None:
    """Make secrets and seals."""


@keys.command()
def secret() -> None:
    """Print a new key for MICROCRED_SECRET_KEYS.

    It encrypts tokens and tool keys in the database. Keep it in a file that only the bridge can read and name that
    file in MICROCRED_SECRET_KEYS_FILE. To change it, put the new key in front of the old one, separated by a comma.
    """
    click.echo(Fernet.generate_key().decode())


@keys.command()
@click.argument("institution", type=FILE)
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/seal.pem"), show_default=True)
def dev(institution: Path, out: Path) -> None:
    """Make a seal for development from the institution profile INSTITUTION.

    Its name says loudly that it is for development: nobody can trust it. Writes OUT (key and certificate) and, beside
    it, the certificate of its authority to trust in tests.
    """
    seal, authority = write_development_seal(institution_or_fail(institution), out)
    click.echo(f"MICROCRED_SEAL_FILE={seal}\nMICROCRED_TRUST_FILE={authority}")


@keys.command()
@click.argument("institution", type=FILE)
@click.option("--key", type=NEW_FILE, default=Path("var/next-key.pem"), show_default=True, help="Private key to write.")
@click.option("--out", type=NEW_FILE, default=Path("var/next-request.pem"), show_default=True, help="Request to write.")
@click.option("--rsa", is_flag=True, help="RSA of 3072 bits instead of P-256.")
def request(institution: Path, key: Path, out: Path, *, rsa: bool) -> None:
    """Make a new key for the seal of INSTITUTION, and the request that its authority certifies.

    The private key is encrypted with MICROCRED_SEAL_PASSWORD where that is set. What exists is not overwritten.
    """
    if key.exists() or out.exists():
        raise click.ClickException(f"{key if key.exists() else out} is there already and was not overwritten")
    password = read_settings(os.environ).seal_password.encode() or None
    made = certificate_request(institution_or_fail(institution), password, with_rsa=rsa)
    write_private(key, made.key_pem)
    out.write_bytes(made.request_pem)
    click.echo(f"{out}: send this to the certification authority\n{key}: keep this, it never leaves this machine")


@keys.command()
@click.option("--out", type=NEW_FILE, default=Path("var/trial-seal.json"), show_default=True)
def trial(out: Path) -> None:
    """Seal a sentence that attests nothing with the configured seal, for others to check."""
    settings = read_settings(os.environ)
    seal = configured_seal(settings)
    if seal is None:
        raise NoSeal("no seal is configured (MICROCRED_SEAL_FILE)")
    authority = TimestampAuthority(settings.timestamp_url) if settings.timestamp_url else None
    out.write_bytes(JadesSealer(seal, authority).seal_trial(utc_now()))
    click.echo(f"{out}: sealed by {seal.key_id}; any validator of JAdES can check it")


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--trust", type=FILE, help="PEM certificates to trust; default: MICROCRED_TRUST_FILE.")
@click.option("--offline", is_flag=True, help="Ask nobody: neither for keys of issuers nor for status lists.")
@click.option("--as-stranger", is_flag=True, help="Leave this installation's own records aside, as others have to.")
def verify(file: BinaryIO, trust: Path | None, *, as_json: bool, offline: bool, as_stranger: bool) -> None:
    """Check the credential in FILE in numbered steps (- reads standard input).

    Works on our own files and on those of others: European Digital Credentials, Open Badges 3.0 (JSON, JWT, PNG,
    SVG), SD-JWT VC. What this installation issued is judged by its own database too: whether it was revoked, and
    whether it was sealed before its key was compromised. Exit code 0 only where nothing failed and the seal was
    checked.
    """
    settings = read_settings(os.environ)
    trusted = tuple(x509.load_pem_x509_certificates(trust.read_bytes())) if trust else trust_anchors(settings)
    storage = None if as_stranger else own_records(settings)
    network = None if offline else campus(settings)
    report = Checking(settings, trusted, utc_now, storage, network).check(file.read())
    click.echo(json.dumps(report.to_json(), indent=2, ensure_ascii=False) if as_json else told(report))
    sys.exit(0 if report.ok else 1)


@click.group()
def profile() -> None:
    """Check course and institution profiles."""


@profile.command("check")
@click.argument("file", type=FILE)
@click.option("--institution", type=FILE, help="Institution profile, to tell what both together still lack.")
def check_profile(file: Path, institution: Path | None) -> None:
    """Name every problem of the course profile in FILE, what is implausible, and what is missing to issue."""
    course = profile_or_fail(file)
    issuer = institution_or_fail(institution) if institution else None
    for doubt in (*doubts_about_course(course), *(doubts_about_institution(issuer) if issuer else ())):
        click.echo(f"implausible: {doubt.path}: {doubt.sentence}")
    missing = gaps(course, issuer, datetime.now(UTC)) if issuer else ()
    for gap in missing:
        click.echo(f"missing {gap.element}: {gap.sentence}")
    click.echo(f"{file}: version {course.version} of {course.id}, {len(course.outcomes)} outcomes, accepted")
    sys.exit(1 if missing else 0)


def told(report: Report) -> str:
    """Return a report for a terminal: one line per step, the verdict last."""
    lines = [f"{step.number}. {step.name:<13} {MARKS[step.outcome]:<12} {step.sentence}" for step in report.steps]
    return "\n".join([*lines, report.verdict])


def write_development_seal(institution: Issuer, out: Path) -> tuple[Path, Path]:
    """Write a development seal that only its owner can read. Returns the paths of seal and authority."""
    seal = development_seal(institution, datetime.now(UTC))
    authority = out.with_name(f"{out.stem}-authority.pem")
    write_private(out, seal.key_pem + seal.certificate_pem)
    authority.write_bytes(seal.authority_pem)
    return out, authority


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def profile_or_fail(file: Path) -> CourseProfile:
    """Return the course profile in ``file`` or end with every problem."""
    return _accepted(read_course_profile(file.read_text(encoding="utf-8")), file)


def institution_or_fail(file: Path) -> Issuer:
    """Return the institution profile in ``file`` or end with every problem."""
    return _accepted(read_institution_profile(file.read_text(encoding="utf-8")), file)


def _accepted(read: T | Problems, file: Path) -> T:
    if not isinstance(read, Problems):
        return read
    for problem in read.problems:
        click.echo(f"{file}: {problem.path or 'whole file'}: {problem.sentence}", err=True)
    raise click.ClickException(f"{file} has {len(read.problems)} problem(s) and was not accepted")


COMMANDS = (keys, verify, profile)
