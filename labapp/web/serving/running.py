"""Run the served bank: gunicorn where it runs, else Werkzeug's own threaded server.

gunicorn keeps several workers, restarts one that dies, and lets requests finish when it is stopped; it does not run on
Windows.
Werkzeug's server is one process and is there wherever Flask is (`docs/decisions/0004-the-server.md`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from labapp.errors import SetupError
from labapp.store import open_store
from labapp.web.serving.application import build, is_loopback
from labapp.web.serving.settings import Settings, settings

THREADS = 16
HEADER_LINE = 65_536
"""The longest header line, in bytes: a token of 8192 characters must reach the bank, to be judged there."""


def serve(
    *,
    host: str,
    port: int,
    workers: int,
    redis_url: str | None,
    control: bool,
    trail: Path | None,
    prefix: str | None,
    say: Callable[[str], None],
    **more: Any,
) -> None:
    """Serve the bank until it is stopped.

    Args:
        host: the address to listen on.
        port: the port; 0 for a free one.
        workers: how many processes.
        redis_url: a real Redis; None for fakeredis.
        control: with the instructor's panel?
        trail: the audit trail's file; None for a temporary one.
        prefix: name of this bank's keys, kept at the end; None for a random one, removed at the end.
        say: prints one line.
        more: `profile`, `alg`, `revocation`.

    Raises:
        SetupError: these wishes do not go together; the message says which.
        StorageUnavailableError: the Redis does not answer.
    """
    _check(host, workers, redis_url, control)
    with _listening(host, port) as listener, tempfile.TemporaryDirectory(prefix="lab-serve-") as folder:
        shown = f"[{host}]" if ":" in host else host
        bank = settings(
            base=f"http://{shown}:{listener.getsockname()[1]}",
            trail=trail or Path(folder) / "trail.jsonl",
            redis_url=redis_url,
            prefix=f"{prefix or 'serve-' + secrets.token_hex(4)}:" if redis_url else "",
            control_token=(os.environ.get("LAB_CONTROL_TOKEN") or secrets.token_urlsafe(24))
            if control
            else None,
            **more,
        )
        _clear(bank)
        for line in introduction(bank):
            say(line)
        try:
            run = _gunicorn if find_spec("gunicorn") and sys.platform != "win32" else _werkzeug
            run(bank, listener, workers, lambda: say(f"ready: {bank.base}"))
        finally:
            if prefix is None:
                _clear(bank, last=True)


def introduction(bank: Settings) -> list[str]:
    """Say what somebody must know who wants to use this bank."""
    where = "fakeredis, in this process" if bank.redis_url is None else f"a real Redis, keys {bank.prefix}*"
    lines = [f"the sound bank, profile {bank.profile}, revocation {bank.revocation}; state in {where}"]
    if bank.control_token is not None and bank.redis_url is not None:
        lines.append("lab time runs, because the store is a real Redis; the panel moves it")
    elif bank.control_token is not None:
        lines.append("lab time stands still until the panel moves it")
    lines += [f"  {name:<14} {password}" for name, password in bank.passwords.items()]
    if bank.control_token is not None:
        lines.append(
            f"instructor's panel: {bank.base}/_lab/ with the header X-Lab-Control: {bank.control_token}"
        )
    return [*lines, f"audit trail: {bank.trail}"]


def _check(host: str, workers: int, redis_url: str | None, control: bool) -> None:
    if workers > 1 and redis_url is None:
        raise SetupError(
            f"{workers} workers need a store that they share: add --redis redis://localhost:6379/0, "
            "or serve with one worker"
        )
    if control and not is_loopback(host):
        raise SetupError(
            f"the instructor's panel opens everything, so it is served on loopback only, not on {host}"
        )
    if workers > 1 and (sys.platform == "win32" or not find_spec("gunicorn")):
        raise SetupError("several workers need gunicorn, which is not here; serve with one worker")


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SetupError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another --port"
        ) from error
    listener.listen(512)
    with listener:
        yield listener


def _clear(bank: Settings, *, last: bool = False) -> None:
    """Remove this bank's own keys from a shared Redis, so that passwords are the printed ones, and nothing is left."""
    if bank.redis_url is None:
        return
    with contextlib.suppress(SetupError) if last else contextlib.nullcontext():
        store = open_store(bank.redis_url, prefix=bank.prefix)
        store.leave()


def _gunicorn(bank: Settings, listener: socket.socket, workers: int, ready: Callable[[], None]) -> None:
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in {
                "bind": f"fd://{os.dup(listener.fileno())}",  # gunicorn closes what it is given
                "workers": workers,
                "threads": THREADS,
                "worker_class": "gthread",
                "limit_request_field_size": HEADER_LINE,
                "limit_request_line": 8190,
                "loglevel": "warning",
                "control_socket_disable": True,
                "keepalive": 15,
                "graceful_timeout": 5,
                "when_ready": lambda server: ready(),
            }.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return build(bank)

    Server().run()


def _werkzeug(bank: Settings, listener: socket.socket, workers: int, ready: Callable[[], None]) -> None:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_request(self, *args: object) -> None:
            """Say nothing of each request: a log line with a token in its URL would be a leak of its own."""

    host, port = listener.getsockname()[:2]
    server = make_server(host, port, build(bank), threaded=True, request_handler=Quiet, fd=listener.fileno())
    ready()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
