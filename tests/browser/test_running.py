"""A lesson runs in JupyterLab as it does without: every cell, no error, and nothing from outside this machine."""

from __future__ import annotations

import re

import pytest

from tests.browser.desk import Desk

pytestmark = pytest.mark.xdist_group("browser")
COMPLAINT = "application/vnd.jupyter.stderr"
"""What JupyterLab calls an output that is an error, and one that was written to stderr."""


def test_run_all_gives_every_cell_the_number_of_its_place(desk: Desk) -> None:
    """The last cell ran as well, which is the report card."""
    prompts = [fact["prompt"] for fact in desk.first_run]
    assert prompts == [f"[{number}]:" for number in range(1, len(prompts) + 1)]
    assert len(prompts) > 10
    assert "together" in desk.first_run[-1]["text"]


def test_run_all_shows_no_error_and_writes_nothing_to_stderr(desk: Desk) -> None:
    assert not [fact for fact in desk.first_run if COMPLAINT in fact["kinds"]]
    assert not [fact for fact in desk.first_run if re.search("Traceback|Warning", fact["text"])]


def test_an_error_and_a_warning_would_be_seen(scratch: Desk) -> None:
    """The claim above looks for the right thing."""
    first = scratch.cell("lab = Lab(")
    cell = scratch.insert_below(first, "import sys; print('careful', file=sys.stderr); 1 / 0")
    scratch.run(cell)
    fact = scratch.facts()[1]
    assert fact["kinds"] == [COMPLAINT, COMPLAINT]
    assert "ZeroDivisionError" in fact["text"]


def test_a_lesson_asks_nothing_of_the_network(desk: Desk) -> None:
    """All that the page loaded came from the learner's own JupyterLab."""
    assert not desk.outside
