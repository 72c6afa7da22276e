"""A small world for the tests of the clients: three sites, each with an app that answers as it is told to."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.client import Browser, Network
from labapp.clock import LabClock

BANK = "https://bank.harbour.test"
IDENTITY = "https://id.harbour.test"
EVIL = "https://evil.test"


class Answering:
    """A WSGI app: it answers what was laid out for a path, else it says which cookies came; it keeps what it saw."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[str, list[tuple[str, str]], bytes]] = {}
        self.seen: list[dict[str, Any]] = []

    def on(self, path: str, *headers: tuple[str, str], status: str = "200 OK", body: bytes = b"") -> None:
        self.answers[path] = (status, list(headers), body)

    def sets(self, *cookies: str, path: str = "/set") -> None:
        self.on(path, *(("Set-Cookie", cookie) for cookie in cookies))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.seen.append({**environ, "body": environ["wsgi.input"].read()})
        cookies = environ.get("HTTP_COOKIE", "").encode("latin-1")
        status, headers, body = self.answers.get(environ["PATH_INFO"], ("200 OK", [], cookies))
        start_response(status, headers)
        return [body]

    @property
    def methods(self) -> list[str]:
        return [environ["REQUEST_METHOD"] for environ in self.seen]

    @property
    def last(self) -> dict[str, Any]:
        return self.seen[-1]


@pytest.fixture
def clock() -> LabClock:
    return LabClock()


@pytest.fixture
def bank() -> Answering:
    return Answering()


@pytest.fixture
def identity() -> Answering:
    return Answering()


@pytest.fixture
def evil() -> Answering:
    return Answering()


@pytest.fixture
def network(clock: LabClock, bank: Answering, identity: Answering, evil: Answering) -> Network:
    made = Network(clock)
    for origin, app in ((BANK, bank), (IDENTITY, identity), (EVIL, evil)):
        made.add(origin, app)
        made.add(origin.replace("https", "http"), app)
    return made


@pytest.fixture
def alice(network: Network, clock: LabClock) -> Browser:
    return Browser(network, clock)
