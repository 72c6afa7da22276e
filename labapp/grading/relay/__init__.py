"""An answer's way to its store: the commands of a redis-py client, carried out on the trusted side.

| module | does |
|---|---|
| `resp` | reads commands and writes replies, in the language that Redis clients speak |
| `rules` | says which commands an answer may use, and why not the others |
| `relay` | carries them out, one at a time, counted and interruptible |
"""

from __future__ import annotations

from labapp.grading.relay.relay import Relay

__all__ = ["Relay"]
