"""Where answers are started: one warm helper process that forks a fresh child for each.

Where a platform cannot fork, or cannot pass a socket on, each answer gets an ordinary new process instead;
nothing else differs.
Either way the new process is a bare `python -I` in an empty folder, with nothing of ours in its arguments,
its environment or its path; the few modules that it needs are sent to it as text (`answer_side.boot`).
"""

from __future__ import annotations

import atexit
import contextlib
import hmac
import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from importlib.abc import InspectLoader
from pathlib import Path
from typing import Any

from labapp.clock import Clock, SystemClock
from labapp.grading.failures import HarnessFault
from labapp.grading.patience import Budget
from labapp.grading.process import AnswerProcess
from labapp.grading.walls import ProcessWall, Wall
from labapp.grading.wire import FROM_ANSWER, FROM_HELPER, Channel, WireError

START_SECONDS = 60.0
STOP_SECONDS = 10.0
LOAD_SECONDS = 10.0

SENT = (
    "labapp",
    "labapp.errors",
    "labapp.clock",
    "labapp.grading",
    "labapp.grading.plain",
    "labapp.grading.wire",
    "labapp.grading.answer_side",
    "labapp.grading.answer_side.helper",
    "labapp.grading.answer_side.serving",
    "labapp.grading.answer_side.telling",
    "labapp.grading.answer_side.proxies",
    "labapp.grading.answer_side.redis_pipe",
)
"""All that an answer's process has of the lab."""

_FIRST_WORDS = """
import os
def read(size):
    data = b""
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            raise SystemExit("the trusted side hung up")
        data += piece
    return data
exec(read(int(read(8))))
"""
"""The program on the command line: it reads the text of `answer_side.boot` and runs it."""


class AnswerHost:
    """Starts answers.

    Args:
        wall: what stands between an answer and the machine.
        forks: fork children of a warm helper; None for wherever the platform can.

    Example:
        >>> with AnswerHost() as host:
        ...     answer = host.start("def add(a, b):\\n    return a + b\\n", "ex00_add")
        ...     answer.call("add", [1, 2], deadline=2)
        3
    """

    def __init__(self, wall: Wall | None = None, *, forks: bool | None = None) -> None:
        self.wall = wall or ProcessWall()
        self._forks = hasattr(os, "fork") and hasattr(socket, "send_fds") if forks is None else forks
        self._helper: Helper | None = None
        self._lock = threading.Lock()

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
        try:
            answer.load(text, deadline=deadline)
        except BaseException:
            answer.close()
            raise
        return answer

    def close(self) -> None:
        """End the helper and every answer that it still has."""
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
        ours, theirs = socket.socketpair()
        with theirs:
            for _ in range(2):  # an answer may have killed the helper; then there is a new one
                with self._lock:
                    helper = self._living_helper()
                    try:
                        pid = helper.fork(theirs)
                    except (WireError, TimeoutError, OSError):
                        helper.close()
                        continue
                return ours, lambda: self._stop(helper, pid)
        ours.close()
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
            process = _launch(self.wall, subprocess.PIPE, folder)
            order = _order(port=door.getsockname()[1], secret=secret)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(order)  # type: ignore[union-attr]
                process.stdin.close()  # type: ignore[union-attr]

            def stop() -> None:
                self.wall.clear(process, ())
                shutil.rmtree(folder, ignore_errors=True)

            try:
                return _admitted(door, secret), stop
            except OSError as error:
                stop()
                raise HarnessFault("no process for answers could be started") from error


