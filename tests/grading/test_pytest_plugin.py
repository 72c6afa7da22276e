"""Grading with pytest: the same words, no traceback, and an exit status that can be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from labapp.grading.places import Places

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
GOOD = "def double(number):\n    if number < 0:\n        raise ValueError\n    return number * 2\n"
OPTIONS = (
    "-p",
    "no:cacheprovider",
    "-W",
    "error",
    "--import-mode=importlib",
    "--doctest-modules",
)


@pytest.fixture
def run(pytester: pytest.Pytester, course: Places, monkeypatch: pytest.MonkeyPatch):
    """Run pytest on the checks of the tiny course, in this process."""
    monkeypatch.delenv("LAB_NOTHING_SKIPPED", raising=False)
    monkeypatch.delenv("LAB_ANSWERS", raising=False)
    monkeypatch.setenv(
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"
    )  # a plugin cannot be loaded twice in one process
    conftest = ROOT / "tests" / "exercises" / "conftest.py"
    (course.checks_folder / "conftest.py").write_text(conftest.read_text())
    monkeypatch.chdir(course.home)

    def run(*arguments: str, paths: tuple[str, ...] = ("tests/exercises",)) -> pytest.RunResult:
        ignored = [f"--ignore={course.checks_folder / kind}" for kind in ("wrong", "right")]
        return pytester.runpytest_inprocess(*OPTIONS, *ignored, *paths, *arguments)

    return run


def test_no_answer_fails_in_one_line_and_with_status_one(run) -> None:
    """An empty submission never passes, and nobody has to read a traceback."""
    result = run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "exercises: exercises/answers, seed * (replay it with --seed=*), wall: process",
            "✗ ex00_double is not answered yet in exercises/answers",
            "FAILED tests/exercises/test_ex00_double.py::unanswered*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_the_solutions_pass_and_nothing_is_skipped(run) -> None:
    """Each check is one test."""
    result = run("--answers=solutions")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["exercises: solutions, seed*"])


def test_a_run_that_names_no_exercise_takes_the_solutions(run) -> None:
    """The whole suite is about the lab, not about a learner."""
    run(paths=("tests",)).assert_outcomes(passed=5)
    run(paths=(".",)).assert_outcomes(passed=5)
    run(paths=("tests/exercises/test_ex00_double.py",)).assert_outcomes(failed=1)


def test_a_failure_is_the_report_and_no_traceback(run, course: Places) -> None:
    """What depends on it is skipped as not reached."""
    course.answer("ex00_double").write_text("def double(number):\n    return number + 7\n")
    result = run("-rs", paths=("tests/exercises/test_ex00_double.py",))
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "✗ The result is twice the number.",
            "  seen      it is not twice the number",
            "  expected  *",
            "  hint      add it to itself",
            "  source    Euclid",
            "  what happened, in lab time",
            "    * answer: double(*) → *",
            "  seed * wall: process",
            "*not reached: needs first: The result is twice the number.",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*raise *")


def test_an_answer_that_cannot_be_loaded_is_told_once(run, course: Places) -> None:
    """The rest is not reached."""
    course.answer("ex00_double").write_text("def double(:\n    pass\n")
    result = run(paths=("tests/exercises/test_ex00_double.py",))
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*the answer could not be loaded*", "*def double(:*", "*^*"])


def test_a_fault_of_ours_is_an_error_and_no_failure(run, course: Places) -> None:
    """It looks different, and says so."""
    text = course.checks("ex00_double").read_text()
    course.checks("ex00_double").write_text(text.replace("result == 2 * number", "result.no == 1"))
    result = run("--answers=solutions", paths=("tests/exercises/test_ex00_double.py",))
    result.assert_outcomes(errors=1, skipped=1)
    result.stdout.fnmatch_lines(["! The result is twice the number.", "*this is a fault of the grader*"])


def test_checks_that_cannot_be_read_are_a_collection_error(run, course: Places) -> None:
    """And so is a module of checks that belongs to no exercise."""
    course.checks("ex00_double").write_text("def test_x(attempt):\n    pass\n")
    (course.checks_folder / "test_ex01_stray.py").write_text("def test_x(attempt):\n    '''X.'''\n")
    result = run("--answers=solutions")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*test_x has no docstring*", "*there is no exercise 'ex01_stray'*"])


def test_other_answers_are_graded_where_they_lie(run, course: Places, tmp_path: Path) -> None:
    """For a teacher with a folder for each student."""
    folder = tmp_path / "alice"
    folder.mkdir()
    (folder / "ex00_double.py").write_text(GOOD)
    result = run(f"--answers={folder}")
    result.assert_outcomes(passed=2, failed=1)


def test_a_seed_is_printed_and_replayed(run, course: Places) -> None:
    """A replay says that it is not scored."""
    course.answer("ex00_double").write_text(GOOD)
    paths = ("tests/exercises/test_ex00_double.py",)
    run("--seed=7", paths=paths).stdout.fnmatch_lines(
        ["exercises: *, seed 7 (a replay, not scored), wall: process"]
    )
    first, second = run(paths=paths), run(paths=paths)
    seeds = [line for result in (first, second) for line in result.outlines if line.startswith("exercises:")]
    assert seeds[0] != seeds[1]


def test_workers_of_xdist_agree(
    run, pytester: pytest.Pytester, course: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the seed, on the answers, and on what there is to run."""
    course.answer("ex00_double").write_text("def double(number):\n    return 1\n")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    ignored = [f"--ignore={course.checks_folder / kind}" for kind in ("wrong", "right")]
    result = pytester.runpytest_subprocess(
        *OPTIONS, *ignored, "-p", "xdist", "-n2", str(course.checks_folder)
    )
    result.assert_outcomes(failed=2, skipped=1)
    header = next(line for line in result.outlines if line.startswith("exercises:"))
    seed = header.partition("seed ")[2].split()[0]
    result.stdout.fnmatch_lines([f"  seed {seed} (replay it with --seed {seed}), wall: process"])
    result.stdout.no_fnmatch_line("*Traceback*")
