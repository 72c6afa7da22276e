"""What a learner wrote is never lost, and what was shown is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from labapp.errors import GradingError
from labapp.grading.answers import HISTORY, history, restore, save, undo, write
from labapp.grading.catalog import read_catalog
from labapp.grading.hints import FILE, next_hint, show_solution, shown
from labapp.grading.places import Places

SLUG = "ex00_x"
STUB = "def x():\n    raise NotImplementedError\n"


def test_a_cell_like_the_stub_saves_nothing(tmp_path: Path) -> None:
    """If there is an answer already, it is named."""
    saved = save(tmp_path, SLUG, STUB + "\n", STUB)
    assert (saved.is_saved, saved.waiting, list(tmp_path.iterdir())) == (False, False, [])
    (tmp_path / f"{SLUG}.py").write_text("mine")
    saved = save(tmp_path, SLUG, STUB, STUB)
    assert saved.waiting
    assert "lab.restore('ex00_x')" in str(saved)
    assert restore(tmp_path, SLUG) == "mine"


def test_a_cell_replaces_what_a_cell_wrote(tmp_path: Path) -> None:
    """Without a copy for every run; the cell itself has its undo."""
    for text in ("one", "two", "two"):
        assert save(tmp_path, SLUG, text, STUB).kept is None
    assert restore(tmp_path, SLUG) == "two\n"
    assert history(tmp_path, SLUG) == []


def test_a_file_that_somebody_else_wrote_is_kept_first(tmp_path: Path) -> None:
    """An editor's work, or a file that was there before any cell."""
    path = tmp_path / f"{SLUG}.py"
    path.write_text("from the editor")
    first = save(tmp_path, SLUG, "one", STUB)
    path.write_text("changed in the editor")
    second = save(tmp_path, SLUG, "one", STUB)
    assert [p.read_text() for p in history(tmp_path, SLUG)] == ["from the editor", "changed in the editor"]
    assert [p.name for p in history(tmp_path, SLUG)] == ["ex00_x.0001.py", "ex00_x.0002.py"]
    assert first.kept == history(tmp_path, SLUG)[0]
    assert "what stood there before is in .history/ex00_x.0002.py" in str(second)


def test_the_same_text_needs_no_copy(tmp_path: Path) -> None:
    """Whoever wrote it."""
    (tmp_path / f"{SLUG}.py").write_text("one\n")
    assert save(tmp_path, SLUG, "one", STUB).kept is None


def test_undo_brings_back_and_forth(tmp_path: Path) -> None:
    """Undoing twice is nothing, and nothing is lost by it."""
    assert undo(tmp_path, SLUG) is None
    (tmp_path / f"{SLUG}.py").write_text("old")
    save(tmp_path, SLUG, "new", STUB)
    assert undo(tmp_path, SLUG) == tmp_path / f"{SLUG}.py"
    assert restore(tmp_path, SLUG) == "old"
    undo(tmp_path, SLUG)
    assert restore(tmp_path, SLUG) == "new\n"
    (tmp_path / f"{SLUG}.py").unlink()
    undo(tmp_path, SLUG)
    assert restore(tmp_path, SLUG) == "old"
    assert history(tmp_path, SLUG) == []


def test_names_sort_beyond_ten(tmp_path: Path) -> None:
    """The youngest is the last; another exercise is another history."""
    path = tmp_path / f"{SLUG}.py"
    for number in range(12):
        path.write_text(f"edit {number}")
        save(tmp_path, SLUG, f"cell {number}", STUB)
    (tmp_path / HISTORY / "ex00_x_more.0099.py").write_text("another exercise")
    assert [p.read_text() for p in history(tmp_path, SLUG)] == [f"edit {number}" for number in range(12)]


def test_a_write_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves the old answer, and no litter."""
    path = tmp_path / "answer.py"
    write(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["answer.py"]


class Nothing_Is_Lost(RuleBasedStateMachine):  # noqa: N801 - a claim
    """Cells and editors write in any order: every text that an editor wrote is still somewhere."""

    @initialize()
    def begin(self) -> None:
        import tempfile

        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.edited: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    @rule(text=st.sampled_from(["a", "b", "c", STUB]))
    def run_cell(self, text: str) -> None:
        save(self.folder, SLUG, text, STUB)

    @rule(text=st.integers())
    def edit(self, text: int) -> None:
        here = restore(self.folder, SLUG)
        if here in self.edited:
            self.edited.remove(here)  # the editor's own business
        (self.folder / f"{SLUG}.py").write_text(f"edit {text}")
        self.edited.append(f"edit {text}")

    @rule()
    def take_back(self) -> None:
        undo(self.folder, SLUG)

    @invariant()
    def all_is_there(self) -> None:
        if hasattr(self, "folder"):
            there = [p.read_text() for p in history(self.folder, SLUG)] + [restore(self.folder, SLUG) or ""]
            assert set(self.edited) <= set(there)


TestNothingIsLost = Nothing_Is_Lost.TestCase
TestNothingIsLost.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)


def test_hints_come_one_at_a_time_and_are_remembered(small_course: Places, tmp_path: Path) -> None:
    """After the third the solution can be shown, and then the exercise is marked."""
    exercise = read_catalog(small_course.catalog)["ex00_double"]
    solution = small_course.solution("ex00_double")
    with pytest.raises(GradingError, match="3 of 3 hints are still unread"):
        show_solution(tmp_path, exercise, solution)
    assert [next_hint(tmp_path, exercise) for _ in range(4)] == [
        "hint 1 of 3: add",
        "hint 2 of 3: add it",
        "hint 3 of 3: add it to itself",
        "these were all hints; lab.solution('ex00_double') shows one way to do it",
    ]
    assert (shown(tmp_path, "ex00_double").hints, shown(tmp_path, "ex00_double").solution) == (3, False)
    assert "BEGIN SOLUTION" in show_solution(tmp_path, exercise, solution)
    assert shown(tmp_path, "ex00_double").solution
    assert shown(tmp_path, "ex09_spend").hints == 0


def test_a_course_without_solutions_says_so(small_course: Places, tmp_path: Path) -> None:
    """And does not mark the exercise."""
    exercise = read_catalog(small_course.catalog)["ex00_double"]
    for _ in range(3):
        next_hint(tmp_path, exercise)
    with pytest.raises(GradingError, match="has no solution"):
        show_solution(tmp_path, exercise, tmp_path / "gone.py")
    assert not shown(tmp_path, "ex00_double").solution


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ex00_double": 3}', '{"ex00_double": {"hints": "x"}}'])
def test_a_broken_record_of_hints_counts_as_empty(small_course: Places, tmp_path: Path, text: str) -> None:
    """A lesson never stops because of it."""
    (tmp_path / FILE).write_text(text)
    assert shown(tmp_path, "ex00_double").hints == 0
    assert next_hint(tmp_path, read_catalog(small_course.catalog)["ex00_double"]) == "hint 1 of 3: add"
