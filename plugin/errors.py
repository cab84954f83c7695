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


class JournalUnwritable(BridgeError):
    """What was sealed cannot be written down outside of the database, so it does not count yet."""

    code = "journal_unwritable"
    retryable = True


class JournalUnreadable(BridgeError):
    """A file of the journal does not hold what the bridge writes there."""

    code = "journal_unreadable"


class RestoredElsewhere(BridgeError):
    """The database is older than this installation: somebody restored it by other means. Nothing new is handed out."""

    code = "restored_elsewhere"
    retryable = True


class BackupFailed(BridgeError):
    """The database could not be dumped or loaded."""

    code = "backup_failed"


class BackupUnusable(BridgeError):
    """What is to be restored is not a whole backup that this version can read, or has no empty place to go to."""

    code = "backup_unusable"


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


class Paused(BridgeError):
    """What is needed is left alone ``until`` then; the work is not at fault."""

    code = "paused"
    retryable = True

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


class OutOfTime(Paused):
    """A job was at its soft limit and stopped where nothing was half done; the next one goes on from there."""

    code = "out_of_time"

    def __init__(self, now: datetime) -> None:
        super().__init__("the job took too long and stopped at a safe point", now)


class NoticesPaced(Paused):
    """More notices wait than go out in a minute (``MICROCRED_NOTICES_PER_MINUTE``)."""

    code = "notices_paced"

    def __init__(self, until: datetime) -> None:
        super().__init__("more notices wait than go out in a minute", until)


class NoticeDeferred(BridgeError):
    """A channel could not take a notice now. Nothing was sent; it is tried again for three days."""

    code = "notice_deferred"
    retryable = True


class SealPaused(Paused):
    """The seal or its timestamp authority failed several times in a row."""

    code = "seal_paused"

    def __init__(self, until: datetime) -> None:
        super().__init__("the seal is paused after several failures", until)


class WorkPaused(Paused):
    """After a restore nothing is sealed and nothing sent until a person has looked."""

    code = "work_paused"

    def __init__(self, until: datetime) -> None:
        super().__init__("sealing and sending are paused; when all is well, end it with `microcred resume`", until)


class NotHeld(BridgeError):
    """A person can only rule on an award that waits for one."""

    code = "not_held"


class CannotBeReleased(BridgeError):
    """What is missing must be supplied; nobody can release an incomplete credential."""

    code = "cannot_be_released"


class NoReasonGiven(BridgeError):
    """A decision needs the name of who decides and a reason."""

    code = "no_reason_given"


class CannotBeJoined(BridgeError):
    """Two ids cannot be made one person: nothing is known of one of them, or they are one already."""

    code = "cannot_be_joined"


class CannotBeSuperseded(BridgeError):
    """There is nothing to supersede with: the award is not earned any more, or not in force."""

    code = "cannot_be_superseded"
