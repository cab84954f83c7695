"""What an act comes to that cannot be taken back: said on a page of its own, before a second click does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request

from lti.claims import Launch
from plugin.portrait import Portrait
from plugin.web.languages import gettext, ngettext

CONFIRMED = "confirmed"
"""The field that only the second form has."""
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Consequences:
    """What would happen, in one sentence and its points, and what the button says that does it."""

    sentence: str
    points: tuple[str, ...]
    button: str
    is_grave: bool = False
    """Whether it takes something away from somebody."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Credentials beside the question: what would be sealed, and what is sealed now where that is replaced."""

    new: Portrait | None = None
    old: Portrait | None = None
    waits: tuple[str, ...] = ()
    """Why nothing would be sealed yet, as sentences."""


def is_confirmed() -> bool:
    """Whether the form was sent from a page of consequences."""
    return CONFIRMED in request.form


def ask(launch: Launch, what: Consequences, *, back: str, fields: Fields = (), shown: Shown | None = None) -> str:
    """Show what would happen; the same address is sent ``fields`` again when it is confirmed."""
    return render_template(
        "teacher/confirm.html",
        launch=launch,
        what=what,
        back=back,
        action=request.path,
        fields=[*fields, (CONFIRMED, "yes")],
        reason=dict(fields).get("reason", ""),
        shown=shown or Shown(),
    )


def approving(name: str) -> Consequences:
    """Say what comes of approving one learner."""
    return Consequences(
        gettext("%(name)s receives the credential.", name=name),
        (
            gettext("The learner is read once more; unless something new speaks against it, it is sealed at once."),
            gettext("What is sealed cannot be unsealed: a mistake can only be replaced or revoked."),
            _kept(),
        ),
        gettext("Approve"),
    )


def approving_all(names: Sequence[str]) -> Consequences:
    """Say what comes of approving several learners."""
    first = approving("")
    return Consequences(
        ngettext("%(num)s learner receives the credential.", "%(num)s learners receive the credential.", len(names)),
        (", ".join(names), *first.points),
        first.button,
    )


def revoking(name: str, *, shared: bool) -> Consequences:
    """Say what comes of revoking a credential."""
    return Consequences(
        gettext("The credential of %(name)s will be revoked. This cannot be taken back.", name=name),
        (
            gettext("Whoever checks the file from now on, anywhere, reads that it was revoked, with the date."),
            gettext("The learner keeps the file, sees that it was revoked and can object."),
            *_link(shared),
            _kept(),
        ),
        gettext("Revoke it for good"),
        is_grave=True,
    )


def replacing(name: str, *, shared: bool) -> Consequences:
    """Say what comes of replacing a credential by a corrected one."""
    return Consequences(
        gettext("The credential of %(name)s will be replaced by a corrected one.", name=name),
        (
            gettext("The course is read again and a new credential is sealed; the old one stays in force until then."),
            gettext("From then on whoever checks the old file reads that it was replaced, with the date."),
            *_link(shared),
            _kept(),
        ),
        gettext("Replace it"),
    )


def resuming(earned: int) -> Consequences:
    """Say what comes of resuming; ``earned`` is how many have earned it already and wait to be sealed."""
    waiting = ngettext("%(num)s learner has earned it already.", "%(num)s learners have earned it already.", earned)
    return Consequences(
        gettext("Learners receive the credential again from now on."),
        (
            waiting,
            gettext("The course is read at once: whoever finished during the pause receives it without another click."),
            gettext("What is sealed cannot be unsealed: a mistake can only be replaced or revoked."),
        ),
        gettext("Resume"),
    )


def _link(shared: bool) -> tuple[str, ...]:
    return (gettext("The learner shares it at the moment: the link stays and tells the same."),) if shared else ()


def _kept() -> str:
    return gettext("Nothing is deleted, and your name and reason are kept.")
