"""One JupyterLab on a free loopback port, over a copy of the course, with every folder of its own.

It is told nothing of the user's own settings, leaves nothing in the user's folders, and is stopped by its own process
id; kernels, which have sessions of their own, are known from the tree of processes and must be gone as well.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
PARTS = ("labapp", "exercises", "solutions", "notebooks", "labconfig", "tests/exercises")
"""What a learner's copy must hold; autosave and kernels write into it."""
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "answers")
PATIENCE = 60.0
"""For how long a start or a stop may take before it counts as failed, in seconds."""


class Jupyter:
    """A running JupyterLab.

    Attributes:
        url: its address, with a slash at the end.
        token: opens it.
        root: the copy of the course.
        answers: where this course keeps its answers.
        process: the server.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "course"
        self.answers = folder / "answers"
        self.token = secrets.token_hex(24)
        self.log = folder / "jupyter.log"
        self._runtime = folder / "runtime"
        self._environment = environment(folder, self.root, self.answers, self.token)
        for part in PARTS:
            shutil.copytree(ROOT / part, self.root / part, ignore=LEFT_OUT)

    def start(self) -> None:
        """Start the server, and wait until it has said where it listens.

        Raises:
            RuntimeError: it ended, or said nothing in time; the message holds what it wrote.
        """
        command = [sys.executable, "-m", "jupyterlab", "--no-browser"]
        command += [
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={_free_port()}",
            "--ServerApp.allow_root=True",
        ]
        command += [f"--ServerApp.root_dir={self.root}", "--ServerApp.terminals_enabled=False"]
        command += ["--LanguageServerManager.autodetect=False"]  # it would ask npm where language servers are
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        said = self._runtime / f"jpserver-{self.process.pid}.json"
        deadline = time.monotonic() + PATIENCE
        while not said.exists() or not said.read_text():
            try:
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
            self.stop()
            raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()}")
        self.url = json.loads(said.read_text())["url"]

    def family(self) -> list[psutil.Process]:
        """Return the server's process and all that descend from it: kernels, and the graders that these started."""
        try:
            me = psutil.Process(self.process.pid)
            return [me, *me.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> list[psutil.Process]:
        """Ask the server to end, which ends its kernels; then end what is left of its own.

        Returns:
            What outlived the server although it was asked in time; there should be nothing.
        """
        family = self.family()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=PATIENCE / 2)
        for process in alive:
            process.kill()  # psutil compares the start time first, so it is never a stranger with the same id
        psutil.wait_procs(alive, timeout=PATIENCE / 2)
        self.process.wait(PATIENCE)
        return [process for process in alive if process.pid != self.process.pid]

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Speak to the server's own API."""
        request = urllib.request.Request(  # noqa: S310 - the address is our own, on loopback
            f"{self.url}api/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - the same
            return json.loads(answer.read() or b"null")

    def forget(self) -> None:
        """End every kernel and remove every answer, so that the next test begins like a new learner."""
        for session in self.ask("sessions"):
            self.ask(f"sessions/{session['id']}", "DELETE")
        shutil.rmtree(self.answers, ignore_errors=True)

    def copy(self, lesson: str) -> str:
        """Give a lesson a file of its own, so that it gets a kernel of its own; return its path below the root."""
        path = f"notebooks/{lesson}-{secrets.token_hex(3)}.ipynb"
        shutil.copyfile(self.root / "notebooks" / f"{lesson}.ipynb", self.root / path)
        return path


@contextmanager
def jupyter_lab(folder: Path) -> Iterator[Jupyter]:
    """Run a JupyterLab for the block, and insist that nothing of it is left.

    Raises:
        AssertionError: a process outlived the server.
    """
    server = Jupyter(folder)
    server.start()
    try:
        yield server
    finally:
        left = server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"these outlived JupyterLab: {left}"


def environment(folder: Path, root: Path, answers: Path, token: str) -> dict[str, str]:
    """Return an environment in which Jupyter and the lab know of nothing outside the folder.

    Args:
        folder: where Jupyter's own folders go.
        root: the copy of the course, whose code is used.
        answers: the learner's folder.
        token: opens the server.
    """
    known = {
        name: text for name, text in os.environ.items() if not name.startswith(("JUPYTER", "LAB_", "PYTEST"))
    }
    own = {
        name: str(folder / name.lower().removeprefix("jupyter_").removesuffix("_dir"))
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    own |= {f"JUPYTERLAB_{name}_DIR": str(folder / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
    course = {"JUPYTER_CONFIG_PATH": root, "PYTHONPATH": root, "LAB_HOME": root, "LAB_ANSWERS": answers}
    return known | own | {name: str(path) for name, path in course.items()} | {"JUPYTER_TOKEN": token}


def _free_port() -> int:
    """Find a port where nobody listens; if somebody is faster, the server takes the next one and says so."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
