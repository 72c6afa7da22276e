"""One warm process that forks a fresh child for each answer, on request, and clears up after it.

Importing jwt, flask and redis takes a good part of a second; a fork of a process that has them takes milliseconds.
The helper itself never runs a line of an answer.
Its requests come over a socket that no child keeps: `fork` (with the child's socket), `stop` and `settle`.

A stopped child is killed at once, with its group; `settle` waits until it is gone, and ends what it left behind.
On Linux the helper adopts orphans (`PR_SET_CHILD_SUBREAPER`), so that a child of a child cannot slip away.
Each child has a folder of its own, which goes with it.

A stronger wall limits memory, processes and files at the place marked in `_child`.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from labapp import clock
from labapp.grading.answer_side import FOLDER
from labapp.grading.answer_side.serving import Served
from labapp.grading.wire import TO_ANSWER, TO_HELPER, Channel, WireError

WARM = ("jwt", "redis", "flask", "labapp.errors", "labapp.grading.answer_side.redis_pipe")
"""Imported before the first fork. Other modules are imported by those answers that use them."""

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main(order: dict[str, Any]) -> None:
    """Be a helper that forks, or, where there is no fork, the one child itself.

    Args:
        order: `port` and `secret` of the trusted side's door if this process is to serve one answer by itself.
    """
    clock.install()
    if order["port"] is None:
        helper = Helper(socket.socket(fileno=os.dup(0)))
        _leave_the_terminal()
        helper.serve()
    else:
        own = socket.create_connection(("127.0.0.1", order["port"]))
        own.sendall(order["secret"].encode("ascii"))
        _leave_the_terminal()
        importlib.import_module(
            "jwt"
        )  # an answer may import it late, when it could no longer be given lab time
        Served(Channel(own, TO_ANSWER)).serve()
        os._exit(0)


def _leave_the_terminal() -> None:
    """Let standard input, output and error lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


class Helper:
    """The process that forks.

    Args:
        control: the socket by which the trusted side asks.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._channel = Channel(control, TO_HELPER)
        self._home = Path.cwd()
        self._folders: dict[int, Path] = {}
        self._dying: dict[int, Path] = {}
        self._is_adopting = _prctl(PR_SET_CHILD_SUBREAPER, 1)
        for name in WARM:
            importlib.import_module(name)
        importlib.import_module(WARM[-1]).prepare()
        clock.install()
        gc.collect()
        gc.freeze()  # so that a child's collector does not copy every page

    def serve(self) -> None:
        """Do what the trusted side asks; when it hangs up, end everything."""
        try:
            self._channel.send({"kind": "ready"})
            while True:
                message = self._channel.receive()
                if message["kind"] == "fork":
                    self._channel.send({"kind": "forked", "pid": self._fork()})
                elif message["kind"] == "stop":
                    self._stop(message["pid"])
                else:
                    self._settle()
                    self._channel.send({"kind": "settled"})
        except (WireError, OSError):
            pass
        finally:
            for pid in list(self._folders):
                self._stop(pid)
            self._settle()
            if self._home.name.startswith(FOLDER):
                _delete(self._home)  # the trusted side may be gone
            os._exit(0)

    def _fork(self) -> int:
        _, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        folder = Path(tempfile.mkdtemp(prefix="answer-", dir=self._home))
        helper = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self._child(descriptors[0], folder, helper)
            finally:
                os._exit(0)
        os.close(descriptors[0])
        self._folders[pid] = folder
        return pid

    def _child(self, descriptor: int, folder: Path, helper: int) -> None:
        os.setsid()
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != helper:  # it died before we asked to be told
            return
        own = socket.socket(fileno=os.dup2(descriptor, 3, inheritable=False))
        os.closerange(4, 256)
        os.chdir(folder)
        os.environ["TMPDIR"] = os.environ["HOME"] = tempfile.tempdir = str(folder)
        # Limits belong here: they hold for the answer and cannot be lifted by it.
        Served(Channel(own, TO_ANSWER)).serve()

    def _stop(self, pid: int) -> None:
        """Kill a child and its group; a number that is no child of ours is left alone."""
        folder = self._folders.pop(pid, None)
        if folder is None:
            return
        self._dying[pid] = folder
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)  # it may have left its group

    def _settle(self) -> None:
        """Wait until the killed children are gone, then end what they left behind: processes and files."""
        for pid in self._dying:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        self._end_orphans()
        while self._dying:
            _delete(self._dying.popitem()[1])

    def _end_orphans(self) -> None:
        """Kill the children that nobody asked for, until there are none: each may have children of its own."""
        while self._is_adopting and (orphans := _children() - self._folders.keys()):
            for orphan in orphans:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(orphan, signal.SIGKILL)
            for orphan in orphans:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(orphan, 0)


def _children() -> set[int]:
    """Name the children of this process, as Linux tells them."""
    try:
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return set()
    return {int(word) for word in text.split()}


def _prctl(option: int, value: int) -> bool:
    """Ask Linux for something about this process; say whether it was granted."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # not on every platform, and slow to import

    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)


def _delete(folder: Path) -> None:
    """Delete a folder, also where an answer took away the right to do so."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for place, _, _ in os.walk(folder):
            with contextlib.suppress(OSError):
                Path(place).chmod(0o700)
                for path in Path(place).iterdir():
                    path.chmod(0o700, follow_symlinks=path.is_symlink() is False)
        shutil.rmtree(folder, ignore_errors=True)
