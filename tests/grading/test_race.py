"""Two answers, one store: the second call comes in before the k-th command of the first, for every k."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from labapp.grading.checks import Attempt
from labapp.grading.failures import Failure, HarnessFault
from labapp.grading.process import AnswerHost
from labapp.randomness import seeded
from labapp.store.interleave import Race

NAIVE = """
def spend(redis, coin):
    if redis.get(coin) is None:
        raise PermissionError("spent")
    redis.delete(coin)
    return "spent it"
"""
LOCKED = """
import threading
LOCK = threading.Lock()

def spend(redis, coin):
    with LOCK:
        if redis.get(coin) is None:
            raise PermissionError("spent")
        redis.delete(coin)
        return "spent it"
"""
GETDEL = """
def spend(redis, coin):
    if redis.getdel(coin) is None:
        raise PermissionError("spent")
    return "spent it"
"""
WATCH = """
from redis.exceptions import WatchError

def spend(redis, coin):
    with redis.pipeline() as pipe:
        while True:
            try:
                pipe.watch(coin)
                if pipe.get(coin) is None:
                    raise PermissionError("spent")
                pipe.multi()
                pipe.delete(coin)
                pipe.execute()
                return "spent it"
            except WatchError:
                continue
"""


@pytest.fixture
def attempts(host: AnswerHost) -> Iterator[Any]:
    """Make attempts at an answer, and end them after the test."""
    made = []

    def make(text: str, seed: int = 1) -> Attempt:
        attempt = Attempt(
            lambda clock: host.start(text, "ex09_spend", clock=clock), rng=seeded(seed, "race"), deadline=5
        )
        made.append(attempt)
        return attempt

    yield make
    for attempt in made:
        attempt.close()
    host.settle()


def raced(attempt: Attempt) -> list[Race]:
    other = attempt.another()
    return attempt.race(
        lambda coin: attempt.call("spend", attempt.redis, coin),
        lambda coin: other.call("spend", attempt.redis, coin),
        setup=lambda: attempt.store.redis.set("coin", "1") and "coin",
    )


def winners(races: list[Race]) -> list[tuple[int, bool, bool]]:
    return [(race.k, race.first.ok, race.second.ok) for race in races]


def test_the_naive_double_spend_shows_at_its_second_command(attempts: Any) -> None:
    """Between GET and DEL: both win; a Python lock in two processes changes nothing."""
    for text in (NAIVE, LOCKED):
        assert winners(raced(attempts(text))) == [(1, False, True), (2, True, True)]


def test_getdel_has_one_winner_everywhere(attempts: Any) -> None:
    """There is one command, and one place to come in."""
    assert winners(raced(attempts(GETDEL))) == [(1, False, True)]


def test_watch_with_retry_has_one_winner_everywhere(attempts: Any) -> None:
    """Before WATCH, GET and EXEC; where it was overtaken, the first goes round again and finds nothing."""
    races = raced(attempts(WATCH))
    assert [race.k for race in races] == [1, 2, 3]
    assert all([race.first.ok, race.second.ok].count(True) == 1 for race in races)


def test_the_loser_may_raise_what_a_check_can_expect(attempts: Any) -> None:
    """Its error is an outcome, rebuilt by its class."""
    race = raced(attempts(GETDEL))[0]
    assert type(race.first.error) is PermissionError
    assert race.second.value == "spent it"


@pytest.mark.parametrize(
    ("loser", "what"),
    [
        ("import os; os._exit(0)", "ended the process"),
        ("raise SystemExit", "raised SystemExit"),
        ("raise type('Own', (Exception,), {})", "raised Own"),
        ("return {1}", "a set is no plain data"),
    ],
)
def test_a_loser_that_breaks_is_no_loser(attempts: Any, loser: str, what: str) -> None:
    """A crash must not pass for a refusal."""
    text = GETDEL.replace('raise PermissionError("spent")', loser)
    with pytest.raises(Failure, match=what):
        raced(attempts(text))


def test_a_mistake_in_the_check_is_ours(attempts: Any) -> None:
    """It would otherwise look like somebody who lost."""
    attempt = attempts(GETDEL)
    with pytest.raises(HarnessFault, match="in the middle of another call"):
        attempt.race(
            lambda _: attempt.call("spend", attempt.redis, "coin"),
            lambda _: attempt.call("spend", attempt.redis, "coin"),
            setup=lambda: attempt.store.redis.set("coin", "1"),
        )


def test_an_answer_that_never_asks_the_store_cannot_be_raced(attempts: Any) -> None:
    """It would pass for one that was never overtaken."""
    with pytest.raises(Failure, match="never asked the store"):
        raced(attempts("def spend(redis, coin):\n    return 'spent it'\n"))


def test_the_trace_tells_the_story(attempts: Any) -> None:
    """Who came in where, and which commands each of them sent."""
    attempt = attempts(NAIVE)
    raced(attempt)
    lines = attempt.trace.lines()
    assert "before store command 2 of the first" in lines[3]
    assert "second answer: spend(redis, 'coin') → 'spent it'   [store: GET, DEL]" in lines[4]
    assert "answer: spend(redis, 'coin') → 'spent it'   [store: GET, DEL]" in lines[5]


class Hours:
    """A clock for `labapp.grading.process.patience` that only moves when a test says so."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


def test_waiting_for_the_other_is_not_held_against_the_first(
    attempts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline counts the time that we wait for an answer, not the time that it waits for us."""
    hours = Hours()
    monkeypatch.setattr("labapp.grading.process.patience.time", hours)
    attempt = attempts(GETDEL)
    races = attempt.race(
        lambda coin: attempt.call("spend", attempt.redis, coin),
        lambda coin: setattr(hours, "at", hours.at + 3600),
        setup=lambda: attempt.store.redis.set("coin", "1") and "coin",
    )
    assert winners(races) == [(1, True, True)]
