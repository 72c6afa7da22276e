"""A real redis-server for tests: on a unix socket in a folder of its own, stopped by its own process."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


class RedisServer:
    """One server process; `stop` kills it, `start` brings it back on the same socket and files."""

    def __init__(self, program: str, folder: Path, *, appendonly: bool = False) -> None:
        self._program = program
        self._folder = folder
        self._appendonly = appendonly
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "s.sock"
        self.url = f"unix://{self.socket}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                self._program, "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                "--save", "", "--appendonly", "yes" if self._appendonly else "no", "--dir", str(self._folder),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        # Its own retry waits for the socket: nothing here sleeps.
        retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.01), 500)
        with redis.Redis(
            unix_socket_path=str(self.socket), retry=retry, retry_on_error=[ConnectionError]
        ) as client:
            client.ping()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def redis_server(program: str, *, appendonly: bool = False) -> Iterator[RedisServer]:
    # A short path: a unix socket's name has about 100 characters at most.
    with tempfile.TemporaryDirectory(prefix="lab-redis-") as folder:
        server = RedisServer(program, Path(folder), appendonly=appendonly)
        try:
            server.start()
            yield server
        finally:
            server.stop()
