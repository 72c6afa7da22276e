"""How a check can end other than well, and whose fault it is.

    Failure                the answer's: something was seen that should not be
    └── AnswerRaised       the answer raised something that no caller can be expected to know
    HarnessFault           ours: a check or the grader is broken; looks different, and never costs points

The two never mix: a learner who reads a `Failure` can do something about it, and nobody but us can about the other.
`labapp.errors` has the errors of the lab itself; these two are words of grading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One line of the answer that an exception went through.

    Attributes:
        number: its number in the answer's file, from 1.
        function: the function it is in; empty for a line that Python could not read.
        text: what stands there.
    """

    number: int
    function: str
    text: str

    def __str__(self) -> str:
        indented = self.text.replace("\n", "\n    ")
        return (
            f"line {self.number}" + (f", in {self.function}" if self.function else "") + f"\n    {indented}"
        )


@dataclass(frozen=True)
class Raised:
    """What the answer's process told about an exception; all of it is the answer's word.

    Attributes:
        name: the class, without its module.
        message: its text.
        lines: the learner's own lines, outermost first.
        function: which function of the answer had been called.
    """

    name: str
    message: str
    lines: tuple[Line, ...] = ()
    function: str = "the answer"

    @property
    def is_todo(self) -> bool:
        """Is this the stub's `raise NotImplementedError`?"""
        return self.name == "NotImplementedError"

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.message else self.name


class Failure(Exception):  # noqa: N818 - the word of DESIGN and of check50: an outcome, not an error of ours
    """A check did not pass, and this is what the learner needs to know.

    Args:
        seen: what happened, one sentence.
        hint: what to try, picked by the mistake that was seen.
        expected: what should have come, if that says more.
        actual: what came.
        source: the document and section that asks for it.
        cause: `"check"`, or how the answer's process failed: `"raised"`, `"timeout"`, `"ended"`, `"protocol"`,
            `"unsendable"`, `"uncallable"`, `"todo"`.
        lines: the learner's own lines that an exception went through.

    Example:
        >>> str(Failure("the old token still works", hint="remember the lineage"))
        'the old token still works'
    """

    def __init__(
        self,
        seen: str,
        hint: str = "",
        *,
        expected: Any = None,
        actual: Any = None,
        source: str | None = None,
        cause: str = "check",
        lines: tuple[Line, ...] = (),
    ) -> None:
        super().__init__(seen)
        self.seen = seen
        self.hint = hint
        self.expected = expected
        self.actual = actual
        self.source = source
        self.cause = cause
        self.lines = lines


class AnswerRaised(Failure):
    """The answer raised an exception of a kind that cannot be handed to a caller, such as one of its own classes.

    Attributes:
        raised: what is known about it.
    """

    def __init__(self, raised: Raised) -> None:
        seen = f"{raised.function} raised {raised}"
        super().__init__(seen, hint_for(raised), cause="raised", lines=raised.lines)
        self.raised = raised


class HarnessFault(Exception):  # noqa: N818 - the opposite of Failure, and named like it
    """The grader or a check is broken; the learner loses nothing by it."""


_WHAT_IS_THERE = {
    "": "an answer may import the standard library, jwt, redis, flask and cryptography",
    "labapp": "an answer may import labapp.errors and labapp.clock; the rest of the lab is not there",
}


def hint_for(raised: Raised) -> str:
    """Say what to do about an exception that nobody asked for."""
    if raised.name == "SystemExit":
        return "an answer returns a value or raises an error; it never calls exit()"
    if raised.name == "AssertionError":
        return "raise the error that the exercise names; asserts vanish under python -O"
    if raised.name == "KeyboardInterrupt":
        return "an answer does not interrupt the program"
    if raised.name in ("ModuleNotFoundError", "ImportError"):
        return _WHAT_IS_THERE["labapp" if "labapp" in raised.message else ""]
    if raised.name == "NameError":
        return "import or define it in the answer: a name that exists in the notebook only is not there"
    return "start at the last of your lines"


def failure_of(raised: Raised) -> Failure:
    """Make a failure of an exception that a check did not expect.

    Example:
        >>> print(failure_of(Raised("NotImplementedError", "", function="rotate")).seen)
        rotate is not written yet
    """
    if raised.is_todo:
        return Failure(
            f"{raised.function} is not written yet",
            hint="replace `raise NotImplementedError` by your own lines",
            cause="todo",
            lines=raised.lines,
        )
    return AnswerRaised(raised)
