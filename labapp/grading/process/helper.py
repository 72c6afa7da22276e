"""The warm helper process as the trusted side sees it: take a child from it, have one ended.

A fork takes milliseconds, and so does clearing up after one; neither should be waited for.
So one spare child is always forked ahead of time, and an end is asked for at once and waited for later (`settle`).
The helper does what it is asked in order, so its replies come in the order of our requests.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections import deque
from pathlib import Path

from labapp.grading.answer_side import FOLDER
from labapp.grading.process.launching import launch, order
from labapp.grading.process.walls import Wall
from labapp.grading.wire import FROM_HELPER, Channel, WireError

START_SECONDS = 60.0
REPLY_SECONDS = 10.0


class Helper:
    """A helper process, from its launch to its end.

    Args:
        wall: how it is launched and ended.

    Attributes:
        last_words: what a helper wrote to standard error that never got ready.
    """

    def __init__(self, wall: Wall) -> None:
        self._owner = os.getpid()
        self._wall = wall
        self._folder = Path(tempfile.mkdtemp(prefix=FOLDER))
        self._children: set[int] = set()
        self._stopped: set[int] = set()
        self._spares: deque[socket.socket] = deque()
        self._forked: deque[int] = deque()
        self._expected: deque[str] = deque(["ready"])
        self._is_closed = False
        self.last_words = ""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = launch(wall, theirs, self._folder)
        self._sock = ours
        self._channel = Channel(ours, FROM_HELPER)
        with contextlib.suppress(OSError):  # one that died at once is noticed when it is first asked
            ours.sendall(order(port=None, secret=""))

    @property
    def is_alive(self) -> bool:
        """Can it be asked? A fork of our own process never asks its parent's helper."""
        return not self._is_closed and self._owner == os.getpid() and self._process.poll() is None

    def fork(self) -> tuple[socket.socket, int]:
        """Take a fresh child: the socket that leads to it, and its process ID.

        Raises:
            WireError: the helper is gone or does not keep to its rules.
            TimeoutError: it does not reply.
        """
        if not self._spares:
            self._ask_for_spare()
        while not self._forked:
            self._read_reply()
        ours, pid = self._spares.popleft(), self._forked.popleft()
        self._ask_for_spare()
        return ours, pid

    def stop(self, pid: int) -> None:
        """Have a child killed; `settle` waits until it is gone, with whatever it left behind."""
        if self.is_alive:
            with contextlib.suppress(WireError, TimeoutError):
                self._channel.send({"kind": "stop", "pid": pid}, seconds=REPLY_SECONDS)
                self._stopped.add(pid)
                return
        self.close()

    def settle(self) -> None:
        """Wait until every stopped child is gone; a helper that does not reply is ended itself."""
        if not self._stopped:
            return
        try:
            self._channel.send({"kind": "settle"}, seconds=REPLY_SECONDS)
            self._expected.append("settled")
            while self.is_alive and self._expected:
                self._read_reply()
        except (WireError, TimeoutError):
            self.close()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the helper; hanging up is enough for one that is well."""
        if self._is_closed:
            return
        self._is_closed = True
        self._channel.close()
        while self._spares:
            self._spares.popleft().close()
        if self._owner != os.getpid():
            return
        is_started = "ready" not in self._expected
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(REPLY_SECONDS if is_started else 1)
        if not is_started and self._process.stderr is not None:
            self._process.kill()
            self.last_words = self._process.stderr.read().decode(errors="replace").strip()[-500:]
        self._wall.clear(self._process, self._children)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask_for_spare(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._spares.append(ours)
            self._channel.send({"kind": "fork"}, seconds=REPLY_SECONDS)
            try:
                socket.send_fds(self._sock, [b"\0"], [theirs.fileno()])
            except OSError as error:
                raise WireError("the helper is gone") from error
            self._expected.append("forked")

    def _read_reply(self) -> None:
        expected = self._expected[0]
        message = self._channel.receive(seconds=START_SECONDS if expected == "ready" else REPLY_SECONDS)
        if message["kind"] != expected:
            raise WireError(f"the helper said {message['kind']!r} instead of {expected!r}")
        self._expected.popleft()
        if expected == "forked":
            self._forked.append(message["pid"])
            self._children.add(message["pid"])
        elif expected == "settled":
            self._children -= self._stopped
            self._stopped.clear()
