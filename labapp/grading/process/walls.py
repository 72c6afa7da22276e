"""What stands between an answer and the machine, and its name on every report.

A wall decides how the helper process is launched, and how what it may leave behind is ended.
Checks and the engine never see it: a stronger wall changes no check.

| wall | offered by | keeps an answer from |
|---|---|---|
| `process` | every machine | the checks, the expected values, the stores and apps: they live elsewhere |

`process` does not keep an answer from reading files, using the network or filling the memory.
So it is for one's own answers, and for a class whose answers are run on their authors' machines.
Walls of namespaces, of bubblewrap and of limits come as further classes with the same two methods:
`launch` wraps the command line, and limits are set in the child at the place marked in `answer_side.helper`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Wall(Protocol):
    """How a process for answers is started and ended.

    Attributes:
        name: what the report calls it.
    """

    name: str

    def launch(
        self, command: Sequence[str], *, stdin: Any, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a process that has nothing but `stdin` to talk through.

        Args:
            command: the interpreter and its arguments.
            stdin: what `subprocess.Popen` takes: a socket's descriptor, or PIPE.
            folder: an empty folder to run in.
            environment: all that it is to find in its environment.

        Returns:
            The process; its standard error is a pipe, and it leads a session of its own.
        """

    def clear(self, process: subprocess.Popen[bytes], children: Iterable[int]) -> None:
        """End the process and whatever is left of it.

        Args:
            process: as launched; it may be gone already.
            children: process IDs of answers that it has reported as running, as it sees them.
        """


class ProcessWall:
    """Another process, and nothing more: what every machine has."""

    name = "process"

    def launch(
        self, command: Sequence[str], *, stdin: Any, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start the command as it is."""
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )

    def clear(self, process: subprocess.Popen[bytes], children: Iterable[int]) -> None:
        """Kill the process, its group, and the groups of answers that outlived it."""
        if os.name == "posix":
            for leader in (process.pid, *children):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(leader, signal.SIGKILL)
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stderr):
            if stream is not None:
                stream.close()
