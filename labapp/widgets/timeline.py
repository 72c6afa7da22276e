"""A picture of what was served when: one row a caller, one mark a request, drawn from the learner's own run.

A served request is a filled circle, a refused one a cross, so the picture can be read without colour.

Example:
    >>> print(timeline({"token": [(0, True), (900, False)], "session": [(0, True), (900, True)]}).text)
    minutes  token    session
    -------  -------  -------
    0        served   served
    15       refused  served
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labapp.widgets.view import View, escape, in_words, text_table

WIDTH, ROW, LEFT = 640, 44, 130


def timeline(rows: Mapping[str, Sequence[tuple[float, bool]]], *, title: str = "", start: float = 0) -> View:
    """Draw requests on a time axis.

    Args:
        rows: who → (time in seconds, was it served?) of each request.
        title: what the picture shows.
        start: the time that counts as zero.
    """
    times = sorted({at for marks in rows.values() for at, _ in marks})
    span = max((times[-1] - start) if times else 1, 1)
    height = ROW * len(rows) + 46
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" '
        f'aria-label="{escape(title or "Requests")}, served or refused on a time axis; the same in words follows" '
        'style="max-width:100%;font:13px var(--jp-content-font-family,sans-serif)" fill="currentColor">'
    ]
    for index, (name, marks) in enumerate(rows.items()):
        y = ROW * index + 26
        parts.append(f'<text x="0" y="{y + 4}">{escape(name)}</text>')
        parts.append(_line(LEFT, y, WIDTH - 14, y, "opacity='.35'"))
        parts += [_mark(_x(at - start, span), y, served) for at, served in marks]
    axis = ROW * len(rows) + 16
    parts += [
        f'<text x="{_x(s, span)}" y="{axis + 14}" text-anchor="middle">{label}</text>'
        for s, label in _ticks(span)
    ]
    parts.append("</svg>")
    legend = '<div class="quiet">● served &nbsp; ✗ refused &nbsp; (lab minutes)</div>'
    heading = f'<div class="title">{escape(title)}</div>' if title else ""
    head, lines = ["minutes", *rows], _in_words(rows, times, start)
    details = in_words(head, lines)
    return View(heading + "".join(parts) + legend + details, text_table(head, lines))


def _x(seconds: float, span: float) -> float:
    return round(LEFT + 10 + (WIDTH - LEFT - 34) * seconds / span, 1)


def _mark(x: float, y: float, served: bool) -> str:
    if served:
        return (
            f'<circle class="good" cx="{x}" cy="{y}" r="7" fill="currentColor"><title>served</title></circle>'
        )
    cross = _line(x - 6, y - 6, x + 6, y + 6, "") + _line(x - 6, y + 6, x + 6, y - 6, "")
    return f'<g class="bad" stroke-width="3"><title>refused</title>{cross}</g>'


def _line(x1: float, y1: float, x2: float, y2: float, more: str) -> str:
    return f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='currentColor' {more}/>"


def _ticks(span: float) -> list[tuple[float, str]]:
    step = next((s for s in (60, 300, 600, 900, 1800, 3600, 7200, 14400, 86400) if span / s <= 9), 7 * 86400)
    return [(t, f"{t / 60:g}") for t in range(0, int(span) + 1, step)]


def _in_words(
    rows: Mapping[str, Sequence[tuple[float, bool]]], times: Sequence[float], start: float
) -> list[list[str]]:
    found = {name: dict(marks) for name, marks in rows.items()}
    words = {True: "served", False: "refused", None: "-"}
    return [[f"{(at - start) / 60:g}", *(words[found[name].get(at)] for name in rows)] for at in times]
