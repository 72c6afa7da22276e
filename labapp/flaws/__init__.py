"""Deliberately weak variants of the bank's parts, one mistake a module, for lessons that break them.

Every weak line is marked `# LEAKY:`, and `tests/test_flaws.py` lists them all.
A flaw exchanges one part of a sound bank, and only when it is asked for by name:

    lab.weaken("no_rotation")      # in a notebook, in process

Nothing here is part of the bank that `python -m labapp serve` serves.

| name | the mistake |
|---|---|
| `no_rotation` | a refresh token stays the same, for ninety days |
| `no_reuse_detection` | a used refresh token is refused, and nobody wonders who sent it |
| `sliding_family` | every exchange starts the family's life anew |
| `refresh_in_clear` | refresh tokens stand in the store as they are |
| `widening_scope` | a refresh gets whatever scope it asks for |
| `idle_timeout_only` | a session lives for as long as somebody uses it |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from labapp.errors import SetupError
from labapp.web.parts import Parts

NAMES = (
    "no_rotation",
    "no_reuse_detection",
    "sliding_family",
    "refresh_in_clear",
    "widening_scope",
    "idle_timeout_only",
)
"""The flaws there are; each is a module of this name."""


@dataclass(frozen=True)
class Flaw:
    """One mistake.

    Attributes:
        name: how it is asked for.
        mistake: what is wrong, one sentence.
        exchange: given a sound bank's parts, returns the weak ones to put in their place.
    """

    name: str
    mistake: str
    exchange: Callable[[Parts], dict[str, Any]]


def flaw(name: str) -> Flaw:
    """Return a flaw by its name.

    Raises:
        SetupError: there is none; the message lists them.

    Example:
        >>> flaw("no_rotation").mistake
        'A refresh token stays the same, for ninety days: whoever copied it once comes and goes as they like.'
    """
    if name not in NAMES:
        raise SetupError(f"no flaw {name!r}; there are {', '.join(NAMES)}")
    module = import_module(f"{__name__}.{name}")
    mistake = (module.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    return Flaw(name, mistake, module.exchange)
