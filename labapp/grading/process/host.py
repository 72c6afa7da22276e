"""Where answers are started: one warm helper process that forks a fresh child for each.

Where a platform cannot fork, or cannot pass a socket on, each answer gets an ordinary new process instead;
nothing else differs.
"""

from __future__ import annotations

import atexit
import contextlib
import hmac
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from labapp.clock import Clock, SystemClock
from labapp.grading.failures import HarnessFault
from labapp.grading.process.answer_process import AnswerProcess
from labapp.grading.process.helper import START_SECONDS, Helper
from labapp.grading.process.launching import launch, order
from labapp.grading.process.patience import Budget
from labapp.grading.process.walls import ProcessWall, Wall
from labapp.grading.wire import FROM_ANSWER, Channel, WireError

LOAD_SECONDS = 10.0


class AnswerHost:
    r"""Starts answers.

    Args:
        wall: what stands between an answer and the machine.
        forks: fork children of a warm helper; None for wherever the platform can.

    Example:
        >>> with AnswerHost() as host:
        ...     answer = host.start("def add(a, b):\n    return a + b\n", "ex00_add")
        ...     answer.call("add", [1, 2], deadline=2)
        3
    """

    def __init__(self, wall: Wall | None = None, *, forks: bool | None = None) -> None:
        self.wall = wall or ProcessWall()
        self._forks = hasattr(os, "fork") and hasattr(socket, "send_fds") if forks is None else forks
        self._helper: Helper | None = None
        self._lock = threading.Lock()
        self._answers: list[AnswerProcess] = []

    def warm(self) -> None:
        """Start the helper now, without waiting for it."""
        if self._forks:
            with self._lock:
                self._living_helper()

    def start(
        self,
        text: str,
        name: str,
        *,
        clock: Clock | None = None,
        budget: Budget | None = None,
        deadline: float = LOAD_SECONDS,
    ) -> AnswerProcess:
        """Start a fresh process and load an answer there.

        Args:
            text: the answer.
            name: the slug of its exercise, by which its lines are named in reports.
            clock: the lab time that it is told.
            budget: how long the whole submission may keep us waiting.
            deadline: seconds that loading may take.

        Raises:
            AnswerImportError: the answer cannot be loaded.
            Failure: loading it did not come to an end.
            HarnessFault: no process could be started.
        """
        sock, stop = self._forked() if self._forks else self._spawned()
        answer = AnswerProcess(
            Channel(sock, FROM_ANSWER),
            stop,
            name=name,
            clock=clock or SystemClock(),
            budget=budget or Budget(),
        )
        self._answers.append(answer)
        try:
            answer.load(text, deadline=deadline)
        except BaseException:
            answer.close()
            raise
        self._answers = [a for a in self._answers if a.is_open]
        return answer

    def settle(self) -> None:
        """Wait until every answer that was closed has really ended, with all that it left behind."""
        with self._lock:
            if self._helper is not None:
                self._helper.settle()

    def close(self) -> None:
        """End every answer that is still there, and the helper."""
        while self._answers:
            self._answers.pop().close()
        with self._lock:
            if self._helper is not None:
                self._helper.close()
                self._helper = None

    def __enter__(self) -> AnswerHost:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _living_helper(self) -> Helper:
        if self._helper is not None and not self._helper.is_alive:
            self._helper.close()
            self._helper = None
        if self._helper is None:
            self._helper = Helper(self.wall)
        return self._helper

    def _forked(self) -> tuple[socket.socket, Callable[[], None]]:
        for _ in range(2):  # an answer may have killed the helper; then there is a new one
            with self._lock:
                helper = self._living_helper()
                try:
                    ours, pid = helper.fork()
                except (WireError, TimeoutError, OSError):
                    helper.close()
                    continue
                except BaseException:  # interrupted: what it replies next would be taken for something else
                    helper.close()
                    raise
            return ours, partial(self._stop, helper, pid)
        raise HarnessFault(
            f"no process for answers could be started: {helper.last_words or 'it says nothing'}"
        )

    def _stop(self, helper: Helper, pid: int) -> None:
        with self._lock:
            helper.stop(pid)

    def _spawned(self) -> tuple[socket.socket, Callable[[], None]]:
        folder = Path(tempfile.mkdtemp(prefix="lab-answer-"))
        secret = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as door:
            process = launch(self.wall, subprocess.PIPE, folder)
            with contextlib.suppress(BrokenPipeError), process.stdin as stdin:  # type: ignore[union-attr]
                stdin.write(order(port=door.getsockname()[1], secret=secret))

            def stop() -> None:
                self.wall.clear(process, ())
                shutil.rmtree(folder, ignore_errors=True)

            try:
                return _admitted(door, secret, process), stop
            except OSError as error:
                stop()
                raise HarnessFault("no process for answers could be started") from error


@cache
def shared_host() -> AnswerHost:
    """Return the host of this process; it ends with the process."""
    host = AnswerHost()
    atexit.register(host.close)
    return host


def _admitted(door: socket.socket, secret: str, process: subprocess.Popen[bytes]) -> socket.socket:
    """Wait for the process that knows the secret; others on this machine are turned away."""
    door.settimeout(0.5)
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(TimeoutError):
            sock, _ = door.accept()
            if hmac.compare_digest(_first(sock, len(secret)), secret.encode("ascii")):
                return sock
            sock.close()
    raise ConnectionError("it did not come")


def _first(sock: socket.socket, size: int) -> bytes:
    sock.settimeout(START_SECONDS)
    shown = b""
    with contextlib.suppress(OSError):
        while len(shown) < size and (piece := sock.recv(size - len(shown))):
            shown += piece
    return shown
