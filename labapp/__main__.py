"""The command line of the lab: `python -m labapp --help`."""

from __future__ import annotations

import sys
from pathlib import Path
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


@main.command("list")
def list_exercises() -> None:
    """Name every exercise, with what it costs and gives."""
    from labapp.grading.engine import catalog

    for exercise in catalog():
        extra = "" if exercise.core else "  (extra)"
        click.echo(
            f"{exercise.slug:<32} {exercise.kind_word:<7} {exercise.minutes:>3} min  "
            f"points {exercise.points}  {exercise.title}{extra}"
        )


@main.command()
@click.argument("slug")
@click.option(
    "--answer", type=click.Path(exists=True, dir_okay=False), help="a file instead of the saved answer"
)
@click.option("--seed", type=int, help="replay the numbers of an earlier run; not scored")
def check(slug: str, answer: str | None, seed: int | None) -> None:
    """Check one answer, and print the report."""
    from labapp.grading.engine import grade, grade_saved, read_answer
    from labapp.grading.report import as_text

    verdict = grade(slug, read_answer(Path(answer)), seed=seed) if answer else grade_saved(slug, seed=seed)
    click.echo(as_text(verdict), nl=False)
    sys.exit(0 if verdict.is_passed else 1)


@main.command()
@click.argument("slug")
def hint(slug: str) -> None:
    """Show the next hint for an exercise."""
    from labapp.grading.engine import catalog
    from labapp.grading.hints import next_hint
    from labapp.grading.places import places

    click.echo(next_hint(places().answers, catalog()[slug]))


@main.command()
@click.option(
    "--check", is_flag=True, help="change nothing; say what is stale, and exit with 1 if anything is"
)
def derive(check: bool) -> None:
    """Write the stubs from the solutions, and the answer cells from the stubs."""
    from labapp.authoring.derive import derive as write
    from labapp.grading.places import places

    where = places()
    stale = [path.relative_to(where.home).as_posix() for path in write(where, check=check)]
    for name in stale:
        click.echo(f"{'stale' if check else 'written'}: {name}")
    if check and stale:
        click.echo("run `python -m labapp derive`")
        sys.exit(1)


@main.command()
@click.argument("slug")
def new(slug: str) -> None:
    """Begin a new exercise: write every place it needs, with TODOs."""
    from labapp.authoring.scaffold import new_exercise
    from labapp.grading.places import places

    where = places()
    for path in new_exercise(slug, where):
        click.echo(f"written: {path.relative_to(where.home).as_posix()}")
    click.echo("now replace every TODO; CONTRIBUTING.md says in which order")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="the address to listen on")
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one"
)
@click.option(
    "--redis", "redis_url", envvar="LAB_REDIS_URL", help="a real Redis instead of the built-in fakeredis"
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="processes")
@click.option(
    "--profile", default="recommended", show_default=True, help="lifetimes: recommended, browser, workshop"
)
@click.option("--alg", default="RS256", show_default=True, help="signing algorithm")
@click.option("--revocation", default="denylist", show_default=True, help="denylist, or wait")
@click.option("--trail", type=click.Path(path_type=Path, dir_okay=False), help="file of the audit trail")
@click.option("--control", is_flag=True, help="lab time and the instructor's panel; loopback only")
@click.option("--prefix", help="name of this bank's keys on a shared Redis; they are kept at the end")
def serve(**wishes: Any) -> None:
    """Serve the sound bank over HTTP; docs/http.md says how to use it."""
    from labapp.profiles import profile
    from labapp.web.serving.running import serve as run

    profile(wishes["profile"])
    run(say=lambda line: click.echo(line, nl=True), **wishes)


if __name__ == "__main__":
    main()
