"""The one error family of plugin/: what went wrong inside the bridge, with a code to look up.

``str()`` is for the log and for the person at the command line alike: it names rows and settings, never a learner,
a token or a grade. ``retryable`` is the one bit that a job needs: may the same work succeed later, unchanged?
"""

from __future__ import annotations

from datetime import datetime


class BridgeError(Exception):
    """The family. ``code`` is stable, ``retryable`` says that waiting may help."""

    code = "bridge_error"
    retryable = False


class InvalidSettings(BridgeError):
    """One or more settings are missing or wrong; ``problems`` names each of them."""

    code = "invalid_settings"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class UnknownRow(BridgeError):
    """A row that is asked for by its id does not exist."""

    code = "unknown_row"


class ChangedMeanwhile(BridgeError):
    """Another process moved the row first. The work is done again from what the row says now."""

    code = "changed_meanwhile"
    retryable = True


class ForbiddenTransition(BridgeError):
    """An award cannot go from the one state to the other."""

    code = "forbidden_transition"


class ProfileInUse(BridgeError):
    """A version of a profile is immutable: the same version with other content is refused."""

    code = "profile_in_use"


class SchemaMismatch(BridgeError):
    """The database is not at the schema that this code needs."""

    code = "schema_mismatch"


class MigrationBlocked(BridgeError):
    """A table that a migration changes was in use for too long. Nothing was changed."""

    code = "migration_blocked"
    retryable = True


class SealRejected(BridgeError):
    """The bridge could not verify its own seal. Nothing was stored, nothing leaves."""

    code = "seal_rejected"

    def __init__(self, failures: tuple[str, ...]) -> None:
        super().__init__("the seal did not verify: " + "; ".join(failures))
        self.failures = failures


class NoSeal(BridgeError):
    """No seal is configured. Awards wait until there is one."""

    code = "no_seal"
    retryable = True


class SealPaused(BridgeError):
    """The seal or its timestamp authority failed several times in a row and is left alone ``until`` then."""

    code = "seal_paused"
    retryable = True

    def __init__(self, until: datetime) -> None:
        super().__init__("the seal is paused after several failures")
        self.until = until


class NotHeld(BridgeError):
    """A person can only rule on an award that waits for one."""

    code = "not_held"


class CannotBeReleased(BridgeError):
    """What is missing must be supplied; nobody can release an incomplete credential."""

    code = "cannot_be_released"


class NoReasonGiven(BridgeError):
    """A decision needs the name of who decides and a reason."""

    code = "no_reason_given"


class CannotBeSuperseded(BridgeError):
    """There is nothing to supersede with: the award is not earned any more, or not in force."""

    code = "cannot_be_superseded"
