"""The report card: which exercises are done, and what they say about the article's four words.

A deployment is judged by whether it can enforce **expiry**, **revocation**, **least privilege** and **visibility**;
each exercise trains one or more of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labapp.grading.catalog import WORDS, Exercise
from labapp.grading.hints import Shown
from labapp.grading.progress import Reached
from labapp.widgets.view import View, badge, escape, table, text_table

HEAD = ("lesson", "exercise", "state", "points", "trains")
SUMS = ("points for", "reached")


def report_card(
    exercises: Iterable[Exercise], known: Mapping[str, Reached], shown: Mapping[str, Shown] | None = None
) -> View:
    """Show every exercise and what was reached, and below it the sums, all together and by word.

    Args:
        exercises: from the catalogue.
        known: slug → what was reached.
        shown: slug → which hints were shown.
    """
    exercises, shown = list(exercises), shown or {}
    rows, cells = [], []
    for exercise in exercises:
        here = known.get(exercise.slug)
        kind, word = _state(here, shown.get(exercise.slug, Shown()))
        points = f"{here.best if here else 0:g}\u00a0of\u00a0{exercise.points}"
        words = ", ".join(name for name in WORDS if name in exercise.words)
        rows.append([exercise.lesson, exercise.slug, word, points, words])
        cells.append([exercise.lesson, escape(exercise.title), badge(kind, word), points, words])
    sums = [(name or "together", _sum(exercises, known, name)) for name in (None, *WORDS)]
    return View(
        table(HEAD, cells) + table(SUMS, [(name, f"<b>{escape(points)}</b>") for name, points in sums]),
        text_table(HEAD, rows) + "\n\n" + text_table(SUMS, sums),
    )


def _state(here: Reached | None, shown: Shown) -> tuple[str, str]:
    if here is None:
        return ("quiet", "solution seen" if shown.solution else "open")
    if here.state == "passed":
        return "good", "passed" + (", solution seen" if shown.solution else "")
    return "warn", f"{here.tries} {'try' if here.tries == 1 else 'tries'}"


def _sum(exercises: list[Exercise], known: Mapping[str, Reached], word: str | None) -> str:
    mine = [e for e in exercises if word is None or word in e.words]
    got = sum(known[e.slug].best for e in mine if e.slug in known)
    return f"{got:g}\u00a0of\u00a0{sum(e.points for e in mine)}" if mine else "–"
