"""The lab's clock, with buttons: see the time, let it pass, and see what that does.

Lab time stands still until somebody presses a button or calls `lab.clock.advance(…)`; the display follows both.
Under the clock stands whatever the lesson wants to watch: `watch` is called after each move and returns rows of
(name, state, word).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as w

from labapp.clock import LAB_START, MovableClock, stamp
from labapp.widgets.view import STYLE, View, badge, escape, table, text_table

Row = tuple[str, str, str]
"""What is watched: its name, `good` or `bad`, and a word for its state."""

STEPS = (("+ 1 min", 60), ("+ 5 min", 300), ("+ 15 min", 900), ("+ 1 h", 3600), ("+ 8 h", 8 * 3600))


def clock_face(now: float, rows: Sequence[Row] = ()) -> View:
    """Show lab time, how much of it has passed, and what is watched.

    Example:
        >>> clock_face(LAB_START + 900, [("alice's token", "bad", "401")])
        lab time 2030-01-07 09:15:00 UTC (15 min since the start)
        what           state
        -------------  -----
        alice's token  401
    """
    passed = f"{since(now - LAB_START)} since the start"
    html = f'<div class="title">Lab time <code>{escape(stamp(now))}</code> <span class="quiet">({passed})</span></div>'
    text = f"lab time {stamp(now)} ({passed})"
    if rows:
        html += table(["what", "state"], [[escape(name), badge(kind, word)] for name, kind, word in rows])
        text += "\n" + text_table(["what", "state"], [[name, word] for name, _, word in rows])
    return View(html, text)


def since(seconds: float) -> str:
    """Write a span of time in words.

    Example:
        >>> since(0), since(900), since(3660), since(90000), since(-60)
        ('0 s', '15 min', '1 h 1 min', '1 d 1 h', 'minus 1 min')
    """
    if seconds < 0:
        return f"minus {since(-seconds)}"
    parts, left = [], round(seconds)
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        parts += [f"{count} {name}"] if count else []
    return " ".join(parts) or "0 s"


class TimeMachine(w.VBox):  # type: ignore[misc]
    """Buttons that move a clock, and a display that follows it.

    Args:
        clock: the lab's clock.
        watch: returns what to show below it; None for the clock alone.
    """

    def __init__(self, clock: MovableClock, watch: Callable[[], Sequence[Row]] | None = None) -> None:
        self._clock = clock
        self._watch = watch or (lambda: ())
        self._face = w.HTML()
        buttons = []
        for label, seconds in STEPS:
            button = w.Button(
                description=label, tooltip=f"let {since(seconds)} pass", layout=w.Layout(width="auto")
            )
            button.on_click(lambda _, seconds=seconds: self._clock.advance(seconds))
            buttons.append(button)
        self._stop = clock.on_move(lambda before, after: self.refresh())
        super().__init__([self._face, w.HBox(buttons, layout=w.Layout(flex_flow="row wrap"))])
        self.refresh()

    def refresh(self) -> None:
        """Show the present state."""
        self._face.value = f'{STYLE}<div class="harbour">{self.view.html}</div>'

    @property
    def view(self) -> View:
        """What the display shows, also as text."""
        return clock_face(self._clock.now(), self._watch())

    def close(self) -> None:
        """Take the widget away and stop following the clock."""
        self._stop()
        super().close()

    def __repr__(self) -> str:
        return self.view.text
