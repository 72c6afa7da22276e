"""Hints, shown one at a time, and what was shown is remembered beside the answers.

Each exercise has three; each goes one step further, so whoever needs only the first is not told the rest.
After the third the solution can be shown, and the exercise is then marked as seen.
Nothing here takes points away: a hint that costs something is not asked for.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from labapp.errors import GradingError
from labapp.grading.answers import write
from labapp.grading.catalog import Exercise

FILE = ".hints.json"


@dataclass(frozen=True)
class Shown:
    """What a learner has been shown of one exercise.

    Attributes:
        hints: how many.
        solution: has the solution been shown?
    """

    hints: int = 0
    solution: bool = False


def shown(folder: Path, slug: str) -> Shown:
    """Return what has been shown of an exercise; a file that cannot be read counts as empty."""
    found = _read(folder).get(slug)
    if not isinstance(found, dict):
        return Shown()
    hints, solution = found.get("hints"), found.get("solution")
    return Shown(hints if isinstance(hints, int) else 0, solution is True)


def next_hint(folder: Path, exercise: Exercise) -> str:
    """Show the next hint, and remember it.

    Args:
        folder: the folder of answers.
        exercise: from the catalogue.

    Returns:
        The hint with its number; after the last one, where the solution is to be had.
    """
    before = shown(folder, exercise.slug)
    if before.hints >= len(exercise.hints):
        return f"these were all hints; lab.solution({exercise.slug!r}) shows one way to do it"
    _write(folder, exercise.slug, Shown(before.hints + 1, before.solution))
    return f"hint {before.hints + 1} of {len(exercise.hints)}: {exercise.hints[before.hints]}"


def show_solution(folder: Path, exercise: Exercise, path: Path) -> str:
    """Return the solution, and mark the exercise as seen.

    Args:
        folder: the folder of answers.
        exercise: from the catalogue.
        path: where the solution lies.

    Raises:
        GradingError: not all hints have been read, or the course does not come with solutions.
    """
    before = shown(folder, exercise.slug)
    left = len(exercise.hints) - before.hints
    if left > 0:
        raise GradingError(
            f"{left} of {len(exercise.hints)} hints are still unread: lab.hint({exercise.slug!r})"
        )
    if not path.is_file():
        raise GradingError(f"this copy of the course has no solution of {exercise.slug}")
    _write(folder, exercise.slug, Shown(before.hints, solution=True))
    return path.read_text(encoding="utf-8")


def _read(folder: Path) -> dict[str, object]:
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(folder: Path, slug: str, now: Shown) -> None:
    content = {**_read(folder), slug: asdict(now)}
    write(folder / FILE, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())
