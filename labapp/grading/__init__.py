"""Exercises and how they are graded: one checker for a cell, for pytest and for a class of thousands.

The answer runs in a process of its own, and verdicts never exist there.
The trusted side holds checks, expected values, stores and apps, and asks; the answer's process replies.
What crosses is plain data in frames.

    pytest_plugin   joins   (a cell, a batch)        who wants a verdict
            └──────── engine ────────┘               runs every check: verdict, report
                        │
              checks    │    services ── relay       what a check does, what an answer is lent
                   └─ process ─┘                     the trusted end of the pipe
                        │ wire, plain                what crosses
                   answer_side                       the answer's end

| module | holds |
|---|---|
| `catalog`, `places` | what exercises there are, and where their parts lie |
| `answers`, `hints`, `progress` | what a learner wrote, was shown, and reached |
| `failures` | a failure of the answer, a fault of ours |
| `bank` | a whole bank for checks |

Whoever writes checks reads `checks`; whoever builds a stronger wall reads `process.walls`.
This file imports nothing, because the answer's process loads it too.
"""

from __future__ import annotations