class Helper:
    """The warm process, from the trusted side.

    Args:
        wall: how it is launched and ended.
    """

    def __init__(self, wall: Wall) -> None:
        self._owner = os.getpid()
        self._wall = wall
        self._folder = Path(tempfile.mkdtemp(prefix="lab-answers-"))
        self._children: set[int] = set()
        self._is_ready = False
        self._is_closed = False
        self.last_words = ""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = _launch(wall, theirs, self._folder)
        self._sock = ours
        self._channel = Channel(ours, FROM_HELPER)
        ours.sendall(_order(port=None, secret=""))

    @property
    def is_alive(self) -> bool:
        """Can it be asked? A fork of our own process never asks its parent's helper."""
        return not self._is_closed and self._owner == os.getpid() and self._process.poll() is None

    def fork(self, theirs: socket.socket) -> int:
        """Have a child forked that talks through `theirs`; returns its process ID."""
        if not self._is_ready:
            self._expect("ready", START_SECONDS)
            self._is_ready = True
        self._channel.send({"kind": "fork"}, seconds=START_SECONDS)
        socket.send_fds(self._sock, [b"\0"], [theirs.fileno()])
        pid: int = self._expect("forked", START_SECONDS)["pid"]
        self._children.add(pid)
        return pid

    def stop(self, pid: int) -> None:
        """Have a child ended, and whatever it left behind; a helper that cannot do that is ended itself."""
        if self._is_closed or self._owner != os.getpid():
            return
        try:
            self._channel.send({"kind": "stop", "pid": pid}, seconds=STOP_SECONDS)
            self._expect("stopped", STOP_SECONDS)
            self._children.discard(pid)
        except (WireError, TimeoutError):
            self.close()

    def close(self) -> None:
        """End the helper; hanging up is enough for one that is well."""
        if self._is_closed:
            return
        self._is_closed = True
        self._channel.close()
        if self._owner != os.getpid():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS if self._is_ready else 0)
        self._wall.clear(self._process, self._children)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _expect(self, kind: str, seconds: float) -> dict[str, Any]:
        try:
            message = self._channel.receive(seconds=seconds)
        except WireError:
            if not self._is_ready and self._process.stderr is not None:
                self.last_words = self._process.stderr.read().decode(errors="replace").strip()[-500:]
            raise
        if message["kind"] != kind:
            raise WireError(f"the helper said {message['kind']!r} instead of {kind!r}")
        return message


@cache
def shared_host() -> AnswerHost:
    """Return the host of this process; it ends with the process."""
    host = AnswerHost()
    atexit.register(host.close)
    return host


def _launch(wall: Wall, stdin: Any, folder: Path) -> subprocess.Popen[bytes]:
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}  # Windows needs it
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", **kept}
    command = [sys.executable, "-I", "-B", "-c", _FIRST_WORDS]
    return wall.launch(command, stdin=stdin, folder=folder, environment=environment)


def _order(*, port: int | None, secret: str) -> bytes:
    """Write what a new process reads first: the text of `boot`, then what it is to do and the lab's modules."""
    order = json.dumps({"port": port, "secret": secret, "texts": _texts()}).encode("ascii")
    boot = _text_of("labapp.grading.answer_side.boot").encode()
    return b"%8d%b%8d%b" % (len(boot), boot, len(order), order)


@cache
def _texts() -> dict[str, str]:
    return {name: _text_of(name) for name in SENT}


def _text_of(module: str) -> str:
    spec = importlib.util.find_spec(module)
    loader = spec.loader if spec is not None else None
    text = loader.get_source(module) if isinstance(loader, InspectLoader) else None
    if text is None:
        raise HarnessFault(f"the text of {module} is not to be found; the installation is incomplete")
    return text


def _admitted(door: socket.socket, secret: str) -> socket.socket:
    """Wait for the process that knows the secret; others on this machine are turned away."""
    door.settimeout(START_SECONDS)
    while True:
        sock, _ = door.accept()
        sock.settimeout(START_SECONDS)
        shown = b""
        with contextlib.suppress(OSError):
            while len(shown) < len(secret) and (piece := sock.recv(len(secret) - len(shown))):
                shown += piece
        if hmac.compare_digest(shown, secret.encode("ascii")):
            return sock
        sock.close()
