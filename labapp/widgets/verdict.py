"""The report on an answer, for a notebook; the same facts as `labapp.grading.report` writes on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.grading.report import as_dict, as_text
from labapp.grading.verdict import Verdict
from labapp.widgets.view import View, badge, box, escape, prose, table

KINDS = {"passed": "good", "failed": "bad", "not reached": "quiet", "fault": "warn"}
STATES = {
    "passed": ("good", "passed"),
    "failed": ("bad", "not yet"),
    "unanswered": ("quiet", "not answered yet"),
    "unloadable": ("bad", "could not be loaded"),
    "fault": ("warn", "the grader has a fault"),
}


def verdict_view(verdict: Verdict, notes: tuple[str, ...] = ()) -> View:
    """Show a verdict.

    Args:
        verdict: what came of the answer.
        notes: sentences to put above it, for example where the answer was saved.
    """
    text = "\n".join([*notes, as_text(verdict)])
    return View(verdict_html(as_dict(verdict), notes), text)


def verdict_html(report: Mapping[str, Any], notes: tuple[str, ...] = ()) -> str:
    """Write the report from plain data.

    Args:
        report: as `labapp.grading.report.as_dict` makes it.
        notes: sentences to put above it.
    """
    kind, word = STATES[report["state"]]
    score = "" if report["score"] is None else f" {report['score']:g} of {report['points']} points"
    parts = [
        f'<div class="title">{escape(report["title"])} {badge(kind, word)}<span class="quiet">{score}</span></div>'
    ]
    parts += [f'<div class="quiet">{escape(note)}</div>' for note in notes]
    if report["message"] and report["state"] != "unanswered":
        parts.append(box("bad", f"<pre>{escape(report['message'])}</pre>"))
    if report["state"] == "unanswered":
        parts.append(box("quiet", "Write your lines where the TODO stands, and run this cell again."))
    if report["checks"]:
        rows = [[badge(KINDS[c["outcome"]], c["outcome"]), prose(c["sentence"])] for c in report["checks"]]
        parts.append(table(["check", "what must hold"], rows))
    parts += [_explained(c) for c in report["checks"] if c["outcome"] in ("failed", "fault")]
    if report["state"] != "unanswered":
        parts.append(f'<div class="quiet">{_footnote(report)}</div>')
    return "".join(parts)


def _explained(check: Mapping[str, Any]) -> str:
    is_fault = check["outcome"] == "fault"
    parts = [f'<div class="title">{prose(check["sentence"])}</div>']
    if is_fault:
        parts.append(
            "<div>This is a fault of the grader, not of your answer: it costs nothing, please report it.</div>"
        )
    rows = [("seen", check["seen"]), ("expected", check["expected"]), ("came", check["actual"])]
    rows += [("your line", line) for line in check["lines"]]
    rows += [("hint", check["hint"]), ("source", check["source"])]
    cells = [[escape(word), _cell(word, value)] for word, value in rows if value]
    parts.append(table(["", ""], cells).replace('<tr><th scope="col"></th><th scope="col"></th></tr>', ""))
    # The trace is what a learner debugs with, but not the first thing to read.
    if check["trace"]:
        steps = escape("\n".join(check["trace"]))
        parts.append(f"<details><summary>What happened, in lab time</summary><pre>{steps}</pre></details>")
    if check["printed"].strip():
        printed = escape(check["printed"][:4000])
        parts.append(
            f"<details open><summary>What your answer printed</summary><pre>{printed}</pre></details>"
        )
    return box("warn" if is_fault else "bad", "".join(parts))


def _cell(word: str, value: str) -> str:
    if word in ("expected", "came", "your line"):
        return f"<pre>{escape(value)}</pre>"
    return f"<b>{prose(value)}</b>" if word == "seen" else prose(value)


def _footnote(report: Mapping[str, Any]) -> str:
    replay = "a replay, not scored" if report["is_replay"] else f"seed {report['seed']} replays these numbers"
    return escape(f"{replay}; wall: {report['wall']}; {report['seconds']:.2f} s")
