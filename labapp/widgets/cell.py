"""The `%%answer` cell: it saves the answer, defines its names in the notebook, checks it, and shows the report.

Nothing that a learner wrote is lost: see `labapp.grading.answers` for when a cell saves.
"""

from __future__ import annotations

import re
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display

from labapp.errors import LabError
from labapp.grading.answers import save
from labapp.grading.engine import catalog, grade_saved
from labapp.grading.places import places
from labapp.grading.progress import remember
from labapp.grading.verdict import UNANSWERED, Verdict
from labapp.widgets.verdict import verdict_view
from labapp.widgets.view import View, box, escape

_UNKNOWN_NAME = re.compile(r"name '(\w+)' is not defined")


@magics_class
class AnswerCell(Magics):
    """The cell magic."""

    @cell_magic
    def answer(self, line: str, cell: str) -> None:
        """Save, define and check the answer in this cell; the line names the exercise."""
        shell: Any = self.shell
        try:
            display(self._answered(shell, line.strip(), cell))  # type: ignore[no-untyped-call]
        except LabError as error:
            display(sorry(error))  # type: ignore[no-untyped-call]

    def _answered(self, shell: Any, slug: str, cell: str) -> View:
        where = places()
        catalog(where)[slug]
        saved = save(where.answers, slug, cell, where.stub(slug).read_text(encoding="utf-8"))
        if saved.is_saved:
            shell.run_cell(cell, store_history=False)
        elif saved.waiting:
            return View(box("warn", escape(str(saved))), str(saved))
        verdict = check(slug)
        return verdict_view(verdict, (str(saved), *notebook_names(verdict, shell.user_ns)))


def check(slug: str) -> Verdict:
    """Grade the saved answer to an exercise, and remember what came of it.

    Raises:
        UnknownExerciseError: there is no exercise of that slug.
    """
    verdict = grade_saved(slug)
    if verdict.state != UNANSWERED:
        remember(places().answers, slug, verdict.state, verdict.score)
    return verdict


def notebook_names(verdict: Verdict, namespace: dict[str, Any]) -> tuple[str, ...]:
    """Explain names that the notebook has and the answer lacks.

    Args:
        verdict: what came of the answer.
        namespace: the notebook's names.
    """
    told = " ".join([verdict.message, *(f"{c.seen} {c.actual}" for c in verdict.checks)])
    missing = sorted({name for name in _UNKNOWN_NAME.findall(told) if name in namespace})
    return tuple(
        f"{name} is known in this notebook but not in your answer, which runs by itself: import or define it there."
        for name in missing
    )


def sorry(error: LabError) -> View:
    """Show one of the lab's own errors as a sentence."""
    return View(box("warn", escape(str(error))), str(error))


def next_cell(text: str) -> None:
    """Put text into a new cell below the running one."""
    if InteractiveShell.initialized():
        InteractiveShell.instance().set_next_input(text)


def register() -> None:
    """Make `%%answer` known to the running notebook; outside of one there is nothing to do."""
    if InteractiveShell.initialized():
        shell = InteractiveShell.instance()
        shell.register_magics(AnswerCell(shell))
