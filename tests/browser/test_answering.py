"""An answer is written into its cell, judged there, kept, and brought back: what a learner does all day."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from labapp.grading.engine import catalog, grade
from labapp.grading.places import places
from labapp.grading.verdict import FAILED
from tests.browser.conftest import LESSONS
from tests.browser.desk import Desk, output
from tests.browser.jupyter import Jupyter

pytestmark = pytest.mark.xdist_group("browser")
SLUGS = [exercise.slug for exercise in catalog() if any(name.startswith(exercise.lesson) for name in LESSONS)]
SLUG = "ex00_two_doors"


@pytest.fixture
def desk_of(desks: Callable[[str], Desk]) -> Callable[[str], Desk]:
    """Give a function that returns the desk at which an exercise lies."""

    def find(slug: str) -> Desk:
        desk = desks(next(name for name in LESSONS if name.startswith(catalog()[slug].lesson)))
        desk.page.bring_to_front()
        return desk

    return find


def solution(slug: str) -> str:
    return places().solution(slug).read_text(encoding="utf-8")


def words(text: str) -> str:
    """Return a text with single spaces, since lines are broken anywhere, and without the marks of code."""
    return " ".join(text.replace("`", "").split())


def is_full(cell: Locator, slug: str) -> None:
    """Wait for a report with full marks."""
    points = catalog()[slug].points
    expect(output(cell)).to_contain_text(f"✓ passed {points} of {points} points")
    expect(output(cell).locator(".badge.bad, .badge.warn")).to_have_count(0)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_reference_answer_gets_full_marks_in_its_cell(
    slug: str, desk_of: Callable[[str], Desk], answers: Path
) -> None:
    """And it is saved, letter for letter."""
    cell = desk_of(slug).answer(slug, solution(slug))
    is_full(cell, slug)
    assert (answers / f"{slug}.py").read_text(encoding="utf-8").strip() == solution(slug).strip()


@pytest.mark.parametrize(
    "path",
    [wrong for slug in SLUGS for wrong in places().wrong(slug)[:2]],
    ids=lambda p: f"{p.parent.name}-{p.stem}",
)
def test_a_wrong_answer_is_told_what_was_seen_and_given_the_right_hint(
    path: Path, desk_of: Callable[[str], Desk], answers: Path, tmp_path: Path
) -> None:
    """The page says what the grader says of the same file with the same seed, and nothing of our own code."""
    slug, text = path.parent.name, path.read_text(encoding="utf-8")
    cell = desk_of(slug).answer(slug, text)
    expect(output(cell).locator(".badge.bad").first).to_contain_text("✗ not yet")
    shown = words(output(cell).inner_text())
    verdict = grade(slug, text, seed=int(re.search(r"seed (\d+) replays these numbers", shown)[1]))
    failed = [check for check in verdict.checks if check.outcome == FAILED]
    assert failed
    for check in failed:
        assert words(check.sentence) in shown
        assert words(f"seen {check.seen}") in shown
        assert words(f"hint {check.hint}") in shown
    assert output(cell).locator(".badge.good").count() == verdict.counted("passed")
    assert not re.search(r"Traceback|labapp/|site-packages|\.py\", line", shown)
    output(cell).screenshot(path=tmp_path / "report.png")


def test_an_answer_survives_a_restart_and_is_judged_again(
    jupyter: Jupyter, desk_of: Callable[[str], Desk], answers: Path
) -> None:
    """Restart kernel and run all: the cell holds it still, the file as well, and the report is new."""
    desk = desk_of(SLUG)
    cell = desk.answer(SLUG, solution(SLUG))
    is_full(cell, SLUG)
    seed = re.search(r"seed \d+", output(cell).inner_text())[0]
    desk.restart_and_run_all()
    is_full(cell, SLUG)
    expect(output(cell)).not_to_contain_text(seed)
    assert (answers / f"{SLUG}.py").read_text(encoding="utf-8").strip() == solution(SLUG).strip()


def test_a_fresh_copy_of_the_lesson_names_the_saved_answer_and_brings_it_back(
    scratch: Desk, desk_of: Callable[[str], Desk], answers: Path
) -> None:
    """The stub in its cell overwrites nothing; `lab.restore` puts the answer into a cell of its own, ready to run."""
    desk_of(SLUG).answer(SLUG, solution(SLUG))
    scratch.page.bring_to_front()
    stub = scratch.cell(f"%%answer {SLUG}")
    scratch.run(stub)
    expect(output(stub)).to_contain_text(f"{SLUG}.py holds an earlier answer: lab.restore('{SLUG}')")
    asking = scratch.insert_below(stub, f"lab.restore('{SLUG}')")
    count = scratch.cells.count()
    scratch.run(asking)
    expect(scratch.cells).to_have_count(count + 1)
    restored = scratch.cell_after(asking)
    expect(restored.locator(".cm-content")).to_contain_text(f"%%answer {SLUG}")
    scratch.run(restored)
    is_full(restored, SLUG)
