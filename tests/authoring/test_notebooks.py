"""The canonical form of notebooks: what it takes away, what it keeps, and what it will not repair."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.authoring.notebooks import KERNELSPEC, canonical, check, has_two_sentences, problems, prose

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def code(source: str = "1 + 1", **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": "code",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
        **more,
    }


def text(source: str = "Look.", **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "text", "metadata": {}, "source": source, **more}


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": KERNELSPEC, **metadata},
        "cells": list(cells),
    }


def formed(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(canonical(json.dumps(notebook(*cells, **metadata))))
    return result


def test_a_run_leaves_no_trace() -> None:
    """Outputs, counts, the state of widgets and how somebody looked at it go; the lesson stays."""
    output = {"output_type": "stream", "name": "stdout", "text": "2"}
    fresh = notebook(code(), text())
    used = notebook(
        code(outputs=[output], execution_count=3, metadata={"scrolled": True, "execution": {"iopub": "now"}}),
        text(),
        widgets={"state": {}},
        language_info={"name": "python", "version": "3.11.2"},
    )
    assert canonical(json.dumps(used)) == canonical(json.dumps(fresh))


def test_ids_and_tags_are_kept() -> None:
    """An id is what exercises and widgets find a cell by; tags are the author's."""
    cell = formed(code(id="watch-it-die", metadata={"tags": ["core"], "collapsed": True}))["cells"][0]
    assert cell["id"] == "watch-it-die"
    assert cell["metadata"] == {"tags": ["core"]}


def test_a_missing_id_is_reported_and_never_invented() -> None:
    """An id made up at every run would make every version of a lesson different."""
    cell = text()
    del cell["id"]
    assert "id" not in formed(cell)["cells"][0]
    assert any("has no id" in problem for problem in problems(notebook(cell)))


def test_every_lesson_gets_the_same_kernel() -> None:
    """A kernel of somebody's own would start nowhere else."""
    own = {"name": "my-env", "display_name": "mine"}
    assert formed(code(), kernelspec=own)["metadata"]["kernelspec"] == KERNELSPEC
    assert problems(notebook(code(), kernelspec=own)) == ["the kernelspec is my-env, not python3"]


def test_the_file_is_written_one_way() -> None:
    """Sorted keys, indent 1, text as it is, no blank lines at the end of a cell, one line end at the end."""
    written = canonical(json.dumps(notebook(text("Wait … now\n\n"))))
    assert written.startswith('{\n "cells": [\n  {\n   "cell_type": "markdown",\n   "id": "text"')
    assert '"source": [\n    "Wait … now"\n   ]' in written
    assert written.endswith('"nbformat_minor": 5\n}\n')


def test_jupyterlab_writes_the_same_file() -> None:
    """So that saving a lesson there changes no line that nobody touched."""
    import nbformat  # here, because importing it takes seconds

    written = canonical(
        json.dumps(notebook(code("a = 1\n\nb = 'ä'"), text("One.\nTwo."), code(id="empty", source="")))
    )
    assert nbformat.writes(nbformat.reads(written, as_version=4)) + "\n" == written


SOURCES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
CELLS = st.one_of(
    st.builds(code, SOURCES, execution_count=st.none() | st.integers(0, 9)),
    st.builds(text, SOURCES, metadata=st.dictionaries(st.sampled_from(["tags", "trusted", "x"]), st.none())),
)


@given(st.lists(CELLS, max_size=3))
def test_canonical_form_is_a_fixed_point(cells: list[dict[str, Any]]) -> None:
    """Writing a canonical notebook again changes nothing, whatever stands in its cells."""
    once = canonical(json.dumps(notebook(*cells)))
    assert canonical(once) == once


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (code(outputs=[{"output_type": "stream", "name": "stdout", "text": "2"}]), "has outputs"),
        (code(execution_count=1), "has an execution count"),
        (code("\n".join(["x = 1"] * 13)), "has 13 lines of code"),
        (text(" ".join(["word"] * 161)), "has 161 words"),
        (text("It expires. Nobody notices."), "two sentences on one line"),
        (text("![me](attachment:me.png)", attachments={"me.png": {"image/png": "…"}}), "a picture is stored"),
        (text("  "), "is empty"),
    ],
)
def test_a_problem_is_named_with_its_cell(cell: dict[str, Any], problem: str) -> None:
    """Whoever wrote it must find the place."""
    found = problems(notebook(cell))
    assert len(found) == 1
    assert found[0].startswith(f"cell 1 ({cell['id']}): {problem}")


