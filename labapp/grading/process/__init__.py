"""Answers in processes of their own, as the trusted side sees them.

| module | does |
|---|---|
| `host` | starts answers; a notebook, a run of pytest and a worker of a batch each have one |
| `helper` | the warm process: takes a forked child from it, has one ended |
| `launching` | starts a bare Python and sends it the few modules that it needs |
| `walls` | what stands between an answer and the machine |
| `answer_process` | one answer: calls its functions, serves what it asks meanwhile |
| `patience` | deadlines, for a call and for a whole submission |
| `raising` | what an answer raised, rebuilt from an allow-list |

The other side of the pipe is `labapp.grading.answer_side`; what crosses is told in `wire` and `plain`.
"""

from __future__ import annotations

from labapp.grading.process.answer_process import AnswerProcess
from labapp.grading.process.host import AnswerHost, shared_host
from labapp.grading.process.patience import Budget
from labapp.grading.process.walls import ProcessWall, Wall

__all__ = ["AnswerHost", "AnswerProcess", "Budget", "ProcessWall", "Wall", "shared_host"]
