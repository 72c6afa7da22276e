"""Rebuild on the trusted side what an answer raised, from an allow-list, so that a check can expect it by its class.

Known are PyJWT's exceptions, the lab's own, and those builtins that a function may raise at its caller.
A subclass that the learner wrote is rebuilt as the nearest class that is known.
Everything else becomes an `AnswerRaised`: also `SystemExit`, `KeyboardInterrupt` and `AssertionError`.
No constructor runs: an exception is an empty object of its class, a text, and a few plain attributes.
"""

from __future__ import annotations

import builtins
import importlib
import traceback
from functools import cache
from pathlib import Path
from typing import Any

from labapp import errors
from labapp.grading.answer_side.telling import DETAILS, MAX_LINES, MAX_MESSAGE
from labapp.grading.failures import AnswerRaised, Failure, HarnessFault, Line, Raised, failure_of
from labapp.grading.wire import WireError

BUILTINS = """
    ArithmeticError AttributeError ConnectionError EOFError FileNotFoundError ImportError IndexError KeyError
    LookupError MemoryError ModuleNotFoundError NameError NotImplementedError OSError OverflowError PermissionError
    RecursionError RuntimeError TimeoutError TypeError UnboundLocalError ValueError ZeroDivisionError
""".split()

_MARK = "raised_by_the_answer"


def rebuild(message: dict[str, Any], function: str) -> Exception:
    """Make an exception of a `raised` frame.

    Args:
        message: the frame.
        function: which function of the answer was called.

    Returns:
        An exception of a known class that carries what `raised_by_answer` returns, or an `AnswerRaised`.

    Raises:
        WireError: the frame's lists do not hold what they should.
    """
    raised = read(message, function)
    for name in _texts(message["types"]):
        kind = known().get(name)
        if kind is not None:
            error = kind.__new__(kind, raised.message)
            error.args = (raised.message,)
            _add_details(error, message["details"])
            setattr(error, _MARK, raised)
            return error
    return AnswerRaised(raised)


def read(message: dict[str, Any], function: str) -> Raised:
    """Read a `raised` frame strictly, and cut what is longer than it may be."""
    types = _texts(message["types"])
    return Raised(
        name=types[0].rpartition(".")[2][:100] if types else "an exception",
        message=message["message"][:MAX_MESSAGE],
        lines=tuple(_line(line) for line in message["lines"][:MAX_LINES]),
        function=function,
    )


def raised_by_answer(error: BaseException) -> Raised | None:
    """Return what the answer's process told, or None if this exception is not the answer's."""
    told = getattr(error, _MARK, None)
    return told if isinstance(told, Raised) else None


@cache
def known() -> dict[str, type[Exception]]:
    """Return the exceptions that are rebuilt, by module and name."""
    found = {f"builtins.{name}": getattr(builtins, name) for name in BUILTINS}
    # By name, because PyJWT has its own doors in this house, and nothing here decides anything about tokens.
    for module in (errors, importlib.import_module("jwt.exceptions")):
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == module.__name__:
                found[f"{module.__name__}.{name}"] = kind
    return found


def _add_details(error: Exception, details: dict[str, Any]) -> None:
    """Set the attributes that its constructor would have set; what was not told is an empty text."""
    for name in DETAILS:
        value = details.get(name, "")
        if type(error).__module__ != "builtins" and type(value) in (str, int):
            setattr(error, name, value[:MAX_MESSAGE] if type(value) is str else value)


def _texts(values: list[Any]) -> list[str]:
    if not all(type(value) is str for value in values):
        raise WireError("the name of an exception that is no text")
    return values


def _line(value: Any) -> Line:
    if type(value) is not list or [type(part) for part in value] != [int, str, str]:
        raise WireError("a line of the answer that is none")
    return Line(value[0], value[1][:200], value[2][:MAX_MESSAGE])


def fault_or_failure(error: Exception) -> Failure | HarnessFault:
    """Say whose fault an exception is that left a check; for one of ours, where in the check it was."""
    if isinstance(error, Failure | HarnessFault):
        return error
    raised = raised_by_answer(error)
    if raised is not None:
        return failure_of(raised)
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name.startswith("test_")
    ]
    place = f" at {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return HarnessFault(f"the check stumbled{place}: {type(error).__name__}: {error}")
