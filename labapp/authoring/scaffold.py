"""Write every place of a new exercise, with TODOs that say what belongs there.

`python -m labapp new ex08_x` calls `new_exercise`.
Nothing that exists is overwritten: if one of the places is taken, nothing is written at all.
What it writes is whole enough to be graded: the solution passes, and the wrong answers wait to be made wrong.
"""

from __future__ import annotations

import re
from pathlib import Path

from labapp.authoring.stubs import make_stub
from labapp.errors import SetupError
from labapp.grading.answers import write
from labapp.grading.catalog import read_catalog
from labapp.grading.places import Places

_SLUG = re.compile(r"ex(\d\d)_[a-z0-9]+(_[a-z0-9]+)*")

WRONG = ("first_mistake", "second_mistake", "third_mistake")

_ENTRY = """
[[exercise]]
slug = "{slug}"
title = "TODO: what the learner does, in a few words"
lesson = "{lesson}"
kind = "D"  # TODO: R read, A attack, D defend, C choose
minutes = 10
points = 3
core = true
words = ["revocation"]  # TODO: which of the four words does it train?
needs = []
sources = [
  "TODO: document and section",
]
hints = [
  "TODO: where to look",
  "TODO: what to do",
  "TODO: nearly everything",
]
"""

_SOLUTION = '''"""TODO: what this exercise is about, for the learner."""

from __future__ import annotations


def {function}(value: str) -> str:
    """TODO: say what this does.

    Args:
        value: TODO.

    Returns:
        TODO.
    """
    # BEGIN SOLUTION
    # TODO: the first step, for the learner.
    return value
    # END SOLUTION
'''

_CHECKS = '''"""Checks of {slug}."""

from __future__ import annotations

from labapp.grading.checks import Attempt


def test_{function}(attempt: Attempt) -> None:
    """TODO: the sentence that must hold, as the learner reads it."""
    value = f"value {{attempt.rng.randrange(1000)}}"
    result = attempt.shaped(attempt.call("{function}", value), str, "what {function} returns")
    attempt.expect(
        result == value,
        "TODO: what was seen",
        "TODO: what to try",
        expected=value,
        actual=result,
        source="TODO: document and section",
    )
'''

_WRONG = '''"""TODO: the mistake, in one sentence.

Refused by: test_{function}
"""


def {function}(value):
    return ""
'''


def new_exercise(slug: str, where: Places) -> list[Path]:
    """Write every place of a new exercise.

    Args:
        slug: for example `ex08_rotate_refresh_token`; the number is the lesson's.
        where: the places of the exercises.

    Returns:
        The files that were written, the catalogue first.

    Raises:
        SetupError: the slug is no good, or one of its places is taken.
    """
    match = _SLUG.fullmatch(slug)
    if match is None:
        raise SetupError(f"{slug!r} is no slug; it looks like ex08_rotate_refresh_token")
    if slug in read_catalog(where.catalog):
        raise SetupError(f"{slug} is in the catalogue already")
    files = _files(slug, where)
    taken = [path for path in files if path.exists()]
    if taken:
        raise SetupError(f"{taken[0].relative_to(where.home)} exists already; nothing was written")
    entry = _ENTRY.format(slug=slug, lesson=match[1])
    write(where.catalog, where.catalog.read_bytes().rstrip() + b"\n" + entry.encode())
    for path, text in files.items():
        write(path, text.encode())
    return [where.catalog, *files]


def _files(slug: str, where: Places) -> dict[Path, str]:
    words = {"slug": slug, "function": slug.partition("_")[2]}
    solution = _SOLUTION.format(**words)
    wrong = where.checks_folder / "wrong" / slug
    return {
        where.solution(slug): solution,
        where.stub(slug): make_stub(solution, f"solutions/{slug}.py"),
        where.checks(slug): _CHECKS.format(**words),
        **{wrong / f"{mistake}.py": _WRONG.format(**words) for mistake in WRONG},
    }
