"""The command line of the lab: `python -m labapp --help`."""

from __future__ import annotations

import sys
from typing import Any

import click

import labapp
from labapp.errors import LabError


class _Commands(click.Group):
    """Shows the lab's own errors as one sentence, not as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LabError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(labapp.__version__, prog_name="labapp")
def main() -> None:
    """JWTs and sessions, side by side: a teaching lab."""


@main.command()
def doctor() -> None:
    """Say what this machine has, in lines to send to an instructor."""
    from labapp.doctor import examine

    findings = examine()
    for finding in findings:
        click.echo(str(finding))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


if __name__ == "__main__":
    main()
