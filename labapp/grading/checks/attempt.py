"""One attempt of one check at an answer: what the author of a check works with.

An `Attempt` is fresh for every check and every run: its numbers, its lab time, its store and its answer process.
So an answer can neither remember the last check nor know the next value.

Calls are traced by themselves; `note` adds what happened elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from labapp.clock import LAB_START, LabClock, SystemClock
from labapp.grading.checks.shapes import misfit
from labapp.grading.checks.trace import Step, Trace, show
from labapp.grading.checks.worker import Answer, Errors, Functions, Start
from labapp.grading.failures import Failure
from labapp.grading.process.raising import raised_by_answer
from labapp.grading.services import Handler, HttpProxy, RedisProxy
from labapp.store import Store, open_store
from labapp.store.interleave import Race, interleavings

T = TypeVar("T")
DAY = 86_400
_ORDINALS = ("", "second ", "third ", "fourth ", "fifth ")


class Attempt:
    """What a check is given.

    Args:
        start: starts a fresh process of the answer that goes by a clock.
        rng: where this attempt's random numbers come from.
        deadline: seconds that one call may take.
        thresholds: the numbers of the exercise in the catalogue.

    Attributes:
        rng: random numbers, fresh in every run; a replay of the same seed gives the same ones.
        clock: lab time; it starts at a random instant and stands still until the check moves it.
        answer: the answer's functions as methods.
        trace: what happened so far.
        deadline: seconds that one call may take.
        thresholds: the numbers that the exercise goes by, from the catalogue.
    """

    def __init__(
        self,
        start: Start,
        *,
        rng: random.Random,
        deadline: float,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        self.start = start
        self.rng = rng
        self.clock = LabClock(LAB_START + self.rng.randrange(1, 1000 * DAY))
        self.deadline = deadline
        self.thresholds = thresholds or {}
        self.trace = Trace()
        self._answers = [Answer(self, "answer")]
        self.answer = Functions(self._answers[0])

    # --- the answer ---------------------------------------------------------------------------------------------

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the answer; see `Answer.call`."""
        return self._answers[0].call(function, *args, **kwargs)

    def raises(self, error: Errors, function: str, *args: Any, **kwargs: Any) -> Exception:
        """Call a function of the answer that must refuse; see `Answer.raises`."""
        return self._answers[0].raises(error, function, *args, **kwargs)

    def another(self) -> Answer:
        """Give a second, independent process of the same answer: another worker, or the same one after a restart."""
        ordinal = _ORDINALS[min(len(self._answers), len(_ORDINALS) - 1)]
        self._answers.append(Answer(self, f"{ordinal}answer"))
        return self._answers[-1]

    def race(
        self,
        first: Callable[[Any], Any],
        second: Callable[[Any], Any],
        *,
        setup: Callable[[], Any] = lambda: None,
        at_most: int = 50,
    ) -> list[Race]:
        """Run two calls so that the second comes in between, at every place in turn.

        Before the k-th store command of the first call the whole of the second one runs, for k = 1, 2, …
        The two must be calls of two answers, as two requests are served by two workers.

        Args:
            first: makes the call that is interrupted; is given what `setup` returned.
            second: makes the call that comes in between; is given the same.
            setup: brings the store into the same state before each try.
            at_most: an upper bound on k.

        Returns:
            One race for each k.
            A call that raised one of the errors that a check can expect is an outcome; anything else ends the check.
        """
        prepared: list[Any] = []

        def prepare() -> None:
            prepared.append(setup())
            self.note("race", f"the second call comes in before store command {len(prepared)} of the first")

        races = []
        for race in interleavings(
            self.store,
            lambda: first(prepared[-1]),
            lambda: second(prepared[-1]),
            setup=prepare,
            at_most=at_most,
        ):
            for outcome in (race.first, race.second):
                if outcome.error is not None and raised_by_answer(outcome.error) is None:
                    raise outcome.error
            races.append(race)
        if not races:
            raise Failure(
                "the first call never asked the store", "keep what must last in the store that you are given"
            )
        return races

    # --- what an answer is lent ---------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Lab time in whole seconds, as it is passed to an answer."""
        return int(self.clock.now())

    @cached_property
    def store(self) -> Store:
        """A fresh store that goes by this attempt's clock; the check may look into it."""
        return open_store(clock=self.clock)

    @cached_property
    def redis(self) -> RedisProxy:
        """What is passed to an answer that needs a store: it receives a redis-py client for `store`."""
        return RedisProxy(self.store)

    def http(self, handler: Handler) -> HttpProxy:
        """Return what is passed to an answer that sends requests: it receives `http(method, url, headers, body)`."""
        return HttpProxy(handler)

    # --- judging ------------------------------------------------------------------------------------------------

    def expect(
        self,
        condition: bool,
        seen: str,
        hint: str = "",
        *,
        expected: Any = None,
        actual: Any = None,
        source: str | None = None,
    ) -> None:
        """Fail unless a condition holds.

        Raises:
            Failure: it does not hold; see there for what the arguments mean.
        """
        if not condition:
            raise Failure(seen, hint, expected=expected, actual=actual, source=source)

    def shaped(self, value: T, shape: Any, of: str = "the result") -> T:
        """Fail unless a value has the shape that the exercise asks for; what an answer returns may be anything.

        Args:
            value: what the answer returned.
            shape: see `labapp.grading.checks.shapes`.
            of: whose value it is, for the learner.

        Returns:
            The value.

        Raises:
            Failure: it has another shape.
        """
        if problem := misfit(value, shape):
            raise Failure(
                f"{of}: {problem}",
                "look at the docstring of the function: it says what to return",
                actual=value,
            )
        return value

    def lab_time(self, seconds: float, of: str) -> None:
        """Fail with the reason if a time is the machine's own rather than the lab's.

        Raises:
            Failure: it lies within a day of today.
        """
        if abs(seconds - SystemClock().now()) < DAY:
            raise Failure(
                f"{of} was read from the machine's clock",
                "use the `now` that your function is given: in the lab it is another day",
                expected=f"about {self.now}",
                actual=seconds,
            )

    def shuffled(self, cases: Iterable[T]) -> list[T]:
        """Mix good and bad cases, so that nothing can be learnt from their order."""
        mixed = list(cases)
        self.rng.shuffle(mixed)
        return mixed

    def note(self, who: str, what: str, result: Any = "") -> None:
        """Add a line to the trace."""
        self.trace.add(Step(self.clock.now(), who, what, result if isinstance(result, str) else show(result)))

    def close(self) -> None:
        """End every process of this attempt."""
        for answer in self._answers:
            answer.close()
