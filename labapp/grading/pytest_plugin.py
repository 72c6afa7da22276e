"""Grade with pytest: the same checks, the same engine and the same words as in a lesson.

    python -m pytest tests/exercises                        your answers in exercises/answers
    python -m pytest tests/exercises --answers=solutions    the references
    python -m pytest tests/exercises --answers=DIR          answers that lie elsewhere
    python -m pytest tests/exercises --seed=N               the run of that seed again; never scored

Each check is one test.
An exercise without an answer fails in one line, so an empty folder never passes.
A check that another one stands in front of is skipped as *not reached*; a fault of ours is an error, not a failure.

A run of the whole suite, which names no exercise, is about the lab and not about a learner: it takes the solutions.

`tests/exercises/conftest.py` loads this plugin; nothing else in the lab imports pytest.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labapp.errors import LabError
from labapp.grading.checks.collecting import collect
from labapp.grading.engine import catalog, grade, is_unanswered, new_seed, read_answer
from labapp.grading.failures import HarnessFault
from labapp.grading.places import Places
from labapp.grading.process import AnswerHost
from labapp.grading.report import MARKS, check_text, footnote, headline
from labapp.grading.verdict import FAILED, FAULT, NOT_REACHED, PASSED, CheckResult, Verdict

SOLUTIONS = "solutions"
ANSWERS = "exercises/answers"


@dataclass
class Settings:
    """What one run of pytest goes by, the same in each of its workers.

    Attributes:
        answers: where the answers lie, as it was given.
        seed: the seed of this run.
        is_replay: was the seed given?
        host: where answers are started.
    """

    answers: str
    seed: int
    is_replay: bool
    host: AnswerHost = field(default_factory=AnswerHost)

    def __str__(self) -> str:
        replay = "a replay, not scored" if self.is_replay else f"replay it with --seed={self.seed}"
        return f"exercises: {self.answers}, seed {self.seed} ({replay}), wall: {self.host.wall.name}"

    def folder(self, where: Places) -> Path:
        """Return the folder of answers for a home."""
        return where.solutions if self.answers == SOLUTIONS else where.home / self.answers


_SETTINGS = pytest.StashKey[Settings]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("exercises", "grading of exercises")
    group.addoption(
        "--answers", metavar="DIR", help=f"folder of answers, or {SOLUTIONS!r}; {ANSWERS} by default"
    )
    group.addoption("--seed", type=int, metavar="N", help="replay the run of this seed; never scored")


def pytest_configure(config: pytest.Config) -> None:
    """Settle what this run goes by; a worker of pytest-xdist goes by what its controller settled."""
    given: dict[str, Any] = getattr(config, "workerinput", {})
    seed = config.getoption("seed", None)
    config.stash[_SETTINGS] = Settings(
        answers=given.get("lab_answers") or _chosen(config),
        seed=given.get("lab_seed", new_seed()) if seed is None else seed,
        is_replay=seed is not None,
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist."""
    settings = node.config.stash[_SETTINGS]
    node.workerinput["lab_seed"] = settings.seed
    node.workerinput["lab_answers"] = settings.answers


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was started."""
    config.stash[_SETTINGS].host.close()


def pytest_report_header(config: pytest.Config) -> str:
    """Print the seed, because nobody could replay the run without it."""
    return str(config.stash[_SETTINGS])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the report of the grader where pytest would show a traceback, in the set-up as well."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, Told):
        report.longrepr = str(call.excinfo.value)
    return report


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the modules of checks out of pytest's own hands."""
    if module_path.parts[-3:-1] == ("tests", "exercises") and _home(module_path) is not None:
        return ExerciseFile.from_parent(parent, path=module_path)
    return None


def _home(module_path: Path) -> Path | None:
    home = module_path.parents[2]
    return home if Places(home).catalog.is_file() else None


def _chosen(config: pytest.Config) -> str:
    """Return where the answers lie; a run that names no exercise takes the solutions."""
    given: str | None = config.getoption("answers", None)
    if given is not None and given != SOLUTIONS:
        return str((config.invocation_params.dir / given).resolve())
    named = [(config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in config.args]
    is_about_answers = any("exercises" in path.parts and "tests" in path.parts for path in named)
    return given or (os.environ.get("LAB_ANSWERS", ANSWERS) if is_about_answers else SOLUTIONS)


class ExerciseFile(pytest.File):
    """The checks of one exercise, run against one answer; graded once, when the first of them is run."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give one item for each check, or one alone for an exercise without an answer."""
        where, slug = Places(self.path.parents[2]), self.path.stem.removeprefix("test_")
        try:
            catalog(where)[slug]
            checks = collect(self.path)
        except (LabError, HarnessFault) as error:
            raise self.CollectError(str(error)) from error
        if is_unanswered(self.answer(where, slug), where.stub(slug)):
            yield UnansweredItem.from_parent(self, name="unanswered")
            return
        for check in checks:
            yield CheckItem.from_parent(self, name=check.name)

    @property
    def settings(self) -> Settings:
        """What this run goes by."""
        return self.config.stash[_SETTINGS]

    def answer(self, where: Places, slug: str) -> str | None:
        """Read the answer."""
        return read_answer(self.settings.folder(where) / f"{slug}.py")

    def verdict(self) -> Verdict:
        """Grade the answer, once."""
        if not hasattr(self, "_verdict"):
            where, slug = Places(self.path.parents[2]), self.path.stem.removeprefix("test_")
            settings = self.settings
            self._verdict = grade(
                slug,
                self.answer(where, slug),
                seed=settings.seed,
                is_replay=settings.is_replay,
                host=settings.host,
                where=where,
            )
        return self._verdict


class Told(Exception):  # noqa: N818 - carries a report; it never leaves this module
    """A report that stands where pytest would show a traceback."""


class GradedItem(pytest.Item):
    """A test whose failure is shown in the words of the report."""

    parent: ExerciseFile

    def reportinfo(self) -> tuple[Path, None, str]:
        """Say where the check is."""
        return self.path, None, self.name


class UnansweredItem(GradedItem):
    """An exercise without an answer."""

    def runtest(self) -> None:
        """Fail in one line."""
        settings = self.parent.settings
        raise Told(
            f"{MARKS[FAILED]} {self.path.stem.removeprefix('test_')} is not answered yet in {settings.answers}"
        )


class CheckItem(GradedItem):
    """One check of an exercise."""

    def setup(self) -> None:
        """Grade; a fault of ours is an error of the set-up, so it looks different from a failure."""
        verdict = self.parent.verdict()
        if verdict.state == FAULT and not verdict.checks:
            raise Told(f"{headline(verdict)}\n{footnote(verdict)}\n  {verdict.message}")
        result = self._result(verdict)
        if result is not None and result.outcome == FAULT:
            raise Told(f"{check_text(result)}\n{footnote(verdict)}")

    def runtest(self) -> None:
        """Pass, fail or be skipped, as the engine found."""
        verdict = self.parent.verdict()
        result = self._result(verdict)
        if result is None:
            if getattr(self.parent, "is_told", False):
                pytest.skip("not reached: the answer could not be loaded")
            self.parent.is_told = True  # type: ignore[attr-defined]
            raise Told(f"{headline(verdict)}\n{footnote(verdict)}\n\n{verdict.message}")
        if result.outcome == NOT_REACHED:
            pytest.skip(f"{NOT_REACHED}: {result.seen}")
        if result.outcome != PASSED:
            raise Told(f"{check_text(result)}\n{footnote(verdict)}")

    def _result(self, verdict: Verdict) -> CheckResult | None:
        return next((check for check in verdict.checks if check.name == self.name), None)
