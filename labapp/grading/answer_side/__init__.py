"""What runs beside an answer, in the answer's own process; no verdict ever exists here.

    helper      one warm process: has imported jwt, flask and redis, and forks a fresh child for each answer
    └─ serving  the child: loads one answer, calls its functions, sends back what they return or raise
       ├─ telling   an exception as plain data, with the learner's own lines only; what was printed
       └─ proxies   the services that an answer is given: an ordinary redis-py client, an `http` function

Of the lab, only `labapp.errors`, `labapp.clock`, two modules of `labapp.grading` and this room exist here.
`boot` receives them as text over the pipe, so no folder of the lab need be readable in this process, and no check,
solution, store or app can be imported.

Everything here may be overwritten by a hostile answer, which shares the process.
Therefore nothing here decides anything: whatever leaves this process is judged on the other side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FOLDER = "lab-answers-"
"""How the name of the folder begins in which the helper runs; it deletes no other."""

Ask = Callable[[list[Any]], Any]
"""Sends plain data to a service on the trusted side and waits for what it replies."""
