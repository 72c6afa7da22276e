"""What the author of checks imports.

A module `tests/exercises/test_<slug>.py` holds plain functions `test_…(attempt)`.
The first line of a docstring is a sentence that the learner reads as what must hold.

    from labapp.errors import InvalidGrantError
    from labapp.grading.checks import Attempt, check

    def test_a_rotated_token_is_new(attempt: Attempt) -> None:
        '''Each rotation gives a new refresh token.'''
        old = attempt.call("issue", attempt.redis, "alice", "web", "read", attempt.now)
        new = attempt.call("rotate", attempt.redis, old, "web", attempt.now)["refresh_token"]
        attempt.expect(new != old, "the same token came back", "draw a new one from `secrets`")

    @check(points=2, depends="test_a_rotated_token_is_new")
    def test_a_used_token_is_refused(attempt: Attempt) -> None:
        '''A refresh token that was used once is refused.'''
        ...

Rules for whoever writes checks (CONTRIBUTING.md has more):

- Judge what the function does, never its text.
- Take names, times and keys from `attempt.rng` and `attempt.now`, and mix cases with `attempt.shuffled`.
- A check that asks for a refusal first sees something accepted by the same function.
- What an answer returns may be anything: put it through `attempt.shaped` before looking inside.
"""

from __future__ import annotations

from labapp.grading.checks.attempt import Attempt
from labapp.grading.checks.collecting import Check, check
from labapp.grading.checks.worker import Answer
from labapp.grading.failures import Failure, HarnessFault

__all__ = ["Answer", "Attempt", "Check", "Failure", "HarnessFault", "check"]
