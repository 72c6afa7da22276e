"""Exercises and how they are graded: one checker for a cell, for pytest and for a class of thousands.

The answer runs in a process of its own, and verdicts never exist there.
The trusted side holds checks, expected values, stores and apps, and asks; the answer's process replies.
What crosses is plain data in frames (`wire`).

| who writes what | read |
|---|---|
| checks of an exercise | `checks`: `Attempt`, `check`, `Failure` |
| a place that shows verdicts | `engine.grade`, `report` |
| a stronger wall around answers | `walls`, then `process` |

This file imports nothing, because the answer's process loads it too.
"""

from __future__ import annotations
