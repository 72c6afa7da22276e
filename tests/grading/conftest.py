"""A tiny course of two exercises in a folder of its own, and a warm host for answers."""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labapp.authoring.stubs import make_stub
from labapp.grading.places import Places
from labapp.grading.process import AnswerHost
from labapp.grading.process.answer_process import AnswerProcess

CATALOG = """
[[exercise]]
slug = "ex00_double"
title = "Double a number"
lesson = "00"
kind = "R"
minutes = 5
points = 2
core = true
words = ["visibility"]
sources = ["Euclid, Elements, book VII"]
hints = ["add", "add it", "add it to itself"]
deadline = 3.0

[[exercise]]
slug = "ex09_spend"
title = "Spend a coin once"
lesson = "09"
kind = "D"
minutes = 10
points = 3
core = false
words = ["revocation"]
needs = ["ex00_double"]
sources = ["RFC 9700 section 4.14.2"]
hints = ["look", "one command", "GETDEL"]
deadline = 1.0
"""

FILES = {
    "solutions/ex00_double.py": '''
        """Double a number."""


        def double(number: int) -> int:
            """Return twice the number; a ValueError if there is no such thing."""
            # BEGIN SOLUTION
            # Refuse what is negative, then add.
            if number < 0:
                raise ValueError("a negative number")
            return number + number
            # END SOLUTION
        ''',
    "tests/exercises/test_ex00_double.py": '''
        """Checks of ex00_double."""

        from labapp.grading.checks import Attempt, check


        def test_it_doubles(attempt: Attempt) -> None:
            """The result is twice the number."""
            for number in attempt.shuffled([0, 1, attempt.rng.randrange(2, 10**6)]):
                result = attempt.shaped(attempt.call("double", number), int, "what double returns")
                attempt.expect(result == 2 * number, "it is not twice the number", "add it to itself",
                               expected=2 * number, actual=result, source="Euclid")


        @check(points=3, depends="test_it_doubles")
        def test_it_refuses_negative_numbers(attempt: Attempt) -> None:
            """A negative number is refused with ValueError."""
            attempt.call("double", attempt.rng.randrange(1, 99))
            attempt.raises(ValueError, "double", -attempt.rng.randrange(1, 99), hint="look at the sign first")
        ''',
    "tests/exercises/wrong/ex00_double/returns_it.py": '''
        """Gives the number back.

        Refused by: test_it_doubles
        """


        def double(number):
            return number
        ''',
    "tests/exercises/wrong/ex00_double/takes_all.py": '''
        """Doubles negative numbers as well.

        Refused by: test_it_refuses_negative_numbers
        """


        def double(number):
            return number * 2
        ''',
    "tests/exercises/wrong/ex00_double/squares.py": '''
        """Squares it, which is right for 0 and 2 only.

        Refused by: test_it_doubles
        """


        def double(number):
            return number**2
        ''',
    "tests/exercises/right/ex00_double/by_shift.py": '''
        """Shifts it by one bit."""


        def double(number):
            if number < 0:
                raise ValueError(number)
            return number << 1
        ''',
    "solutions/ex09_spend.py": '''
        """Spend a coin once."""


        def spend(redis, coin):
            """Return True for whoever spends the coin first; raise PermissionError for everybody else."""
            # BEGIN SOLUTION find and remove it in one step
            if redis.getdel(coin) is None:
                raise PermissionError("no such coin")
            return True
            # END SOLUTION
        ''',
    "tests/exercises/test_ex09_spend.py": '''
        """Checks of ex09_spend."""

        from labapp.grading.checks import Attempt, check


        def mint(attempt: Attempt) -> str:
            coin = f"coin:{attempt.rng.randrange(10**9)}"
            attempt.store.redis.set(coin, "1", ex=60)
            return coin


        def test_a_coin_is_spent_once(attempt: Attempt) -> None:
            """A coin can be spent, and not again."""
            coin = mint(attempt)
            attempt.expect(attempt.call("spend", attempt.redis, coin) is True, "a good coin is not taken")
            attempt.raises(PermissionError, "spend", attempt.redis, coin, seen="the coin was spent twice")


        def test_a_coin_expires(attempt: Attempt) -> None:
            """A coin that is too old is refused."""
            attempt.call("spend", attempt.redis, mint(attempt))
            coin = mint(attempt)
            attempt.clock.advance(61)
            attempt.raises(PermissionError, "spend", attempt.redis, coin)


        @check(depends="test_a_coin_is_spent_once")
        def test_one_winner(attempt: Attempt) -> None:
            """Of two requests with the same coin one wins, wherever they overtake each other."""
            other = attempt.another()
            for race in attempt.race(
                lambda coin: attempt.call("spend", attempt.redis, coin),
                lambda coin: other.call("spend", attempt.redis, coin),
                setup=lambda: mint(attempt),
            ):
                won = [race.first.ok, race.second.ok].count(True)
                attempt.expect(won == 1, f"{won} of two spent the same coin", "GETDEL reads and deletes at once",
                               expected="one winner", actual=f"before command {race.k}: {won}")
        ''',
    "tests/exercises/wrong/ex09_spend/get_then_del.py": '''
        """Looks first and deletes then.

        Refused by: test_one_winner
        """


        def spend(redis, coin):
            if redis.get(coin) is None:
                raise PermissionError("no such coin")
            redis.delete(coin)
            return True
        ''',
    "tests/exercises/wrong/ex09_spend/a_lock.py": '''
        """Looks first and deletes then, under a lock that another process does not have.

        Refused by: test_one_winner
        """

        import threading

        LOCK = threading.Lock()


        def spend(redis, coin):
            with LOCK:
                if redis.get(coin) is None:
                    raise PermissionError("no such coin")
                redis.delete(coin)
                return True
        ''',
    "tests/exercises/wrong/ex09_spend/never_deletes.py": '''
        """Only looks.

        Refused by: test_a_coin_is_spent_once
        """


        def spend(redis, coin):
            if redis.get(coin) is None:
                raise PermissionError("no such coin")
            return True
        ''',
    "tests/exercises/right/ex09_spend/watch.py": '''
        """WATCH, look, MULTI, delete, EXEC; again if somebody was faster."""

        from redis.exceptions import WatchError


        def spend(redis, coin):
            with redis.pipeline() as pipe:
                while True:
                    try:
                        pipe.watch(coin)
                        if pipe.get(coin) is None:
                            raise PermissionError("no such coin")
                        pipe.multi()
                        pipe.delete(coin)
                        pipe.execute()
                        return True
                    except WatchError:
                        continue
        ''',
}

