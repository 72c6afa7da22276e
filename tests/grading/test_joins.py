"""A whole exercise has no problem; and each thing that can be wrong with one is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labapp.authoring.derive import derive
from labapp.authoring.scaffold import new_exercise
from labapp.errors import SetupError
from labapp.grading.engine import grade
from labapp.grading.joins import all_problems, missing, one_sided, strays, stumbles, unproven
from labapp.grading.places import Places
from labapp.grading.process import AnswerHost

DOUBLE, SPEND = "ex00_double", "ex09_spend"


def test_the_tiny_course_is_whole(small_course: Places, host: AnswerHost) -> None:
    """Nothing is missing, nothing lies around, every answer gets its verdict."""
    assert all_problems(small_course, host) == {}


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda c: c.solution(DOUBLE).unlink(), "solutions/ex00_double.py is missing"),
        (lambda c: c.stub(DOUBLE).unlink(), "exercises/ex00_double.py is missing"),
        (lambda c: c.checks(DOUBLE).unlink(), "tests/exercises/test_ex00_double.py is missing"),
        (lambda c: c.wrong(DOUBLE)[0].unlink(), "2 wrong answers in"),
        (lambda c: rewrite(c.stub(DOUBLE), "Return twice", "Return thrice"), "the stub is stale"),
        (lambda c: rewrite(c.solution(DOUBLE), "# END SOLUTION", ""), "BEGIN SOLUTION without END"),
        (
            lambda c: rewrite(c.catalog, '"Double a number"', '"TODO: say"'),
            "the catalogue still says 'TODO: say'",
        ),
        (lambda c: (c.notebooks / "00_lesson.ipynb").unlink(), "no cell of notebooks/00_*.ipynb begins with"),
    ],
)
def test_a_place_that_is_missing_is_named(
    course: Places, harm: Callable[[Places], None], problem: str
) -> None:
    """By its path, from the course's folder."""
    harm(course)
    assert any(problem in found for found in missing(DOUBLE, course))
    assert missing(SPEND, course) == []


@pytest.mark.parametrize(
    "name",
    [
        "exercises/ex05_gone.py",
        "solutions/ex05_gone.py",
        "solutions/notes.py",
        "tests/exercises/test_ex05_gone.py",
        "tests/exercises/helper.py",
        "tests/exercises/wrong/ex05_gone/x.py",
        "tests/exercises/right/ex05_gone/x.py",
    ],
)
def test_a_stray_file_is_named(course: Places, name: str) -> None:
    """Wherever it lies; what belongs to tools is none."""
    path = course.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    (course.checks_folder / "conftest.py").touch()
    (course.checks_folder / "wrong" / "__pycache__").mkdir()
    (problem,) = strays(course)
    assert problem.startswith(name.removesuffix("/x.py"))


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (
            lambda c: rewrite(c.solution(DOUBLE), "number + number", "number + number + 1"),
            "solutions/ex00_double.py should pass",
        ),
        (
            lambda c: rewrite(c.checks_folder / "right" / DOUBLE / "by_shift.py", "<< 1", "<< 2"),
            "by_shift.py should pass",
        ),
        (
            lambda c: rewrite(
                c.wrong(DOUBLE)[0], "Refused by: test_it_doubles", "Refused by: test_it_trebles"
            ),
            "test_it_trebles is no check of this exercise",
        ),
        (
            lambda c: rewrite(c.wrong(DOUBLE)[0], "Refused by", "It is refused by"),
            "its docstring should say the mistake",
        ),
        (
            lambda c: rewrite(c.checks(DOUBLE), "result == 2 * number", "True"),
            "returns_it.py should fail at test_it_doubles, which says: passed",
        ),
        (
            lambda c: rewrite(
                c.checks_folder / "wrong" / DOUBLE / "returns_it.py", "def double", "def dubble"
            ),
            "returns_it.py should fail at test_it_doubles, which says: failed there is no function",
        ),
        (
            lambda c: rewrite(c.stub(DOUBLE), "raise NotImplementedError", "return number * 2"),
            "the stub earns points",
        ),
    ],
)
def test_a_wrong_verdict_is_named(
    course: Places, host: AnswerHost, harm: Callable[[Places], None], problem: str
) -> None:
    """With the answer, the check, and the seed that brings it back."""
    harm(course)
    found = unproven(DOUBLE, course, host)
    assert any(problem in one for one in found), found


