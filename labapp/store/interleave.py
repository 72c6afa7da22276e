"""Make a race happen every time: run one operation inside another, at a chosen store command.

Two requests that read and then write can overtake each other.
On one machine that almost never happens by chance, so a test with threads finds nothing and proves nothing.
Here nothing is left to chance: just before the k-th trip of operation A to the store, the whole of operation B runs.
Trying every k tries every place where B can come in between.

Example:
    >>> from labapp.store import open_store
    >>> store = open_store()
    >>> def take(name):
    ...     def work():
    ...         if store.redis.get("coin") is None:
    ...             return None
    ...         store.redis.delete("coin")
    ...         return name
    ...     return work
    >>> [(race.k, race.first.value, race.second.value)
    ...  for race in interleavings(store, take("A"), take("B"), setup=lambda: store.redis.set("coin", "1"))]
    [(1, None, 'B'), (2, 'A', 'B')]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from labapp.store.store import Store


@dataclass(frozen=True)
class Outcome:
    """How one operation ended: with a value, or with an error."""

    value: Any = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Did it end without an error?"""
        return self.error is None


@dataclass(frozen=True)
class Race:
    """One interleaving.

    Attributes:
        k: before which trip of the first operation the second one ran, counted from 1.
        first: how the operation that was interrupted ended.
        second: how the one that ran in between ended.
    """

    k: int
    first: Outcome
    second: Outcome


def outcome(work: Callable[[], Any]) -> Outcome:
    """Run an operation and keep how it ended."""
    try:
        return Outcome(value=work())
    except Exception as error:
        return Outcome(error=error)


def interrupted(store: Store, k: int, first: Callable[[], Any], second: Callable[[], Any]) -> Race | None:
    """Run `first`, and the whole of `second` just before the k-th trip of `first` to the store.

    Returns:
        The race, or None when `first` made fewer than k trips (then `second` has not run).
    """
    trips = 0
    inside: Outcome | None = None

    def before(names: list[str]) -> None:
        nonlocal trips, inside
        trips += 1
        if trips == k:
            store.observer.before = None  # what runs in between is not interrupted itself
            inside = outcome(second)

    store.observer.before = before
    try:
        ended = outcome(first)
    finally:
        store.observer.before = None
    return None if inside is None else Race(k, ended, inside)


def interleavings(
    store: Store,
    first: Callable[[], Any],
    second: Callable[[], Any],
    *,
    setup: Callable[[], Any] = lambda: None,
    at_most: int = 50,
) -> Iterator[Race]:
    """Try every place at which `second` can come into `first`.

    Args:
        store: the store that both use.
        first: the operation that is interrupted.
        second: the one that runs in between.
        setup: brings the store into the same state before each try.
        at_most: an upper bound on k, for operations that would never end.

    Yields:
        One race for each k that `first` reaches.
    """
    for k in range(1, at_most + 1):
        setup()
        race = interrupted(store, k, first, second)
        if race is None:
            return
        yield race
