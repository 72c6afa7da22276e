"""Stay inside: keep what was stolen alive for as long as the bank lets it.

The thief knows nothing but the credential.
Time passes between the moves; whoever runs the story moves the clock.

Sources: RFC 9700 section 4.14 (refresh tokens are long-lived, so they are what is stolen).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labapp.client.visits import TokenVisit, Visit


@dataclass(frozen=True)
class Turn:
    """One try to get in.

    Attributes:
        at: when, in lab seconds.
        served: was the account shown?
        how: what the bank answered: a status, or the word with which a refresh was refused.
    """

    at: float
    served: bool
    how: str


def persist(
    loot: Visit, *, advance: Callable[[float], None], now: Callable[[], float], every: float, until: float
) -> list[Turn]:
    """Come back again and again with a stolen credential.

    Args:
        loot: the visit that was copied, in the thief's own client.
        advance: lets lab time pass, in seconds.
        now: reads lab time.
        every: how often the thief comes back, in seconds.
        until: how long the thief tries, in seconds.

    Returns:
        Every try; the story ends with the first one that fails, because nothing is left to try.
    """
    turns: list[Turn] = []
    ends = now() + until
    while now() < ends and (not turns or turns[-1].served):
        advance(every)
        turns.append(_turn(loot, now()))
    return turns


def _turn(loot: Visit, at: float) -> Turn:
    answer = loot.get("/accounts")
    if isinstance(loot, TokenVisit) and answer.status == 401:
        refreshed = loot.refresh()
        if not refreshed.ok:
            return Turn(at, False, str(refreshed.json().get("error")))
        answer = loot.get("/accounts")
    return Turn(at, answer.ok, str(answer.status))
