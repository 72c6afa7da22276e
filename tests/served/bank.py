"""A served bank in a process of its own: started with options, spoken to over HTTP, stopped by its own process id."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

TOKEN = "the-panel-of-this-test"


@dataclass
class Served:
    """A bank that is ready.

    Attributes:
        process: the process that was started.
        base: where it is reached.
        passwords: user → password, as it printed them.
        said: every line that it printed before it was ready.
    """

    process: subprocess.Popen[str]
    base: str = ""
    passwords: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, timeout=20)

    def panel(self, method: str, path: str, **more: object) -> httpx.Response:
        with self.http() as client:
            return client.request(method, f"/_lab{path}", headers={"X-Lab-Control": TOKEN}, **more)

    def login(self, user: str = "alice", **more: object) -> dict[str, str]:
        body = {"username": user, "password": self.passwords[user], **more}
        with self.http() as client:
            return dict(client.post("/id/login", json=body).raise_for_status().json())


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """Serve a bank on a free port for as long as the block lasts."""
    environment = {k: v for k, v in os.environ.items() if k != "LAB_REDIS_URL"} | {"LAB_CONTROL_TOKEN": TOKEN}
    process = subprocess.Popen(
        [sys.executable, "-m", "labapp", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    bank = Served(process)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            bank.said.append(line.rstrip("\n"))
            if found := re.match(r"  (\S+) +(\S+)$", line):
                bank.passwords[found[1]] = found[2]
            if line.startswith("ready: "):
                bank.base = line.split()[1]
                break
        assert bank.base, "\n".join([*bank.said, process.stderr.read() if process.stderr else ""])
        yield bank
    finally:
        stop(process)


def stop(process: subprocess.Popen[str]) -> str:
    """Stop a server as Ctrl-C or a service manager would; returns what it wrote to stderr."""
    process.send_signal(signal.SIGTERM)
    try:
        _, errors = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        _, errors = process.communicate()
    return errors or ""
