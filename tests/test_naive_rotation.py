"""The answer to ex08 under the interleaver: where naive rotation double-spends, and that the solution never does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labapp.grading.checks import Attempt
from labapp.grading.places import BESIDE_THE_PACKAGE, Places
from labapp.grading.process import AnswerHost
from labapp.randomness import seeded

SLUG = "ex08_rotate_refresh_token"
COURSE = Places(BESIDE_THE_PACKAGE)
LOGIN = {"user": "alice", "client_id": "web", "scope": "accounts"}


@pytest.fixture(scope="module")
def host() -> Iterator[AnswerHost]:
    with AnswerHost() as host:
        yield host


def winners(host: AnswerHost, answer: Path) -> dict[int, int]:
    """Two processes of an answer exchange one token; k → how many of the two succeed."""
    text = answer.read_text(encoding="utf-8")
    attempt = Attempt(lambda clock: host.start(text, SLUG, clock=clock), rng=seeded(1, "race"), deadline=5)
    other = attempt.another()

    def log_in() -> str:
        return str(attempt.call("issue", attempt.redis, **LOGIN, now=attempt.now)["refresh_token"])

    try:
        races = attempt.race(
            lambda token: attempt.call("rotate", attempt.redis, token, client_id="web", now=attempt.now),
            lambda token: other.call("rotate", attempt.redis, token, client_id="web", now=attempt.now),
            setup=log_in,
        )
        return {race.k: race.first.ok + race.second.ok for race in races}
    finally:
        attempt.close()


def test_check_then_write_double_spends_at_its_third_command(host: AnswerHost) -> None:
    """It reads token (1) and family (2), then writes (3, 4): whoever comes in between reading and writing wins too."""
    naive = next(path for path in COURSE.right(SLUG) if path.stem == "check_then_write")
    found = winners(host, naive)
    assert [k for k, won in found.items() if won == 2] == [3]
    assert {k for k in found if found[k] == 1} == set(found) - {3}


@pytest.mark.parametrize("answer", ["the solution", "signed_counter", "take_the_token"])
def test_an_atomic_exchange_has_one_winner_wherever_the_other_comes_in(host: AnswerHost, answer: str) -> None:
    path = COURSE.solution(SLUG)
    if answer != "the solution":
        path = next(p for p in COURSE.right(SLUG) if p.stem == answer)
    found = winners(host, path)
    assert len(found) >= 3
    assert set(found.values()) == {1}
