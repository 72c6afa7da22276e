"""Grade an answer: run every check of its exercise against a fresh process of it, and say what came of each.

The same function serves a cell of a notebook, pytest and a whole class, so the words are the same everywhere.

Rules kept here:

- Each check has a fresh answer process, fresh numbers, a fresh store and its own lab time.
- Checks run in a random order, each after those that it depends on; if one of these did not pass, it is not reached.
- An answer that cannot be loaded, or is still the stub, is told so once and not once per check.
- The first timeout ends the run, unless the catalogue says otherwise: the rest would only wait as well.
- Whose fault a problem is, is always said: what the answer did is a failure, what we did is a fault.
- Every run has a seed; giving one replays that run, and a replay is never scored.
"""

from __future__ import annotations

import secrets
import time
from functools import lru_cache
from pathlib import Path

from labapp import clock
from labapp.errors import AnswerImportError
from labapp.grading.catalog import Catalog, Exercise, read_catalog
from labapp.grading.checks import Attempt
from labapp.grading.checks.collecting import Check, collect, ordered
from labapp.grading.failures import Failure, HarnessFault
from labapp.grading.places import Places, places
from labapp.grading.process import AnswerHost, shared_host
from labapp.grading.process.answer_process import AnswerProcess
from labapp.grading.process.patience import Budget
from labapp.grading.process.raising import fault_or_failure
from labapp.grading.verdict import (
    FAILED,
    FAULT,
    NOT_REACHED,
    PASSED,
    UNANSWERED,
    UNLOADABLE,
    CheckResult,
    Verdict,
)
from labapp.randomness import seeded

MOST_CHARACTERS = 500_000
"""The length of the longest answer that is read at all."""


def new_seed() -> int:
    """Draw the seed of a run; short enough to be typed again."""
    return secrets.randbelow(10**9)


