"""Every lesson runs from top to bottom, with the stubs and with the solutions, and keeps what was answered."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from labapp.authoring.notebooks import prose
from labapp.grading.engine import catalog
from tests.notebooks import LESSONS, ROOT, answered, outputs, read, run, slugs, text_of

IDS = [path.stem for path in LESSONS]
WORDS_A_MINUTE = 200
SECONDS_A_CODE_CELL = 8
"""Running a cell, looking at what it shows, predicting."""


def solutions(notebook) -> dict[str, str]:
    return {slug: (ROOT / "solutions" / f"{slug}.py").read_text(encoding="utf-8") for slug in slugs(notebook)}


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_a_lesson_runs_with_its_stubs(path: Path, tmp_path: Path) -> None:
    """Run All without a single answer ends at the last cell, and saves nothing."""
    notebook = read(path)
    ran = run(notebook, tmp_path / "answers")
    for slug in slugs(notebook):
        assert "not answered yet" in outputs(ran, slug)
    assert not list(tmp_path.rglob("*.py"))


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_a_lesson_runs_with_its_solutions_and_keeps_them(path: Path, tmp_path: Path) -> None:
    """Each solution gets full marks in its cell, is saved, and is still there after a restart and another Run All."""
    notebook, folder = read(path), tmp_path / "answers"
    ran = run(answered(notebook, solutions(notebook)), folder)
    for slug in slugs(notebook):
        assert "checks passed" in outputs(ran, slug)
        points = catalog()[slug].points
        assert f"({points} of {points} points)" in outputs(ran, slug)
        assert (folder / f"{slug}.py").read_text(encoding="utf-8").strip() == solutions(notebook)[
            slug
        ].strip()
    again = run(notebook, folder)  # a new kernel, and the lesson as it was given
    for slug in slugs(notebook):
        assert f"lab.restore({slug!r})" in outputs(again, slug)
        assert (folder / f"{slug}.py").read_text(encoding="utf-8").strip() == solutions(notebook)[
            slug
        ].strip()


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_a_lesson_explains_a_wrong_answer(path: Path, tmp_path: Path) -> None:
    """A wrong answer is refused in words, with a hint, and Run All goes on."""
    notebook = read(path)
    wrong = {
        s: sorted((ROOT / "tests/exercises/wrong" / s).glob("*.py"))[0].read_text() for s in slugs(notebook)
    }
    ran = run(answered(notebook, wrong), tmp_path / "answers")
    for slug in slugs(notebook):
        shown = outputs(ran, slug)
        assert "✗" in shown
        assert "hint" in shown
        assert "Traceback" not in shown


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_a_lesson_shows_no_warning_and_no_traceback(path: Path, tmp_path: Path) -> None:
    for cell in run(read(path), tmp_path / "answers").cells:
        shown = text_of(cell)
        assert "Warning" not in shown
        assert "Traceback" not in shown
        assert not any(o.get("output_type") == "error" for o in cell.get("outputs", []))


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_the_minutes_of_a_lesson_are_honest(path: Path) -> None:
    """Reading, running and the core exercises add up to what the first cell says, give or take a quarter."""
    notebook = read(path)
    stated = int(re.search(r"\*\*(\d+) minutes\.\*\*", notebook.cells[0].source)[1])
    words = sum(len(" ".join(prose(c.source)).split()) for c in notebook.cells if c.cell_type == "markdown")
    code = [c for c in notebook.cells if c.cell_type == "code"]
    exercises = [catalog()[slug] for slug in slugs(notebook)]
    minutes = words / WORDS_A_MINUTE + len(code) * SECONDS_A_CODE_CELL / 60
    minutes += sum(e.minutes for e in exercises if e.core)
    assert stated * 0.75 <= minutes <= stated * 1.25, f"{minutes:.0f} minutes, not {stated}"


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_a_lesson_has_the_shape_of_all_lessons(path: Path) -> None:
    """See, break, fix, price; predictions; sentences to remember; sources; a story; the same in Go."""
    notebook = read(path)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    for heading in (
        "See it",
        "Break it",
        "Fix it",
        "Price it",
        "Three sentences to remember",
        "Where the rules come from",
    ):
        assert re.search(rf"^##+ {heading}", text, re.MULTILINE), heading
    for heading in ("A story", "In Go"):
        assert re.search(rf"^## {heading}$", text, re.MULTILINE), heading
    code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code")
    assert code.count("lab.predict(") >= 3
    assert "```mermaid" in text
    assert 25 <= len(notebook.cells) <= 45


def test_a_lesson_is_quick(tmp_path: Path) -> None:
    """A coarse guard against a lesson that hangs; `make bench` has the times."""
    began = time.perf_counter()
    run(read(LESSONS[0]), tmp_path / "answers")
    assert time.perf_counter() - began < 60
