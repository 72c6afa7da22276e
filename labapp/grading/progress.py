"""What a learner has reached so far: the latest verdict of each exercise, kept beside the answers.

It is a memory for the learner's own report card, and nothing is graded from it: whoever grades runs the checks again.

Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     remember(Path(name), "ex00_two_doors", "passed", 1.0)
    ...     reached(Path(name))["ex00_two_doors"].best
    1.0
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from labapp.grading.answers import write

FILE = ".progress.json"


@dataclass(frozen=True)
class Reached:
    """How far an exercise has come.

    Attributes:
        state: the state of the latest verdict.
        score: its points.
        best: the most points so far.
        tries: how many verdicts there were.
    """

    state: str
    score: float
    best: float
    tries: int


def reached(folder: Path) -> dict[str, Reached]:
    """Return what is remembered; a file that cannot be read counts as empty."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {slug: Reached(**fields) for slug, fields in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def remember(folder: Path, slug: str, state: str, score: float | None) -> None:
    """Remember a verdict; one that is not scored leaves everything as it is."""
    if score is None:
        return
    known = reached(folder)
    before = known.get(slug, Reached(state, 0.0, 0.0, 0))
    known[slug] = Reached(state, score, max(score, before.best), before.tries + 1)
    content = {name: asdict(one) for name, one in sorted(known.items())}
    write(folder / FILE, (json.dumps(content, indent=1) + "\n").encode())
