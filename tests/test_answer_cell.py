"""The `%%answer` cell, in a real IPython shell: when it saves, what it explains, and what it never does."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from labapp.grading.places import places
from labapp.widgets import cell

SLUG = "ex00_two_doors"
GOOD = places().solution(SLUG).read_text(encoding="utf-8")
STUB = places().stub(SLUG).read_text(encoding="utf-8")


@pytest.fixture
def shell():
    shell = InteractiveShell.instance()
    cell.register()
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_ANSWERS", str(tmp_path / "answers"))
    return tmp_path / "answers"


def answer(shell: InteractiveShell, text: str, slug: str = SLUG) -> str:
    with capture_output() as captured:
        shell.run_cell_magic("answer", slug, text)
    return captured.stdout + "\n".join(str(output.data.get("text/plain", "")) for output in captured.outputs)


def test_the_stub_saves_nothing(shell, folder):
    assert "not answered yet" in answer(shell, STUB)
    assert not (folder / f"{SLUG}.py").exists()


def test_an_answer_is_saved_defined_and_judged(shell, folder):
    shown = answer(shell, GOOD)
    assert "(1 of 1 points)" in shown
    assert (folder / f"{SLUG}.py").read_text(encoding="utf-8").strip() == GOOD.strip()
    assert callable(shell.user_ns["describe"])


def test_the_stub_never_overwrites_an_answer_and_names_it(shell, folder):
    answer(shell, GOOD)
    assert f"lab.restore({SLUG!r})" in answer(shell, STUB)
    assert (folder / f"{SLUG}.py").read_text(encoding="utf-8").strip() == GOOD.strip()


def test_what_was_written_in_an_editor_is_kept(shell, folder):
    answer(shell, GOOD)
    (folder / f"{SLUG}.py").write_text("# mine, from the editor\n", encoding="utf-8")
    assert ".history/" in answer(shell, GOOD)
    kept = [p.read_text(encoding="utf-8") for p in (folder / ".history").glob("*.py")]
    assert "# mine, from the editor\n" in kept


def test_a_name_from_the_notebook_is_explained(shell, folder):
    shell.user_ns["helper"] = lambda response: {}
    shown = answer(shell, "def describe(response):\n    return helper(response)\n")
    assert "helper is known in this notebook but not in your answer" in shown


def test_a_syntax_error_is_the_learners_own_line_and_nothing_of_ours(shell, folder):
    shown = answer(shell, "def describe(response)\n    return 1\n")
    assert "def describe(response)" in shown
    assert "labapp/" not in shown
    assert "could not be loaded" in shown


def test_an_unknown_exercise_is_one_sentence_with_the_nearest_name(shell, folder):
    shown = answer(shell, GOOD, "ex00_two_door")
    assert "did you mean ex00_two_doors?" in shown
    assert "Traceback" not in shown


def test_outside_a_notebook_registering_does_nothing():
    InteractiveShell.clear_instance()
    cell.register()
