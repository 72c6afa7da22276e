"""Launch a process for answers: a bare `python -I` that has nothing of ours but what is sent to it.

Its arguments, its environment and its path name no folder of the lab.
The few modules that it needs are sent as text, so behind a stronger wall no file of the lab need be readable.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from functools import cache
from importlib.abc import InspectLoader
from pathlib import Path
from typing import Any

from labapp.grading.failures import HarnessFault
from labapp.grading.process.walls import Wall

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


def launch(wall: Wall, stdin: Any, folder: Path) -> subprocess.Popen[bytes]:
    """Start a Python that reads its program from `stdin`.

    Args:
        wall: how it is started.
        stdin: what `subprocess.Popen` takes.
        folder: an empty folder to run in.
    """
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}  # Windows needs it
    own = dict.fromkeys(("HOME", "TMPDIR"), str(folder))
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", **own, **kept}
    command = [sys.executable, "-I", "-B", "-c", _FIRST_WORDS]
    return wall.launch(command, stdin=stdin, folder=folder, environment=environment)


def order(*, port: int | None, secret: str) -> bytes:
    """Write what a new process reads first: the text of `boot`, then what it is to do and the lab's modules."""
    content = json.dumps({"port": port, "secret": secret, "texts": _texts()}).encode("ascii")
    boot = _text_of("labapp.grading.answer_side.boot").encode()
    return b"%8d%b%8d%b" % (len(boot), boot, len(content), content)


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
