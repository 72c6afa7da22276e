"""Find the checks of an exercise, and put them into an order."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from labapp.grading.checks.attempt import Attempt
from labapp.grading.failures import HarnessFault
from labapp.randomness import seeded

CheckFunction = Callable[[Attempt], None]
F = TypeVar("F", bound=CheckFunction)

_SETTINGS = "__lab_check__"


@dataclass(frozen=True)
class Check:
    """One check of an exercise.

    Attributes:
        name: the function's name, `test_…`.
        sentence: what must hold, as the learner reads it.
        function: the check itself.
        points: its weight among the checks of the exercise.
        depends: checks without which this one says nothing; it is not reached unless they pass.
        deadline: seconds that one call may take; None for the exercise's.
    """

    name: str
    sentence: str
    function: CheckFunction
    points: float = 1
    depends: tuple[str, ...] = ()
    deadline: float | None = None


def check(
    *, points: float = 1, depends: str | tuple[str, ...] = (), deadline: float | None = None
) -> Callable[[F], F]:
    """Say more about a check than its name and sentence.

    Args:
        points: its weight among the checks of the exercise.
        depends: the name of a check, or of several, without which this one says nothing.
        deadline: seconds that one call may take.
    """
    settings = {
        "points": points,
        "depends": (depends,) if isinstance(depends, str) else depends,
        "deadline": deadline,
    }

    def mark(function: F) -> F:
        setattr(function, _SETTINGS, settings)
        return function

    return mark


def collect(path: Path) -> tuple[Check, ...]:
    """Find the checks of a module; a module that has not changed is read once.

    Raises:
        HarnessFault: it is not there, cannot be imported, or holds a check that nobody could read or reach.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise HarnessFault(f"there are no checks at {path.name}") from error
    return _collect(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def _collect(path: Path, changed: int, size: int) -> tuple[Check, ...]:
    module = _imported(path)
    found = tuple(
        _read(name, function, path)
        for name, function in vars(module).items()
        if name.startswith("test_") and callable(function) and function.__module__ == module.__name__
    )
    if not found:
        raise HarnessFault(f"{path.name} holds no function test_…")
    ordered(found, seeded(0, "order"))
    return found


def _imported(path: Path) -> ModuleType:
    name = f"lab_checks.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise HarnessFault(f"{path.name} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise HarnessFault(f"{path.name} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _read(name: str, function: CheckFunction, path: Path) -> Check:
    sentence = (function.__doc__ or "").strip().partition("\n")[0].strip()
    if not sentence:
        raise HarnessFault(f"{path.name}: {name} has no docstring, which is what the learner reads")
    return Check(name, sentence, function, **getattr(function, _SETTINGS, {}))


def ordered(checks: Iterable[Check], rng: random.Random) -> list[Check]:
    """Put checks into an order in which each comes after those that it depends on; otherwise the order is random.

    Raises:
        HarnessFault: one depends on something that is not there, or on itself in the end.
    """
    waiting = list(checks)
    done: list[Check] = []
    while waiting:
        names = {one.name for one in done}
        ready = [one for one in waiting if names.issuperset(one.depends)]
        if not ready:
            stuck = ", ".join(f"{one.name} on {' and '.join(one.depends)}" for one in waiting)
            raise HarnessFault(f"these checks can never be reached: {stuck}")
        chosen = rng.choice(ready)
        waiting.remove(chosen)
        done.append(chosen)
    return done