NOTEBOOK = """{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
 {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# A lesson"},
 {"cell_type": "code", "id": "answer", "metadata": {}, "execution_count": null, "outputs": [],
  "source": "%%answer SLUG\\nold"}]}"""


def write_course(home: Path) -> Places:
    """Write the tiny course; its stubs are fresh."""
    where = Places(home)
    for name, text in {"exercises/catalog.toml": CATALOG, **FILES}.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    where.answers.mkdir()
    where.notebooks.mkdir()
    for slug in ("ex00_double", "ex09_spend"):
        where.stub(slug).write_text(make_stub(where.solution(slug).read_text()))
        (where.notebooks / f"{slug[2:4]}_lesson.ipynb").write_text(NOTEBOOK.replace("SLUG", slug))
    return where


@pytest.fixture
def course(tmp_path: Path) -> Places:
    """A fresh copy of the tiny course."""
    return write_course(tmp_path / "course")


@pytest.fixture(scope="session")
def small_course(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The tiny course, for tests that only read it."""
    return write_course(tmp_path_factory.mktemp("small") / "course")


@pytest.fixture(scope="session")
def host() -> Iterator[AnswerHost]:
    """A warm host, shared by all tests."""
    with AnswerHost() as host:
        yield host


Load = Callable[..., AnswerProcess]


@pytest.fixture
def load(host: AnswerHost) -> Iterator[Load]:
    """Start answers from indented text, and end them after the test."""
    started = []

    def start(text: str, **options: object) -> AnswerProcess:
        answer = host.start(textwrap.dedent(text), "ex00_test", **options)  # type: ignore[arg-type]
        started.append(answer)
        return answer

    yield start
    for answer in started:
        answer.close()
    host.settle()


@pytest.fixture
def open_files() -> Callable[[], set[str]]:
    """Give a function that names the files, pipes and sockets that this process has open."""

    def names() -> set[str]:
        found = set()
        for entry in list(Path("/proc/self/fd").iterdir()):
            with contextlib.suppress(FileNotFoundError):  # the one by which the folder was read
                found.add(f"{entry.name} {entry.readlink()}")
        return found

    return names
