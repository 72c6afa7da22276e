"""One process in which the answer runs, with its calls traced, as the author of a check uses it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from labapp.clock import LabClock
from labapp.grading.checks.trace import Step, Trace, call_text, show
from labapp.grading.failures import Failure, failure_of
from labapp.grading.process.answer_process import AnswerProcess
from labapp.grading.process.raising import raised_by_answer

Errors = type[Exception] | tuple[type[Exception], ...]
Start = Callable[[LabClock], AnswerProcess]


class Surroundings(Protocol):
    """What an answer finds around it: an `Attempt`."""

    start: Start
    clock: LabClock
    deadline: float
    trace: Trace


class Answer:
    """One process in which the answer runs; it is started when it is first called.

    Args:
        attempt: the attempt that it belongs to.
        who: its name in the trace.
    """

    def __init__(self, attempt: Surroundings, who: str) -> None:
        self._attempt = attempt
        self._process: AnswerProcess | None = None
        self.who = who

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the answer.

        Args:
            function: its name.
            args: plain data, or services such as `attempt.redis`.
            kwargs: the same by name.

        Returns:
            What it returned, as plain data; a tuple arrives as a list.

        Raises:
            Exception: what it raised, if that is PyJWT's, the lab's, or a builtin that a caller may expect.
            Failure: it did not end well.
        """
        attempt = self._attempt
        what = call_text(function, args, kwargs)
        process = self._started()
        at = attempt.clock.now()
        try:
            value = process.call(function, args, kwargs, deadline=attempt.deadline)
        except Exception as error:
            raised = raised_by_answer(error)
            result = f"raised {show_error(error)}" if raised or not isinstance(error, Failure) else error.seen
            attempt.trace.add(Step(at, self.who, what, result, tuple(process.done), True, function))
            if raised is not None and raised.is_todo:
                raise failure_of(raised) from None
            raise
        finally:
            attempt.trace.printed += process.printed
        attempt.trace.add(Step(at, self.who, what, show(value), tuple(process.done), False, function))
        return value

    def raises(
        self,
        error: Errors,
        function: str,
        *args: Any,
        seen: str = "",
        hint: str = "",
        source: str | None = None,
        **kwargs: Any,
    ) -> Exception:
        """Call a function of the answer that must refuse.

        Args:
            error: the class that it must raise, or several.
            function: its name.
            args: as for `call`.
            seen: what the learner reads if it does not refuse, one sentence.
            hint: what to try then.
            source: the document and section that asks for the refusal.
            kwargs: as for `call`.

        Returns:
            The exception, for a closer look.

        Raises:
            Failure: it returned, or raised something else.
        """
        wanted = " or ".join(kind.__name__ for kind in (error if isinstance(error, tuple) else (error,)))
        try:
            value = self.call(function, *args, **kwargs)
        except Failure:
            raise
        except Exception as other:
            raised = raised_by_answer(other)
            if raised is None:
                raise
            if isinstance(other, error):
                return other
            raise Failure(
                f"{function} raised {raised.name} where it should refuse with {wanted}",
                hint,
                expected=wanted,
                actual=show_error(other),
                source=source,
                lines=raised.lines,
            ) from None
        raise Failure(
            seen or f"{function} does not refuse", hint, expected=wanted, actual=value, source=source
        )

    def _started(self) -> AnswerProcess:
        if self._process is None:
            self._process = self._attempt.start(self._attempt.clock)
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()


class Functions:
    """The answer's functions, to be called like methods: `attempt.answer.rotate(…)`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self._answer.call, name)


def show_error(error: Exception) -> str:
    """Write an exception for a report.

    Example:
        >>> show_error(ValueError("too late"))
        'ValueError: too late'
    """
    raised = raised_by_answer(error)
    name, message = (raised.name, raised.message) if raised else (type(error).__name__, str(error))
    return f"{name}: {show(message)[1:-1]}" if message else name
