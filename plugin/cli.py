"""The command ``microcred``: one command, a sub-command per thing that a person at a terminal wants."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from lti.errors import LtiError
from plugin.commands import (
    checking,
    connecting,
    courses,
    credential_keys,
    merging,
    operating,
    people,
    privacy,
    probing,
    safekeeping,
    seals,
    secrets,
    settings_file,
    setup,
)
from plugin.errors import BridgeError
from plugin.logs import configure_logs
from plugin.sealing.errors import SealError


class _Sentences(click.Group):
    """Tells our own errors as one sentence and an exit code instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the sub-command."""
        try:
            return super().invoke(ctx)
        except (BridgeError, SealError) as error:
            raise click.ClickException(f"{error} [{error.code}]") from None
        except LtiError as error:
            raise click.ClickException(f"{error.sentence} [{error.code}]") from None


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--quiet", is_flag=True, help="Log warnings only.")
@click.option(
    "--settings",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar=settings_file.VARIABLE,
    expose_value=False,
    is_eager=True,
    callback=settings_file.use,
    help="File with NAME=value lines, as `microcred setup` writes it.",
)
def microcred(*, quiet: bool) -> None:
    """Turn finished courses in Moodle or Canvas into sealed European micro-credentials.

    First steps: `microcred setup`, `microcred check`, then `microcred serve`. Settings are environment variables that
    begin with MICROCRED_, or lines of the file that --settings names; `microcred check` lists them.
    """
    configure_logs("WARNING" if quiet else "INFO")


for command in (
    *seals.COMMANDS,
    *connecting.COMMANDS,
    *courses.COMMANDS,
    *people.COMMANDS,
    *operating.COMMANDS,
    *checking.COMMANDS,
    *secrets.COMMANDS,
    *setup.COMMANDS,
    *probing.COMMANDS,
    *safekeeping.COMMANDS,
    *privacy.COMMANDS,
):
    microcred.add_command(command)

for command in (*credential_keys.COMMANDS, connecting.rotate_keys, connecting.make_intake_secret):
    seals.keys.add_command(command)


for command in merging.COMMANDS:
    privacy.person.add_command(command)


def main() -> None:
    """Run the command."""
    microcred(prog_name="microcred", args=sys.argv[1:], windows_expand_args=os.name == "nt")


if __name__ == "__main__":
    main()
