"""Whose money is where: the bank's own data, in whole cents.

It stands in the same Redis as the credentials so that several workers see one bank, but it is not part of any lesson:
its trips to the store are counted apart and have no price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labapp.store import Store

OPENING_BALANCE = 250_000
"""Everybody starts with 2,500.00."""


@dataclass(frozen=True)
class Account:
    """One account: its number, whose it is, and its balance in cents."""

    number: str
    owner: str
    balance: int


class Ledger:
    """The accounts of the bank.

    Args:
        store: a store with a counter of its own.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, owner: str, *, balance: int = OPENING_BALANCE) -> Account:
        """Open an account, or return the one that is there."""
        number = f"acct-{owner}"
        key = self._store.keys.account(number)
        with self._store.redis.pipeline() as pipe:
            pipe.hsetnx(key, "owner", owner)
            pipe.hsetnx(key, "balance", balance)
            pipe.execute()
        return Account(number, owner, int(self._store.redis.hget(key, "balance") or 0))

    def get(self, number: str) -> Account | None:
        """Return an account, or None."""
        owner, balance = self._store.redis.hmget(self._store.keys.account(number), "owner", "balance")
        return None if owner is None else Account(number, str(owner), int(str(balance)))

    def of(self, owner: str) -> list[Account]:
        """Return somebody's accounts."""
        account = self.get(f"acct-{owner}")
        return [] if account is None else [account]

    def transfer(self, source: str, target: str, cents: int) -> Account | None:
        """Move money; returns the source afterwards, or None when it does not hold enough."""
        keys = [self._store.keys.account(source), self._store.keys.account(target)]

        def move(pipe: Any) -> bool:
            balance = int(pipe.hget(keys[0], "balance") or 0)
            pipe.multi()
            if balance < cents:
                return False
            pipe.hincrby(keys[0], "balance", -cents)
            pipe.hincrby(keys[1], "balance", cents)
            return True

        return self.get(source) if self._store.transaction(move, *keys) else None