def test_a_check_that_only_refuses_is_named(course: Places, host: AnswerHost) -> None:
    """An answer that refuses everything would earn its points."""
    rewrite(course.checks(DOUBLE), '    attempt.call("double", attempt.rng.randrange(1, 99))\n', "")
    rewrite(course.checks(DOUBLE), ', depends="test_it_doubles"', "")
    found = one_sided(DOUBLE, course, host)
    assert any(
        "sees double refuse, and neither it nor what it depends on sees it accept" in one for one in found
    )
    assert any("always raising ValueError('no') earns 1.5" in one for one in found)


def test_a_check_that_stumbles_over_an_odd_value_is_named(course: Places, host: AnswerHost) -> None:
    """What an answer returns may be anything, and a check must not look into it unseen."""
    rewrite(
        course.checks(DOUBLE),
        'attempt.shaped(attempt.call("double", number), int, "what double returns")',
        'attempt.call("double", number) + 0',
    )
    found = stumbles(DOUBLE, course, host)
    assert any("always returning None: fault" in one for one in found)


def test_a_course_that_cannot_be_read_is_one_problem(course: Places, host: AnswerHost) -> None:
    """Under no slug."""
    course.catalog.write_text("x")
    assert list(all_problems(course, host)) == [""]


def test_a_new_exercise_has_every_place_and_says_what_is_to_do(course: Places, host: AnswerHost) -> None:
    """It is whole enough to be graded: its solution passes; its wrong answers are refused; its TODOs are found."""
    slug = "ex09_grace_for_the_parent"
    written = new_exercise(slug, course)
    assert [path.relative_to(course.home).as_posix() for path in written] == [
        "exercises/catalog.toml",
        f"solutions/{slug}.py",
        f"exercises/{slug}.py",
        f"tests/exercises/test_{slug}.py",
        *(f"tests/exercises/wrong/{slug}/{name}_mistake.py" for name in ("first", "second", "third")),
    ]
    assert unproven(slug, course, host) == []
    assert grade(slug, course.solution(slug).read_text(), host=host, where=course).is_passed
    todos = missing(slug, course)
    assert [problem for problem in todos if "TODO" in problem]
    assert any("%%answer" in problem for problem in todos)
    assert unproven(DOUBLE, course, host) == []


def test_a_new_exercise_overwrites_nothing(course: Places) -> None:
    """If one place is taken, no place is written."""
    course.solution("ex09_x").write_text("mine")
    before = sorted(course.home.rglob("*"))
    for slug, problem in [
        ("ex09_x", "solutions/ex09_x.py exists already; nothing was written"),
        (SPEND, "is in the catalogue already"),
        ("grace", "'grace' is no slug"),
        ("ex9_x", "is no slug"),
        ("ex09_X", "is no slug"),
        ("../ex09_x", "is no slug"),
    ]:
        with pytest.raises(SetupError, match=problem):
            new_exercise(slug, course)
    assert sorted(course.home.rglob("*")) == before
    assert course.solution("ex09_x").read_text() == "mine"


def test_what_is_derived_is_written_or_named(course: Places) -> None:
    """Stubs and the cells of lessons; a second time there is nothing to do."""
    notebook = course.notebooks / "00_lesson.ipynb"
    rewrite(course.solution(DOUBLE), "Return twice the number", "Return the double")
    stale = derive(course, check=True)
    assert [path.name for path in stale] == ["ex00_double.py", "00_lesson.ipynb", "09_lesson.ipynb"]
    assert "Return twice" in course.stub(DOUBLE).read_text(), "nothing was written"
    assert derive(course) == stale
    assert "Return the double" in course.stub(DOUBLE).read_text()
    assert '"%%answer ex00_double\\n"' in notebook.read_text()
    assert "Return the double" in notebook.read_text()
    assert "old" not in notebook.read_text()
    assert derive(course) == []


def test_what_cannot_be_derived_is_named_and_nothing_is_written(course: Places) -> None:
    """A cell that answers no exercise; a notebook that is none; a solution without markers."""
    before = {path: path.read_bytes() for path in course.home.rglob("*") if path.is_file()}
    notebook = course.notebooks / "00_lesson.ipynb"
    for path, text, problem in [
        (
            notebook,
            notebook.read_text().replace(DOUBLE, "ex00_duble"),
            "answers ex00_duble, which is no exercise",
        ),
        (notebook, "{}", "not a notebook"),
        (course.solution(DOUBLE), "x = 1\n", "has no # BEGIN SOLUTION"),
    ]:
        path.write_text(text)
        with pytest.raises(SetupError, match=problem):
            derive(course)
        path.write_bytes(before[path])
    assert {path: path.read_bytes() for path in course.home.rglob("*") if path.is_file()} == before
