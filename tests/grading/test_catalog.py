"""The catalogue is read strictly, and every mistake in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from labapp.errors import SetupError, UnknownExerciseError
from labapp.grading.catalog import read_catalog
from labapp.grading.checks.collecting import collect
from labapp.grading.failures import HarnessFault
from labapp.grading.places import BESIDE_THE_PACKAGE, Places, find_home, places

GOOD = """
[[exercise]]
slug = "ex00_x"
title = "X"
lesson = "00"
kind = "R"
minutes = 5
points = 1
core = true
words = ["expiry"]
sources = ["RFC 7519 section 4"]
hints = ["a", "b", "c"]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    return path


def test_the_courses_own_catalogue_is_good() -> None:
    """With what CURRICULUM says of the first two."""
    catalog = read_catalog(Places(BESIDE_THE_PACKAGE).catalog)
    first, second = catalog["ex00_two_doors"], catalog["ex08_rotate_refresh_token"]
    assert (first.lesson, first.kind_word, first.points, first.core) == ("00", "read", 1, True)
    assert (second.lesson, second.kind_word, second.points, second.core) == ("08", "defend", 5, True)
    assert all(len(set(exercise.hints)) == 3 for exercise in catalog)


def test_an_entry_is_read(tmp_path: Path) -> None:
    """Optional fields have their defaults."""
    catalog = read_catalog(written(tmp_path, GOOD + "[exercise.thresholds]\nmost = 3\n"))
    exercise = catalog["ex00_x"]
    assert (catalog.slugs, len(catalog), "ex00_x" in catalog) == (["ex00_x"], 1, True)
    assert (exercise.needs, exercise.deadline, exercise.stop_at_timeout) == ((), 5.0, True)
    assert exercise.thresholds == {"most": 3}


def test_an_unknown_slug_names_the_nearest(tmp_path: Path) -> None:
    """Whoever typed it sees what was meant."""
    catalog = read_catalog(written(tmp_path, GOOD))
    with pytest.raises(UnknownExerciseError, match="did you mean ex00_x"):
        catalog["ex00_y"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('slug = "ex00_x"', 'slug = "two doors"', "a slug looks like"),
        ('slug = "ex00_x"', 'slug = "ex01_x"', "lesson is '00', but its number says '01'"),
        ('slug = "ex00_x"', "", "(an exercise without a slug): slug is missing"),
        ('slug = "ex00_x"', "slug = 3", "slug is 3, which is of the wrong type"),
        ('kind = "R"', 'kind = "X"', "kind is 'X', not one of R, A, D, C"),
        ("minutes = 5", "minutes = 0", "minutes is 0"),
        ('["expiry"]', '["speed"]', "words is ['speed']"),
        ("minutes = 5", "minutes = true", "minutes is True, which is of the wrong type"),
        ("points = 1", "", "ex00_x: points is missing"),
        ("points = 1", "points = 1\nscore = 2", "score is no field"),
        ('"a", "b", "c"', '"a", "b"', "has 2 hints"),
        ('"a", "b", "c"', '"a", " ", "c"', "none may be empty"),
        ('["RFC 7519 section 4"]', "[]", "sources is empty"),
        ("core = true", 'core = true\nneeds = ["ex00_z"]', "needs ex00_z, which is no exercise"),
        ("core = true", "core = true\ndeadline = -1.5", "deadline is -1.5"),
        ("core = true", "core = [", "cannot be read"),
        (
            "core = true",
            "core = true" + GOOD.partition("core = true")[2] + GOOD.partition("words")[0],
            "ex00_x: stands there twice",
        ),
    ],
)
def test_a_mistake_is_named_by_slug_and_field(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """In words that say what to change."""
    assert old in GOOD
    with pytest.raises(SetupError) as error:
        read_catalog(written(tmp_path, GOOD.replace(old, new, 1)))
    assert problem in str(error.value)


def test_home_is_beside_the_package_or_where_one_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a home without a catalogue is none."""
    monkeypatch.delenv("LAB_HOME", raising=False)
    assert find_home() == BESIDE_THE_PACKAGE
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    with pytest.raises(SetupError, match="LAB_HOME"):
        find_home()
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "catalog.toml").touch()
    assert places().home == tmp_path.resolve()


HEAD = "from labapp.grading.checks import check\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no function test_"),
        ("def test_a(attempt):\n    pass\n", "test_a has no docstring"),
        ("def test_a(attempt):\n    '''A.'''\nraise ValueError('x')\n", "cannot be imported: ValueError: x"),
        (
            "@check(depends='test_b')\ndef test_a(attempt):\n    '''A.'''\n",
            "can never be reached: test_a on test_b",
        ),
        (
            "@check(depends='test_b')\ndef test_a(attempt):\n    '''A.'''\n"
            "@check(depends='test_a')\ndef test_b(attempt):\n    '''B.'''\n",
            "can never be reached",
        ),
    ],
)
def test_a_module_of_checks_that_is_no_good_is_our_fault(tmp_path: Path, text: str, problem: str) -> None:
    """It is told when it is collected, not when a learner's answer reaches it."""
    path = tmp_path / "test_ex00_x.py"
    path.write_text(HEAD + text)
    with pytest.raises(HarnessFault, match=problem):
        collect(path)


def test_checks_are_read_once_and_again_when_they_change(tmp_path: Path) -> None:
    """In the order of the file, with their settings; helpers and imports are no checks."""
    path = tmp_path / "test_ex00_x.py"
    with pytest.raises(HarnessFault, match="no checks at test_ex00_x"):
        collect(path)
    path.write_text(
        HEAD + "def helper(): pass\ndef test_b(attempt):\n    '''B holds.\n\n    More.\n    '''\n"
        "@check(points=2, depends='test_b', deadline=9)\ndef test_a(attempt):\n    '''A holds.'''\n"
    )
    first = collect(path)
    assert [(c.name, c.sentence, c.points, c.depends, c.deadline) for c in first] == [
        ("test_b", "B holds.", 1, (), None),
        ("test_a", "A holds.", 2, ("test_b",), 9),
    ]
    assert collect(path) is first
    path.write_text(HEAD + "def test_longer_name(attempt):\n    '''C holds.'''\n")
    assert [check.name for check in collect(path)] == ["test_longer_name"]
