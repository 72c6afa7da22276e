"""The one form in which a lesson is kept, and what is wrong with a notebook that is not ready to be one.

Running a notebook changes its file: outputs, counts, the state of widgets, the name of somebody's kernel.
`canonical` takes all that away, so that a difference between two versions is a difference in the lesson.
`problems` finds what no program can repair: a missing cell id, a code cell too long to read, two sentences on a line.

Rules kept here (`docs/glossary.md` has the words):

- No outputs, no execution counts, no state of widgets, no metadata that says how somebody looked at it.
- Every cell keeps the id that it was given, because exercises and widgets are found by it.
- One kernelspec, `python3`, on every machine.
- One sentence on a line of text, so that a change to a sentence is a change to a line.
- A code cell has at most 12 lines, unless a learner writes in it (`%%answer`).
- A text cell has at most 160 words; tables and diagrams are looked at and not counted.
- No stored pictures: what a learner sees comes from the learner's own run.

Example:
    >>> saved = '''{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code",
    ... "id": "sum", "metadata": {}, "source": "1 + 1", "execution_count": 7, "outputs": []}]}'''
    >>> '"execution_count": null' in canonical(saved)
    True
    >>> canonical(canonical(saved)) == canonical(saved)
    True
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
"""The kernel of every lesson; its name exists wherever JupyterLab is installed."""

KEPT_METADATA = ("deletable", "editable", "jupyter", "slideshow", "tags")
"""What an author may say about a cell; all other metadata is a trace of somebody's run or screen."""

MOST_CODE_LINES = 12
MOST_WORDS = 160

ANSWER_MAGIC = "%%answer"
"""How a cell begins in which a learner writes; it is as long as the exercise needs."""


def canonical(text: str) -> str:
    """Write a notebook in the one form in which lessons are kept.

    Args:
        text: the content of an `.ipynb` file, as JupyterLab or an author's program saved it.

    Returns:
        The same lesson: sorted keys, indent 1, one newline at the end.
        Cells without an id stay without one; `problems` names them.

    Raises:
        ValueError: this is not JSON, or not a notebook of format 4.
    """
    notebook = _read(text)
    notebook["metadata"] = {"kernelspec": dict(KERNELSPEC), "language_info": {"name": "python"}}
    notebook["nbformat_minor"] = 5  # the first with cell ids
    for cell in notebook["cells"]:
        cell["metadata"] = {k: v for k, v in cell.get("metadata", {}).items() if k in KEPT_METADATA}
        cell["source"] = _source(cell).rstrip().splitlines(keepends=True)
        if cell.get("cell_type") == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
    # As nbformat writes, and so JupyterLab; importing nbformat itself takes seconds, and checks run often.
    return json.dumps(notebook, ensure_ascii=False, indent=1, separators=(",", ": "), sort_keys=True) + "\n"


def problems(notebook: Mapping[str, Any]) -> list[str]:
    """Find what keeps a notebook from being a lesson.

    Args:
        notebook: the notebook as `json.loads` gives it.

    Returns:
        One sentence each, with the cell's number (from 1) and id; empty if all is well.

    Example:
        >>> cell = {"cell_type": "markdown", "id": "time", "metadata": {}, "source": "Wait. Then look again."}
        >>> for problem in problems({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}):
        ...     print(problem)
        the kernelspec is None, not python3
        cell 1 (time): two sentences on one line: 'Wait. Then look again.'
    """
    found = list(_notebook_problems(notebook))
    seen: set[str] = set()
    for number, cell in enumerate(notebook.get("cells", []), start=1):
        name = cell.get("id")
        where = f"cell {number} ({name or 'no id'})"
        if not name:
            found.append(f"{where}: has no id; save it once in JupyterLab, which gives it one")
        elif name in seen:
            found.append(f"{where}: another cell has the same id")
        seen.add(name)
        found += [f"{where}: {problem}" for problem in _cell_problems(cell)]
    return found