@pytest.mark.parametrize(
    "cell",
    [
        code("\n".join(["x = 1"] * 12)),
        code("%%answer ex08_rotate_refresh_token\n" + "x = 1\n" * 30),
        text(" ".join(["word"] * 160)),
        text("\n".join(["| " + "cell " * 50 + "|"] * 9)),
        text("It expires.\nNobody notices."),
    ],
)
def test_what_is_allowed_passes(cell: dict[str, Any]) -> None:
    """The limits themselves are inside; tables and answers are not counted."""
    assert problems(notebook(cell)) == []


def test_two_cells_of_one_id_are_reported() -> None:
    """JupyterLab would rename one of them at the next save."""
    assert problems(notebook(text(), text())) == ["cell 2 (text): another cell has the same id"]


@pytest.mark.parametrize(
    "line",
    [
        "It expires. The thief goes on.",
        "Who is it? Nobody knows.",
        "“It expires.” Then it was used.",
        "- It expires. The thief goes on.",
        "> 1. It expires. The thief goes on.",
        "It *expires.* `jwt.decode` says so.",
        "Between A and B. Then again.",
    ],
)
def test_a_second_sentence_is_seen(line: str) -> None:
    """In lists, in quotations, behind emphasis, before code."""
    assert has_two_sentences(line)


@pytest.mark.parametrize(
    "line",
    [
        "It expires.",
        "1. Open the notebook.",
        "## 02. Verify",
        "- [ ] Open it.",
        "Call `a. B` and wait.",
        "A library, e.g. PyJWT, refuses (cf. RFC 8725).",
        "PyJWT 2.15 and Redis 7.0 are enough.",
        "The U.S. Government wrote it.",
        "Look at https://id.harbour.test/.well-known/jwks.json.",
    ],
)
def test_one_sentence_is_one_sentence(line: str) -> None:
    """A check that cries wolf is switched off."""
    assert not has_two_sentences(line)


def test_code_in_text_is_not_prose() -> None:
    """Fences may be of either kind, and a longer one may hold a shorter one."""
    source = "One.\n~~~\nA. B\n~~~\nTwo.\n````md\n```\nA. B\n```\n````\nThree.\n| A. B |\n<br> A. B"
    assert list(prose(source)) == ["One.", "Two.", "Three."]


@pytest.mark.parametrize(
    "wrong", ["", "[]", '{"nbformat": 3}', '{"nbformat": 4}', '{"nbformat": 4, "cells": [1]}']
)
def test_what_is_no_notebook_is_refused(wrong: str) -> None:
    """`canonical` says so, and `check` reports it like any other problem."""
    with pytest.raises(ValueError, match=r"notebook|Expecting value"):
        canonical(wrong)
    assert len(check(wrong)) == 1


def test_check_asks_for_the_canonical_form() -> None:
    """A notebook without a problem may still be written in another way."""
    written = json.dumps(notebook(text()))
    assert "canonical form" in check(written)[0]
    assert check(canonical(written)) == []


def test_check_asks_for_the_notebook_format() -> None:
    """What our own rules do not cover is covered by the format's schema."""
    assert "breaks the notebook format" in check(canonical(json.dumps(notebook(text(id="no spaces")))))[0]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_lessons_are_kept_in_canonical_form(lesson: Path) -> None:
    """Every notebook of the course."""
    assert check(lesson.read_text(encoding="utf-8")) == []
