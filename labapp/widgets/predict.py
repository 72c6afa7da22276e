"""Predict first: commit to what will happen, then see it beside what did.

A prediction is never graded and never stops Run All: without one, the cell says so and goes on.

Example:
    >>> guess = Prediction("What does the bank answer?", ["200", "401"])
    >>> guess.outcome("401")
    outcome: 401 (not predicted)
    >>> guess.choose("401")
    >>> guess.outcome("401")
    outcome: 401, as you predicted
    >>> guess.outcome("200")
    outcome: 200; you predicted 401
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as w

from labapp.widgets.view import STYLE, View, badge, box, escape


def outcome_view(question: str, predicted: str | None, happened: str) -> View:
    """Show a prediction beside the outcome; the learner is told, not judged."""
    if predicted is None:
        html = f"{badge('quiet', happened)} <span class='quiet'>not predicted</span>"
        return View(box("quiet", f"{escape(question)} {html}"), f"outcome: {happened} (not predicted)")
    if predicted == happened:
        html = f"{badge('good', happened)} as you predicted"
        return View(box("good", f"{escape(question)} {html}"), f"outcome: {happened}, as you predicted")
    html = (
        f"{badge('warn', happened)} you predicted <b>{escape(predicted)}</b>: what is behind the difference?"
    )
    return View(box("warn", f"{escape(question)} {html}"), f"outcome: {happened}; you predicted {predicted}")


class Prediction:
    """A question with a few possible outcomes.

    Args:
        question: what is asked.
        choices: the possible outcomes, as short words.
    """

    def __init__(self, question: str, choices: Sequence[str]) -> None:
        self.question = question
        self.choices = [str(choice) for choice in choices]
        self.predicted: str | None = None
        self._widget: Any = None
        self._face: Any = None

    def choose(self, choice: str) -> None:
        """Commit to an outcome; the buttons do the same.

        Raises:
            ValueError: it is not one of the choices.
        """
        if choice not in self.choices:
            raise ValueError(f"choose one of {', '.join(self.choices)}")
        self.predicted = choice
        if self._widget is not None:
            self._widget.value = choice

    def outcome(self, happened: object) -> View:
        """Show what happened beside what was predicted."""
        return outcome_view(self.question, self.predicted, str(happened))

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self._widget is None:
            # The tooltip is what a screen reader adds to the name of a button.
            tips = [self.question] * len(self.choices)
            self._widget = w.ToggleButtons(options=self.choices, value=self.predicted, tooltips=tips)
            self._widget.style.button_width = "auto"
            self._widget.observe(lambda change: self._chosen(change["new"]), names="value")
            self._face = w.HTML(self._asked())
        display(w.VBox([self._face, self._widget]))  # type: ignore[no-untyped-call]

    def _chosen(self, choice: str | None) -> None:
        self.predicted = choice
        self._face.value = self._asked()

    def _asked(self) -> str:
        """Write the question, and the choice in words: a pressed button says it by its colour alone."""
        choice = "" if self.predicted is None else f"you predict <b>{escape(self.predicted)}</b>"
        title = f'<div class="title">Predict: {escape(self.question)}</div>'
        return f'{STYLE}<div class="harbour">{title}<div class="quiet">{choice or "choose one:"}</div></div>'

    def __repr__(self) -> str:
        return f"Predict: {self.question} ({' / '.join(self.choices)})"