def check(text: str) -> list[str]:
    """Find what is wrong with a notebook file: its problems, and that it is not written in canonical form.

    Args:
        text: the content of the file.

    Returns:
        One sentence each; empty if all is well.
    """
    try:
        notebook = _read(text)
    except ValueError as error:
        return [str(error)]
    if found := problems(notebook):
        return found
    import nbformat  # here, because importing it takes seconds

    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"breaks the notebook format: {error.message}"]
    return (
        [] if text == canonical(text) else ["not in canonical form; `python -m labapp derive` writes it so"]
    )


def _read(text: str) -> dict[str, Any]:
    """Parse without nbformat's own reader, which would invent the ids that are missing."""
    notebook = json.loads(text)
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise ValueError("this is not a notebook of format 4")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("this notebook has no list of cells")
    return notebook


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _notebook_problems(notebook: Mapping[str, Any]) -> Iterator[str]:
    kernel = notebook.get("metadata", {}).get("kernelspec", {}).get("name")
    if kernel != KERNELSPEC["name"]:
        yield f"the kernelspec is {kernel}, not {KERNELSPEC['name']}"
    if "widgets" in notebook.get("metadata", {}):
        yield "the state of widgets is stored"


def _cell_problems(cell: Mapping[str, Any]) -> Iterator[str]:
    source = _source(cell)
    if not source.strip():
        yield "is empty"
    if cell.get("attachments"):
        yield "a picture is stored in it; pictures come from the learner's own run"
    if cell.get("cell_type") == "code":
        yield from _code_problems(cell, source)
    elif cell.get("cell_type") == "markdown":
        yield from _text_problems(source)


def _code_problems(cell: Mapping[str, Any], source: str) -> Iterator[str]:
    if cell.get("outputs"):
        yield "has outputs"
    if cell.get("execution_count") is not None:
        yield "has an execution count"
    lines = len(source.strip().splitlines())
    if lines > MOST_CODE_LINES and not source.lstrip().startswith(ANSWER_MAGIC):
        yield f"has {lines} lines of code, {MOST_CODE_LINES} at most; what is machinery belongs into labapp"


def _text_problems(source: str) -> Iterator[str]:
    lines = list(prose(source))
    words = sum(len(line.split()) for line in lines)
    if words > MOST_WORDS:
        yield f"has {words} words, {MOST_WORDS} at most"
    for line in lines:
        if has_two_sentences(line):
            yield f"two sentences on one line: {line!r}"


def prose(source: str) -> Iterator[str]:
    r"""Pick the lines of a text cell that are read as sentences: no code block, diagram, table or HTML.

    Example:
        >>> list(prose("Look.\n```mermaid\nA. B\n```\n| a. B | c |\nAgain."))
        ['Look.', 'Again.']
    """
    fence = ""
    for line in source.splitlines():
        text = line.strip()
        mark = re.match(r"(`{3,}|~{3,})", text)
        if fence:
            fence = "" if mark and text == mark[1] and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        elif text and not text.startswith(("|", "<")):
            yield text


_ABBREVIATIONS = re.compile(r"\b(?:e\.g|i\.e|cf|vs|approx|resp|Mr|Ms|Dr|(?:[A-Z]\.)+[A-Z])\.")
_LINE_MARKS = re.compile(r"^(?:>\s*)*(?:[-*+#]+\s+)?(?:\d+[.)]\s+)?(?:\[[ x]\]\s+)?")
_CODE_SPAN = re.compile(r"(`+).+?\1")
_END_AND_START = re.compile(r"[.!?…][\"'”’)\]*_]*\s+[\"'“‘(\[*_]*[A-Z]")


def has_two_sentences(line: str) -> bool:
    """Say whether a second sentence begins on this line of text.

    A sentence ends in `.`, `!`, `?` or `…` and the next one begins with a capital letter or with code; the usual
    abbreviations do not end one.

    Example:
        >>> has_two_sentences("The token is read, e.g. by `jwt.decode`, and trusted.")
        False
        >>> has_two_sentences("The token is read. `jwt.decode` trusts it.")
        True
    """
    text = _LINE_MARKS.sub("", line)
    text = _CODE_SPAN.sub("Code", text)
    text = _ABBREVIATIONS.sub("abbreviation", text)
    return bool(_END_AND_START.search(text))
