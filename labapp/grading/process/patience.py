"""How long we wait for an answer: for one call, and for a whole submission.

Only the time that we wait for the answer counts, not the time that the answer waits for us:
a check that lets another answer run in between takes nothing from the first one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from labapp.grading.failures import Failure

T = TypeVar("T")


class Budget:
    """How long one submission may keep us waiting, all its processes and calls together.

    Args:
        seconds: of waiting for the answer.
    """

    def __init__(self, seconds: float = float("inf")) -> None:
        self.seconds = seconds
        self.left = seconds


class Patience:
    """How long one call may keep us waiting.

    Args:
        deadline: seconds for this call.
        budget: what is left for the submission.

    Example:
        >>> patience = Patience(2.0, Budget(10.0))
        >>> patience.wait(lambda seconds: round(seconds))
        2
    """

    def __init__(self, deadline: float, budget: Budget) -> None:
        self._deadline = deadline
        self._left = deadline
        self._budget = budget

    def wait(self, act: Callable[..., T]) -> T:
        """Do something that waits for the answer, and count how long it took.

        Args:
            act: is given the `seconds` that are left.

        Raises:
            TimeoutError: none are left.
        """
        left = min(self._left, self._budget.left)
        if left <= 0:
            raise TimeoutError
        began = time.monotonic()
        try:
            return act(seconds=left)
        finally:
            spent = time.monotonic() - began
            self._left -= spent
            self._budget.left -= spent

    def failure(self, doing: str) -> Failure:
        """Say which of the two ran out."""
        if self._budget.left <= 0:
            seen = f"{doing} came to no end: all calls together took more than {self._budget.seconds:g} s"
        else:
            seen = f"{doing} came to no end within {self._deadline:g} s"
        return Failure(seen, "look for a loop that never ends, or for something that waits", cause="timeout")
