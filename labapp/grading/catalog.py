"""The catalogue: what exercises there are, what they cost and what they give.

It is one file, `exercises/catalog.toml`, with one `[[exercise]]` table each, written by hand:

    [[exercise]]
    slug = "ex08_rotate_refresh_token"      # a Python name; the number is the lesson's
    title = "Rotate a refresh token"
    lesson = "08"
    kind = "D"                              # R read, A attack, D defend, C choose
    minutes = 25
    points = 5
    core = true                             # false: a one-day course can leave it out
    words = ["revocation"]                  # which of the four words it trains
    needs = []                              # slugs that are better done before
    sources = ["RFC 9700 section 4.14.2"]
    hints = ["…", "…", "…"]                 # three, each one step further
    deadline = 5.0                          # optional: seconds for one call
    budget = 30.0                           # optional: seconds for the whole submission
    stop_at_timeout = true                  # optional: does the first timeout end the run?
    [exercise.thresholds]                   # optional: numbers that the checks go by

A mistake in it is named by slug and field.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labapp.errors import SetupError, UnknownExerciseError

WORDS = ("expiry", "revocation", "least privilege", "visibility")
"""The four words by which the source article judges a deployment; each exercise trains one or more."""

KINDS = {"R": "read", "A": "attack", "D": "defend", "C": "choose"}
HINTS = 3
_SLUG = re.compile(r"ex(\d\d)_[a-z0-9]+(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Exercise:
    """One exercise of the catalogue; the module says what the fields mean."""

    slug: str
    title: str
    lesson: str
    kind: str
    minutes: int
    points: int
    core: bool
    words: tuple[str, ...]
    sources: tuple[str, ...]
    hints: tuple[str, ...]
    needs: tuple[str, ...] = ()
    deadline: float = 5.0
    budget: float = 30.0
    stop_at_timeout: bool = True
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def kind_word(self) -> str:
        """The kind as a word.

        Example:
            >>> KINDS["A"]
            'attack'
        """
        return KINDS[self.kind]


class Catalog:
    """All exercises, in the order of the file.

    Args:
        exercises: those that were read.
    """

    def __init__(self, exercises: list[Exercise]) -> None:
        self._by_slug = {exercise.slug: exercise for exercise in exercises}

    def __getitem__(self, slug: str) -> Exercise:
        """Return an exercise.

        Raises:
            UnknownExerciseError: there is none of that slug; the message names the nearest.
        """
        if slug not in self._by_slug:
            raise UnknownExerciseError(slug, self._by_slug)
        return self._by_slug[slug]

    def __iter__(self) -> Iterator[Exercise]:
        return iter(self._by_slug.values())

    def __len__(self) -> int:
        return len(self._by_slug)

    def __contains__(self, slug: object) -> bool:
        return slug in self._by_slug

    @property
    def slugs(self) -> list[str]:
        """The slugs, in order."""
        return list(self._by_slug)


def read_catalog(path: Path) -> Catalog:
    """Read the catalogue.

    Raises:
        SetupError: the file is not what it should be; every mistake is named.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{path.name} cannot be read: {error}") from error
    tables = content.get("exercise", [])
    problems = [problem for table in tables for problem in _problems(table)]
    slugs = [table.get("slug") for table in tables]
    problems += [
        f"{slug}: stands there twice" for slug in sorted({s for s in slugs if slugs.count(s) > 1}, key=str)
    ]
    problems += [
        f"{table.get('slug')}: needs {need}, which is no exercise"
        for table in tables
        for need in _listed(table.get("needs"))
        if need not in slugs
    ]
    if problems:
        raise SetupError(f"{path.name} has mistakes:\n" + "\n".join(f"- {problem}" for problem in problems))
    return Catalog([_exercise(table) for table in tables])


_TYPES: dict[str, type | tuple[type, ...]] = {
    "slug": str, "title": str, "lesson": str, "kind": str, "minutes": int, "points": int, "core": bool,
    "words": list, "sources": list, "hints": list, "needs": list, "deadline": (int, float), "budget": (int, float),
    "stop_at_timeout": bool, "thresholds": dict,
}  # fmt: skip
_NEEDED = ("slug", "title", "lesson", "kind", "minutes", "points", "core", "words", "sources", "hints")


def _problems(table: dict[str, Any]) -> Iterator[str]:
    slug = table.get("slug", "(an exercise without a slug)")
    for name in _NEEDED:
        if name not in table:
            yield f"{slug}: {name} is missing"
    for name, value in table.items():
        if name not in _TYPES:
            yield f"{slug}: {name} is no field; there are {', '.join(_TYPES)}"
        elif not isinstance(value, _TYPES[name]) or (_TYPES[name] is int and isinstance(value, bool)):
            yield f"{slug}: {name} is {value!r}, which is of the wrong type"
    if not isinstance(slug, str):
        return
    match = _SLUG.fullmatch(slug)
    if match is None:
        yield f"{slug}: a slug looks like ex08_rotate_refresh_token"
    elif match[1] != table.get("lesson"):
        yield f"{slug}: lesson is {table.get('lesson')!r}, but its number says {match[1]!r}"
    if table.get("kind") not in KINDS:
        yield f"{slug}: kind is {table.get('kind')!r}, not one of {', '.join(KINDS)}"
    yield from _empty_texts(slug, table)


def _empty_texts(slug: str, table: dict[str, Any]) -> Iterator[str]:
    hints = _listed(table.get("hints"))
    if len(hints) != HINTS or not all(isinstance(hint, str) and hint.strip() for hint in hints):
        yield f"{slug}: has {len(hints)} hints; three are asked for, and none may be empty"
    sources = _listed(table.get("sources"))
    if not sources or not all(isinstance(source, str) and source.strip() for source in sources):
        yield f"{slug}: sources is empty; name the document and section that asks for this"
    words = _listed(table.get("words"))
    if not words or not set(map(str, words)) <= set(WORDS):
        yield f"{slug}: words is {words!r}; name one or more of {', '.join(WORDS)}"
    for name in ("minutes", "points", "deadline", "budget"):
        value = table.get(name, 1)
        if isinstance(value, int | float) and value <= 0:
            yield f"{slug}: {name} is {value}; it must be more than nothing"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _exercise(table: dict[str, Any]) -> Exercise:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return Exercise(**values)
