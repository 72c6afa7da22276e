"""Write what is derived, or say which of it is stale.

| derived | from |
|---|---|
| `exercises/<slug>.py` | the solution (`stubs`) |
| a lesson's cell that begins with `%%answer <slug>` | the stub |
| a lesson's file | its own content, in canonical form (`notebooks`) |

    python -m labapp derive            writes them
    python -m labapp derive --check    names those that are stale, and changes nothing
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labapp.authoring.notebooks import ANSWER_MAGIC, canonical
from labapp.authoring.stubs import make_stub
from labapp.errors import SetupError
from labapp.grading.answers import write
from labapp.grading.catalog import Catalog, read_catalog
from labapp.grading.places import Places

_ANSWER = re.compile(rf"^{re.escape(ANSWER_MAGIC)}\s+(?P<slug>\S+)\s*$")


@dataclass(frozen=True)
class Derived:
    """One file as it should be.

    Attributes:
        path: where it is.
        text: what it should hold.
        is_stale: does it hold something else, or is it missing?
    """

    path: Path
    text: str
    is_stale: bool


def derived(where: Places) -> Iterator[Derived]:
    """Say what every derived file should hold.

    Raises:
        SetupError: a solution has no good markers, a notebook is none, or a cell names an exercise that is not there.
    """
    catalog = read_catalog(where.catalog)
    stubs = {}
    for slug in catalog.slugs:
        path = where.solution(slug)
        if path.is_file():
            stubs[slug] = make_stub(path.read_text(encoding="utf-8"), f"solutions/{path.name}")
            yield _compared(where.stub(slug), stubs[slug])
    for path in sorted(where.notebooks.glob("*.ipynb")):
        yield _compared(path, _notebook(path, catalog, stubs))


def derive(where: Places, *, check: bool = False) -> list[Path]:
    """Write every derived file that is stale.

    Args:
        where: the places of the exercises.
        check: only find them.

    Returns:
        The files that were, or are, stale.

    Raises:
        SetupError: see `derived`; then nothing is written.
    """
    stale = [one for one in derived(where) if one.is_stale]
    if not check:
        for one in stale:
            write(one.path, one.text.encode("utf-8"))
    return [one.path for one in stale]


def answer_cell(slug: str, stub: str) -> str:
    r"""Write the cell in which a learner answers.

    Example:
        >>> answer_cell("ex00_x", "x = 1\n")
        '%%answer ex00_x\nx = 1'
    """
    return f"{ANSWER_MAGIC} {slug}\n{stub.rstrip()}"


def _compared(path: Path, text: str) -> Derived:
    try:
        is_stale = path.read_text(encoding="utf-8") != text
    except FileNotFoundError:
        is_stale = True
    return Derived(path, text, is_stale)


def _notebook(path: Path, catalog: Catalog, stubs: dict[str, str]) -> str:
    try:
        content: dict[str, Any] = json.loads(canonical(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise SetupError(f"notebooks/{path.name}: {error}") from error
    for cell in content["cells"]:
        source = "".join(cell["source"])
        named = _ANSWER.match(source.partition("\n")[0])
        if cell["cell_type"] != "code" or named is None:
            continue
        slug = named["slug"]
        if slug not in catalog:
            raise SetupError(
                f"notebooks/{path.name}: a cell answers {slug}, which is no exercise of the catalogue"
            )
        if slug in stubs:
            cell["source"] = answer_cell(slug, stubs[slug])
    return canonical(json.dumps(content))
