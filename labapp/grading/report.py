"""A verdict as text for a terminal, and as plain data for everything else.

Shape and word stand beside each other, so nothing depends on colour.
No traceback of ours is ever shown, and no credential whole.

The data is the contract: a widget, a results file or a page for the class is made from it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from labapp.grading.checks.trace import show, veil
from labapp.grading.verdict import (
    FAILED,
    FAULT,
    NOT_REACHED,
    PASSED,
    UNANSWERED,
    UNLOADABLE,
    CheckResult,
    Verdict,
)

MARKS = {PASSED: "✓", FAILED: "✗", NOT_REACHED: "–", FAULT: "!"}
WIDTH = 100
MOST_STEPS = 30
MOST_PRINTED_LINES = 40

OUR_FAULT = "this is a fault of the grader, not of the answer: it costs nothing, please report it"


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain data that JSON can carry.

    Returns:
        The verdict's fields; `score` is None where nothing is scored.
        Each check has its fields, with `trace` as lines of text and `expected` and `actual` as they are shown.
    """
    return {
        "slug": verdict.slug,
        "title": verdict.title,
        "state": verdict.state,
        "message": _safe(verdict.message),
        "score": verdict.score,
        "points": verdict.points,
        "seed": verdict.seed,
        "wall": verdict.wall,
        "is_replay": verdict.is_replay,
        "seconds": round(verdict.seconds, 3),
        "checks": [_check_as_dict(check) for check in verdict.checks],
    }


def _check_as_dict(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "sentence": check.sentence,
        "outcome": check.outcome,
        "points": check.points,
        "seen": _safe(check.seen),
        "hint": _safe(check.hint),
        "expected": None if check.expected is None else _shown(check.expected),
        "actual": None if check.actual is None else _shown(check.actual),
        "source": check.source,
        "cause": check.cause,
        "lines": [_safe(str(line)) for line in check.lines],
        "trace": _trace(check),
        "printed": _safe(check.printed),
    }


def as_text(verdict: Verdict) -> str:
    """Return a verdict as text of several lines."""
    return "\n".join([headline(verdict), footnote(verdict), *_body(verdict)]) + "\n"


def headline(verdict: Verdict) -> str:
    """Say in one line what came of it.

    Example:
        >>> headline(Verdict("ex00_x", "X", UNANSWERED, 7, "process", False, 2))
        'ex00_x is not answered yet (0 of 2 points)'
    """
    score = "not scored" if verdict.score is None else f"{verdict.score:g} of {verdict.points} points"
    name = f"{verdict.slug} – {verdict.title}"
    if verdict.state == UNANSWERED:
        return f"{verdict.slug} is not answered yet ({score})"
    if verdict.state == UNLOADABLE:
        return f"{MARKS[FAILED]} {name}: the answer could not be loaded ({score})"
    if not verdict.checks:
        return f"{MARKS[FAULT]} {name}: {OUR_FAULT}"
    mark = MARKS.get(verdict.state, MARKS[FAILED])
    return f"{mark} {name}: {verdict.counted(PASSED)} of {len(verdict.checks)} checks passed ({score})"


def footnote(verdict: Verdict) -> str:
    """Say how to run the same again, and what stood between the answer and the machine."""
    replay = "a replay, for study" if verdict.is_replay else f"replay it with --seed {verdict.seed}"
    return f"  seed {verdict.seed} ({replay}), wall: {verdict.wall}"


def _body(verdict: Verdict) -> Iterator[str]:
    if verdict.message and verdict.state != UNANSWERED:
        yield ""
        yield textwrap.indent(_safe(verdict.message), "  ")
    if verdict.checks:
        yield ""
        yield from (check_line(check) for check in verdict.checks)
    told: set[tuple[str, str]] = set()
    for check in verdict.checks:
        if check.outcome in (FAILED, FAULT):
            yield ""
            yield _briefly(check) if (check.seen, check.hint) in told else check_text(check)
            told.add((check.seen, check.hint))


def _briefly(check: CheckResult) -> str:
    """Name a check that ended like one that was explained already."""
    return f"{MARKS[check.outcome]} {check.sentence}\n{_row('seen', 'the same as above: ' + check.seen)}"


def check_line(check: CheckResult) -> str:
    """Say in one line what came of a check."""
    word = "" if check.outcome == PASSED else f"   ({check.outcome})"
    return f"  {MARKS[check.outcome]} {check.sentence}{word}"


def check_text(check: CheckResult) -> str:
    """Explain a check that did not pass."""
    parts = [f"{MARKS[check.outcome]} {check.sentence}"]
    if check.outcome == FAULT:
        parts.append(_row("note", OUR_FAULT))
    parts.append(_row("seen", check.seen))
    if check.expected is not None:
        parts.append(_row("expected", _shown(check.expected)))
    if check.actual is not None:
        parts.append(_row("actual", _shown(check.actual)))
    parts += [_row("your line", str(line), wrap=False) for line in check.lines]
    if check.hint:
        parts.append(_row("hint", check.hint))
    if check.source:
        parts.append(_row("source", check.source))
    if trace := _trace(check):
        parts.append("  what happened, in lab time")
        parts += [f"    {line}" for line in trace]
    if check.printed.strip():
        parts.append("  what your answer printed")
        parts += [f"    | {line}" for line in _printed(check)]
    return "\n".join(parts)


def _row(word: str, text: str, *, wrap: bool = True) -> str:
    indent = " " * 12
    safe = _safe(text)
    lines = textwrap.wrap(safe, WIDTH - len(indent), break_on_hyphens=False) if wrap else safe.splitlines()
    return f"  {word:<10}" + f"\n{indent}".join(lines or [""])


def _shown(value: Any) -> str:
    """Write an expected or actual value: a text as it is, anything else as Python would write it."""
    return _safe(value) if isinstance(value, str) else _safe(show(value))


def _trace(check: CheckResult) -> list[str]:
    lines = [_safe(str(step)) for step in check.trace]
    cut = len(lines) - MOST_STEPS
    return [f"… ({cut} earlier lines)", *lines[cut:]] if cut > 0 else lines


def _printed(check: CheckResult) -> list[str]:
    lines = _safe(check.printed).splitlines()
    cut = len(lines) - MOST_PRINTED_LINES
    return [*lines[:MOST_PRINTED_LINES], f"… ({cut} more lines)"] if cut > 0 else lines


def _safe(text: str) -> str:
    """Leave out credentials, and what a terminal or a file would take for something else than text."""
    shown = "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in veil(text))
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")
