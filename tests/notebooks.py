"""Run a lesson as a learner does: a kernel, every cell from the top, answers in a folder of their own."""

from __future__ import annotations

import copy
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@contextmanager
def environment(**values: str):
    """Set environment variables for the kernels that are started inside the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def answered(notebook: Any, texts: dict[str, str]) -> Any:
    """Return the notebook with these texts in its `%%answer` cells."""
    filled = copy.deepcopy(notebook)
    for cell in filled.cells:
        slug = answer_slug(cell)
        if slug in texts:
            cell.source = f"%%answer {slug}\n{texts[slug]}"
    return filled


def answer_slug(cell: Any) -> str:
    first = cell.source.partition("\n")[0]
    return first.split()[1] if cell.cell_type == "code" and first.startswith("%%answer ") else ""


def slugs(notebook: Any) -> list[str]:
    return [slug for cell in notebook.cells if (slug := answer_slug(cell))]


def run(notebook: Any, answers: Path, **values: str) -> Any:
    """Run every cell in a fresh kernel; an error in any cell fails."""
    ran = copy.deepcopy(notebook)
    with environment(LAB_ANSWERS=str(answers), LAB_HOME=str(ROOT), **values):
        client = NotebookClient(
            ran, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
        )
        client.execute()
    return ran


def outputs(notebook: Any, slug: str) -> str:
    """Return what a lesson shows under an exercise, as text."""
    cell = next(cell for cell in notebook.cells if answer_slug(cell) == slug)
    return text_of(cell)


def text_of(cell: Any) -> str:
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
    )
