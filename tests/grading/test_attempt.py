"""What a check works with: fresh every time, and strict with what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from labapp.clock import LAB_START, SystemClock
from labapp.errors import InvalidGrantError, ReplayedRefreshTokenError
from labapp.grading.checks import Attempt
from labapp.grading.checks.shapes import misfit
from labapp.grading.checks.trace import call_text, show, veil
from labapp.grading.failures import AnswerRaised, Failure, HarnessFault
from labapp.grading.process import AnswerHost
from labapp.grading.process.raising import fault_or_failure
from labapp.randomness import seeded

ANSWER = """
import os
from labapp.errors import ReplayedRefreshTokenError

SEEN = []

def double(number, *, plus=0):
    SEEN.append(number)
    print("doubling", number)
    return 2 * number + plus

def refuse(kind="replay"):
    if kind == "replay":
        raise ReplayedRefreshTokenError("again")
    if kind == "todo":
        raise NotImplementedError
    if kind == "value":
        raise ValueError("no")
    if kind == "exit":
        raise SystemExit
    return kind

def seen():
    return SEEN
"""


@pytest.fixture
def attempt(host: AnswerHost) -> Iterator[Attempt]:
    attempt = new_attempt(host)
    yield attempt
    attempt.close()


def new_attempt(host: AnswerHost, seed: int = 7) -> Attempt:
    return Attempt(
        lambda clock: host.start(ANSWER, "ex00_test", clock=clock),
        rng=seeded(seed, "attempt"),
        deadline=5,
        thresholds={"most": 3},
    )


def test_the_same_seed_gives_the_same_attempt(host: AnswerHost) -> None:
    """Numbers and lab time; another seed gives others, and never today."""
    one, same, other = (new_attempt(host, seed) for seed in (7, 7, 8))
    assert (one.now, one.rng.random()) == (same.now, same.rng.random())
    assert one.now != other.now
    assert one.now > LAB_START
    assert one.now > SystemClock().now()


def test_functions_are_called_by_name_or_like_methods(attempt: Attempt) -> None:
    """Both end in the trace, with what was printed."""
    assert attempt.call("double", 4, plus=1) == 9
    assert attempt.answer.double(5) == 10
    assert [str(step).partition("UTC  ")[2] for step in attempt.trace.steps] == [
        "answer: double(4, plus=1) → 9",
        "answer: double(5) → 10",
    ]
    assert attempt.trace.printed == "doubling 4\ndoubling 5\n"


def test_another_answer_remembers_nothing_of_the_first(attempt: Attempt) -> None:
    """It is another worker, or the same one after a restart."""
    attempt.call("double", 1)
    other = attempt.another()
    assert other.call("seen") == []
    assert attempt.call("seen") == [1]
    assert attempt.another().who == "third answer"
    assert attempt.trace.steps[1].who == "second answer"


def test_a_refusal_of_the_right_class_is_returned(attempt: Attempt) -> None:
    """A subclass counts, as it does in `except`."""
    error = attempt.raises(InvalidGrantError, "refuse")
    assert type(error) is ReplayedRefreshTokenError
    assert attempt.raises((KeyError, ValueError), "refuse", "value").args == ("no",)
    assert attempt.trace.steps[0].refused


@pytest.mark.parametrize(
    ("kind", "seen", "actual"),
    [
        ("value", "raised ValueError where it should refuse with InvalidGrantError", "ValueError: no"),
        ("through", "it was let in", "through"),
    ],
)
def test_anything_else_than_the_refusal_is_a_failure(
    attempt: Attempt, kind: str, seen: str, actual: str
) -> None:
    """It says what came instead, and what the check wants the learner to try."""
    with pytest.raises(Failure) as failure:
        attempt.raises(
            InvalidGrantError, "refuse", kind, seen="it was let in", hint="look", source="RFC 6749"
        )
    assert seen in failure.value.seen
    assert (failure.value.hint, failure.value.source) == ("look", "RFC 6749")
    assert (failure.value.expected, failure.value.actual) == ("InvalidGrantError", actual)


def test_leaving_is_never_a_refusal(attempt: Attempt) -> None:
    """Not even for a check that expects any exception at all."""
    with pytest.raises(AnswerRaised):
        attempt.raises(Exception, "refuse", "exit")
    with pytest.raises(Failure, match="refuse is not written yet"):
        attempt.raises(NotImplementedError, "refuse", "todo")


def test_expect_carries_everything(attempt: Attempt) -> None:
    """Nothing happens if it holds."""
    attempt.expect(True, "never seen")
    with pytest.raises(Failure) as failure:
        attempt.expect(False, "seen", "hint", expected=1, actual=2, source="RFC")
    assert vars(failure.value) == {
        "seen": "seen", "hint": "hint", "expected": 1, "actual": 2, "source": "RFC", "cause": "check", "lines": (),
    }  # fmt: skip


def test_a_time_of_today_is_told_as_what_it_is(attempt: Attempt) -> None:
    """The answer asked the machine, although it was given the time."""
    attempt.lab_time(attempt.now + 900, "`exp`")
    with pytest.raises(Failure, match="`exp` was read from the machine's clock"):
        attempt.lab_time(SystemClock().now() + 900, "`exp`")


@pytest.mark.parametrize(
    ("value", "shape", "problem"),
    [
        ({"a": 1, "more": 2}, {"a": int}, ""),
        (None, (str, None), ""),
        ([], [str], ""),
        ([["a", 1]], [[(str, int)]], ""),
        ({"a": object}, {"a": Any}, ""),
        (True, int, "it is True, a bool, where an int is asked for"),
        (None, dict, "it is None where a dict is asked for"),
        ({}, {"a": int}, "['a'] is missing"),
        ({"a": {"b": "x"}}, {"a": {"b": int}}, "['a']['b'] is 'x', a str, where an int is asked for"),
        (["x", 1], [str], "[1] is 1, an int, where a str is asked for"),
        (1.5, (str, None), "it is 1.5, a float, where a str or None is asked for"),
        ([], {"a": int}, "it is [], a list, where a dict is asked for"),
        ({}, [int], "it is {}, a dict, where a list is asked for"),
    ],
)
def test_a_shape_says_what_is_wrong(value: Any, shape: Any, problem: str) -> None:
    """With the path to the place."""
    assert misfit(value, shape) == problem


def test_a_misshapen_result_fails(attempt: Attempt) -> None:
    """So that no check looks into something that is not there."""
    assert attempt.shaped({"a": 1}, {"a": int}) == {"a": 1}
    with pytest.raises(Failure, match="what double returns: it is 4, an int, where a dict is asked for"):
        attempt.shaped(attempt.call("double", 2), {"a": int}, "what double returns")


def test_cases_are_mixed_by_the_seed(host: AnswerHost) -> None:
    """The order changes from run to run, and a replay has the same."""
    orders = {tuple(new_attempt(host, seed).shuffled(range(8))) for seed in range(20)}
    assert len(orders) > 15
    assert new_attempt(host, 3).shuffled(range(8)) == new_attempt(host, 3).shuffled(range(8))
    assert sorted(orders.pop()) == list(range(8))


def test_thresholds_come_from_the_catalogue(attempt: Attempt) -> None:
    """Not from the check."""
    assert attempt.thresholds == {"most": 3}


def test_whose_fault_it_is() -> None:
    """An exception of the check itself is ours, and says where."""
    failure = Failure("seen")
    assert fault_or_failure(failure) is failure
    try:
        {}["key"]
    except KeyError as error:
        fault = fault_or_failure(error)
    assert isinstance(fault, HarnessFault)
    assert "test_attempt.py, line" in str(fault)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "eyJhbG…"),
        ("Bearer Zk3vXw0qP1mJ8sYt2bLcRdEfGh", "Bearer Zk3vXw…"),
        ("9f86d081884c7d659a2feaa0c55ad015", "9f86d0…"),
        ("123e4567-e89b-12d3-a456-426614174000", "123e45…"),
        ("test_a_used_token_is_refused", "test_a_used_token_is_refused"),
        ("ReplayedRefreshTokenError: reuse", "ReplayedRefreshTokenError: reuse"),
        (
            "https://id.harbour.test/token?grant_type=refresh_token",
            "https://id.harbour.test/token?grant_type=refresh_token",
        ),
        ("2030-01-07 09:00:00 UTC", "2030-01-07 09:00:00 UTC"),
        (
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("accounts transfers reports", "accounts transfers reports"),
    ],
)
def test_credentials_are_cut_and_words_are_not(text: str, shown: str) -> None:
    """A learner recognises a token by its beginning, and reads everything else."""
    assert veil(text) == shown


def test_what_is_long_is_cut() -> None:
    """A trace is read by people."""
    assert len(show("word " * 500)) == 300
    assert call_text("f", ("x " * 100,), {"now": 1}).endswith("…, now=1)")
