"""The trace of a check: who called what, with what, at which lab time, and what came back.

It is what a learner debugs with, so it is short, and it shows no credential whole:
texts that look like a token, a session ID or a hash are cut to their first characters, enough to recognise them.

Example:
    >>> show({"token": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl", "user": "alice"})
    "{'token': 'eyJhbG…', 'user': 'alice'}"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from labapp.clock import stamp
from labapp.errors import shorten

MAX_SHOWN = 300
MAX_COMMANDS = 12

_RUN = re.compile(r"[A-Za-z0-9_\-+=.~]{20,}")
_HEX = re.compile(r"[0-9a-fA-F-]{32,}")


def veil(text: str) -> str:
    """Cut every part of a text that looks like a credential.

    Words, names of tests and classes, addresses and times stay as they are.

    Example:
        >>> veil("the family of 'Zk3vXw0qP1mJ8sYt2bLcRdEfGh' ends; see test_a_replay_ends_the_family")
        "the family of 'Zk3vXw…' ends; see test_a_replay_ends_the_family"
        >>> veil("GET user:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        'GET user:9f86d0…'
    """
    return _RUN.sub(lambda found: shorten(found[0]) if _looks_secret(found[0]) else found[0], text)


def _looks_secret(run: str) -> bool:
    if run.startswith("eyJ") or _HEX.fullmatch(run):
        return True
    return all(any(map(is_of, run)) for is_of in (str.isdigit, str.islower, str.isupper))


def show(value: Any, limit: int = MAX_SHOWN) -> str:
    """Write a value for a report: short, and with no credential whole."""
    text = veil(repr(value)[: 4 * limit])
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True)
class Step:
    """One line of a trace.

    Attributes:
        at: lab time in seconds.
        who: who acted: `"answer"`, `"second answer"`, or a name that the check gave, such as `"mallory"`.
        what: what was done.
        result: what came back.
        commands: the store commands that it took, in order.
        refused: did it end in an error?
        function: the function of the answer that was called, if any.
    """

    at: float
    who: str
    what: str
    result: str = ""
    commands: tuple[str, ...] = ()
    refused: bool = False
    function: str = ""

    def __str__(self) -> str:
        store = ""
        if self.commands:
            more = ", …" if len(self.commands) > MAX_COMMANDS else ""
            store = f"   [store: {', '.join(self.commands[:MAX_COMMANDS])}{more}]"
        return (
            f"{stamp(self.at)}  {self.who}: {self.what}"
            + (f" → {self.result}" if self.result else "")
            + store
        )


@dataclass
class Trace:
    """What happened during one check, in order.

    Attributes:
        steps: the lines.
        printed: what the answer printed, call by call, one after the other.
    """

    steps: list[Step] = field(default_factory=list)
    printed: str = ""

    def add(self, step: Step) -> None:
        """Append a line."""
        self.steps.append(step)

    def lines(self) -> list[str]:
        """Return the lines as text."""
        return [str(step) for step in self.steps]


def call_text(function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Write a call the way it would stand in a program.

    Example:
        >>> call_text("rotate", ("Zk3vXw0qP1mJ8sYt2bLcRdEfGh",), {"scope": None})
        "rotate('Zk3vXw…', scope=None)"
    """
    parts = [show(arg, 80) for arg in args] + [f"{name}={show(value, 80)}" for name, value in kwargs.items()]
    return f"{function}({', '.join(parts)})"