def catalog(where: Places | None = None) -> Catalog:
    """Return the catalogue of the home that is in force.

    Raises:
        SetupError: there is no catalogue, or it has mistakes.
    """
    path = (where or places()).catalog
    found = path.stat()
    return _catalog(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _catalog(path: Path, changed: int, size: int) -> Catalog:
    return read_catalog(path)


def grade(
    slug: str,
    text: str | None,
    *,
    seed: int | None = None,
    is_replay: bool | None = None,
    host: AnswerHost | None = None,
    where: Places | None = None,
) -> Verdict:
    """Grade one answer.

    Args:
        slug: the exercise.
        text: the answer; None if there is none.
        seed: replays a run; None draws a new one.
        is_replay: says otherwise, for a caller that draws one seed for many exercises.
        host: where answers are started; None for the one of this process.
        where: the places of the exercises; None for those of the home in force.

    Returns:
        What came of it.

    Raises:
        UnknownExerciseError: there is no exercise of that slug.
    """
    began = time.perf_counter()
    where = where or places()
    exercise = catalog(where)[slug]
    run = _Run(
        exercise,
        text or "",
        seed=new_seed() if seed is None else seed,
        is_replay=seed is not None if is_replay is None else is_replay,
        host=host or shared_host(),
    )
    if is_unanswered(text, where.stub(slug)):
        return run.verdict(UNANSWERED, f"{slug} is not answered yet", began=began)
    if text is not None and len(text) > MOST_CHARACTERS:
        return run.verdict(
            UNLOADABLE, f"{slug}.py has {len(text):,} characters; {MOST_CHARACTERS:,} at most", began=began
        )
    try:
        return run.checked(collect(where.checks(slug)), began)
    except HarnessFault as fault:
        return run.verdict(FAULT, str(fault), began=began)
    finally:
        run.host.settle()


def grade_saved(slug: str, *, seed: int | None = None) -> Verdict:
    """Grade what lies in the folder of answers.

    Raises:
        UnknownExerciseError: there is no exercise of that slug.
    """
    where = places()
    catalog(where)[slug]
    return grade(slug, read_answer(where.answer(slug)), seed=seed, where=where)


def read_answer(path: Path) -> str | None:
    """Read an answer; None if there is none.

    Raises:
        AnswerImportError: the file is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise AnswerImportError(f"{path.name} is no UTF-8 text") from error


def is_unanswered(text: str | None, stub: Path) -> bool:
    """Say whether there is nothing to grade: no answer, an empty one, or the stub as it was given."""
    if text is None or not text.strip():
        return True
    return stub.is_file() and _plain(text) == _plain(stub.read_text(encoding="utf-8"))


def _plain(text: str) -> list[str]:
    """Leave out what an editor may change by itself: spaces at the end of lines, empty lines at the end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip().splitlines()


class _Run:
    """One answer on its way through the checks."""

    def __init__(
        self, exercise: Exercise, text: str, *, seed: int, is_replay: bool, host: AnswerHost
    ) -> None:
        self.host = host
        self._exercise = exercise
        self._text = text
        self._seed = seed
        self._is_replay = is_replay
        self._budget = Budget(exercise.budget)
        self._results: dict[str, CheckResult] = {}
        self._stopped_by = ""

    def checked(self, checks: tuple[Check, ...], began: float) -> Verdict:
        """Run the checks."""
        try:
            for check in ordered(checks, seeded(self._seed, f"{self._exercise.slug}:order")):
                self._results[check.name] = self._not_reached(check) or self._result(check)
        except AnswerImportError as error:
            return self.verdict(UNLOADABLE, str(error), began=began)
        results = tuple(self._results[check.name] for check in checks)
        outcomes = {result.outcome for result in results}
        state = FAULT if FAULT in outcomes else PASSED if outcomes == {PASSED} else FAILED
        return self.verdict(state, results=results, began=began)

    def verdict(
        self, state: str, message: str = "", *, results: tuple[CheckResult, ...] = (), began: float
    ) -> Verdict:
        """Put a verdict together."""
        return Verdict(
            slug=self._exercise.slug,
            title=self._exercise.title,
            state=state,
            seed=self._seed,
            wall=self.host.wall.name,
            is_replay=self._is_replay,
            points=self._exercise.points,
            checks=results,
            message=message,
            seconds=time.perf_counter() - began,
        )

    def _not_reached(self, check: Check) -> CheckResult | None:
        missing = [name for name in check.depends if self._results[name].outcome != PASSED]
        if missing:
            seen = "needs first: " + "; ".join(self._results[name].sentence for name in missing)
        elif self._stopped_by:
            seen = f"the run ended when this took too long: {self._stopped_by}"
        else:
            return None
        return CheckResult(check.name, check.sentence, NOT_REACHED, check.points, seen=seen)

    def _result(self, check: Check) -> CheckResult:
        """Run one check in an attempt of its own."""
        attempt = Attempt(
            self._start,
            rng=seeded(self._seed, f"{self._exercise.slug}:{check.name}"),
            deadline=check.deadline or self._exercise.deadline,
            thresholds=self._exercise.thresholds,
        )
        problem: Failure | HarnessFault | None = None
        try:
            with clock.keeping(attempt.clock):
                check.function(attempt)
        except AnswerImportError:
            raise
        except Exception as error:
            problem = fault_or_failure(error)
        finally:
            attempt.close()
        return self._told(check, attempt, problem)

    def _start(self, at: clock.LabClock) -> AnswerProcess:
        return self.host.start(self._text, self._exercise.slug, clock=at, budget=self._budget)

    def _told(self, check: Check, attempt: Attempt, problem: Failure | HarnessFault | None) -> CheckResult:
        if isinstance(problem, Failure) and problem.cause == "timeout" and self._exercise.stop_at_timeout:
            self._stopped_by = check.sentence
        return CheckResult(
            check.name,
            check.sentence,
            PASSED if problem is None else FAULT if isinstance(problem, HarnessFault) else FAILED,
            check.points,
            seen=str(problem or ""),
            hint=getattr(problem, "hint", ""),
            expected=getattr(problem, "expected", None),
            actual=getattr(problem, "actual", None),
            source=getattr(problem, "source", None),
            lines=getattr(problem, "lines", ()),
            trace=tuple(attempt.trace.steps),
            printed=attempt.trace.printed,
            cause=getattr(problem, "cause", ""),
        )
