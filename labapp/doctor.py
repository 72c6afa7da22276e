"""What this machine has, in lines that a learner can send to an instructor.

Nothing is changed, nothing is sent anywhere, and no secret is shown.
Each line is a name, what was found, and, where something is missing, what would put it right.

Example:
    >>> findings = examine()
    >>> findings[0].name, findings[0].ok
    ('lab', True)
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import labapp
from labapp.errors import LabError
from labapp.store import open_store

PACKAGES = ("jupyterlab", "PyJWT", "cryptography", "fakeredis", "redis", "ipywidgets", "flask", "pytest")
JUPYTER_PORT = 8888


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        name: what was looked at.
        found: what is there.
        ok: is that enough?
        advice: what to do if not.
    """

    name: str
    found: str
    ok: bool = True
    advice: str = ""

    def __str__(self) -> str:
        mark = "ok  " if self.ok else "MISS"
        return f"{mark} {self.name:<12} {self.found}" + (
            f"  → {self.advice}" if self.advice and not self.ok else ""
        )


def examine() -> list[Finding]:
    """Look at everything; a look that fails becomes a line of its own, never an error."""
    return [_guarded(look) for look in _LOOKS] + [_package(name) for name in PACKAGES]


def _guarded(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except Exception as error:  # a broken machine is what the doctor is for
        return Finding(look.__name__.strip("_"), f"could not be examined: {type(error).__name__}", ok=False)


def _lab() -> Finding:
    return Finding("lab", f"version {labapp.__version__} in {Path(labapp.__file__).parent.name}/")


def _system() -> Finding:
    cores = os.cpu_count() or 0
    return Finding("system", f"{platform.system()} {platform.release()} {platform.machine()}, {cores} cores")


def _python() -> Finding:
    enough = sys.version_info >= (3, 11)
    where = "in a virtual environment" if sys.prefix != sys.base_prefix else "not in a virtual environment"
    return Finding(
        "python", f"{platform.python_version()}, {where}", ok=enough, advice="Python 3.11 or newer"
    )


def _memory() -> Finding:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return Finding("memory", "this system does not say")
    return Finding(
        "memory", f"{size:.1f} GiB", ok=size > 1, advice="a lesson wants 300 MB, JupyterLab as much"
    )


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return Finding("disk", f"{free:.1f} GiB free here", ok=free > 0.5, advice="about 500 MB are needed")


def _port() -> Finding:
    with socket.socket() as probe:
        busy = probe.connect_ex(("127.0.0.1", JUPYTER_PORT)) == 0
    return Finding(
        "port", f"{JUPYTER_PORT} is {'taken; JupyterLab will take the next one' if busy else 'free'}"
    )


def _store() -> Finding:
    store = open_store()
    store.redis.set("x", "1", ex=60)
    return Finding("store", "fakeredis, built in, works", ok=store.redis.get("x") == "1")


def _redis() -> Finding:
    if url := os.environ.get("LAB_REDIS_URL"):
        try:
            store = open_store(url, prefix="lab:doctor:")
        except LabError as error:
            return Finding("redis-server", str(error), ok=False, advice="or unset LAB_REDIS_URL")
        return Finding("redis-server", f"answers at {store.url} (LAB_REDIS_URL)")
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    return Finding("redis-server", "redis-server is installed" if server else "none, and none is needed")


def _walls() -> Finding:
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        return Finding(
            "walls", "no bubblewrap: answers are checked in plain processes, which is enough for your own"
        )
    tried = subprocess.run(
        [bubblewrap, "--ro-bind", "/", "/", "--unshare-all", "true"],
        capture_output=True,
        timeout=10,
        check=False,
    )
    return Finding(
        "walls", "bubblewrap works" if tried.returncode == 0 else "bubblewrap is here but may not run"
    )


def _browser() -> Finding:
    names = ("chromium", "chromium-browser", "google-chrome", "firefox", "msedge")
    found = next((name for name in names if shutil.which(name)), None)
    return Finding("browser", found or "none on the PATH; `make lab` prints the address to open")


def _package(name: str) -> Finding:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(
            name, "not installed", ok=name in ("pytest", "cryptography"), advice="run `make lab` again"
        )


_LOOKS = (_lab, _system, _python, _memory, _disk, _port, _store, _redis, _walls, _browser)
