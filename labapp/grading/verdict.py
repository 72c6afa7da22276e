"""What came of grading an answer: plain facts, from which every report is made.

A verdict is made on the trusted side only.
`labapp.grading.report` shows it as text and as plain data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labapp.grading.checks.trace import Step
from labapp.grading.failures import Line

PASSED = "passed"
FAILED = "failed"
NOT_REACHED = "not reached"
FAULT = "fault"

UNANSWERED = "unanswered"
UNLOADABLE = "unloadable"


@dataclass(frozen=True)
class CheckResult:
    """What came of one check.

    Attributes:
        name: the check's function.
        sentence: what must hold.
        outcome: `passed`, `failed`, `not reached` (another check stood in the way), or `fault` (ours).
        points: its weight among the checks of the exercise.
        seen: what happened instead.
        hint: what to try.
        expected: what should have come, if that says more.
        actual: what came.
        source: the document and section that asks for it.
        lines: the learner's own lines that an exception went through.
        trace: who did what.
        printed: what the answer printed.
        cause: how a failure came about; see `Failure`.
    """

    name: str
    sentence: str
    outcome: str
    points: float
    seen: str = ""
    hint: str = ""
    expected: Any = None
    actual: Any = None
    source: str | None = None
    lines: tuple[Line, ...] = ()
    trace: tuple[Step, ...] = ()
    printed: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Verdict:
    """What came of one answer.

    Attributes:
        slug: the exercise.
        title: its title.
        state: `passed`, `failed`, `unanswered`, `unloadable`, or `fault`.
        seed: gives the same numbers again.
        wall: what stood between the answer and the machine.
        is_replay: was the seed given? Then this is for study, and never scored.
        points: what the exercise is worth.
        checks: the results, in the order of the file; empty if nothing could be run.
        message: what is wrong with the answer as a whole, or with the grader.
        seconds: how long it took.
    """

    slug: str
    title: str
    state: str
    seed: int
    wall: str
    is_replay: bool
    points: int
    checks: tuple[CheckResult, ...] = ()
    message: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def is_passed(self) -> bool:
        """Did every check pass?"""
        return self.state == PASSED

    @property
    def score(self) -> float | None:
        """The points earned: each check has its share.

        None where there is nothing to score: in a replay, and when a fault of ours stood in the way.

        Example:
            >>> done = CheckResult("test_a", "A holds.", PASSED, 1)
            >>> todo = CheckResult("test_b", "B holds.", FAILED, 3)
            >>> Verdict("ex00_x", "X", FAILED, 7, "process", False, 2, (done, todo)).score
            0.5
        """
        if self.is_replay or self.state == FAULT:
            return None
        whole = sum(check.points for check in self.checks)
        earned = sum(check.points for check in self.checks if check.outcome == PASSED)
        return round(self.points * earned / whole, 2) if whole else 0.0

    def counted(self, outcome: str) -> int:
        """Count the checks that ended in this way."""
        return sum(check.outcome == outcome for check in self.checks)
