"""Twenty thousand odd requests, made from the bank's own description: never a fault, never an echo, and it lives on."""

from __future__ import annotations

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.served.bank import Served, served, stop

REQUESTS = 20_000
THREADS = 4
CANARY = "c4n4ry-Zx9Kq7Lm2Pw8"
"""Stands in every secret that is sent; it must never come back, nor be written down."""

TEXTS = [
    CANARY, "", "a", "alice", "web", "acct-bob", "refresh_token", "accounts admin", "x" * 300, "x" * 5000, "\x00",
    "\ud800", "\u202e" + CANARY, "ü☃", "' OR 1=1 --", "../../etc/passwd", "rt_" + CANARY + "A" * 24, "A" * 43,
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.", "%00", "\r\nSet-Cookie: x=1", "{{7*7}}", "NaN", "1e400",
]  # fmt: skip
ODD = [None, True, False, 0, -1, 1.5, 10**30, [], {}, [[]], {"a": 1}, ["alice"], [None] * 50, {"": ""}]
BODIES = [
    b"", b"{", b"[]", b"null", b"1e400", b"NaN", b'"x"', b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 5000, b'{"a":' * 3000,
    b'{"username":"\xff"}', "{}".encode("utf-16"), b"\xef\xbb\xbf{}", b"a=1&a=2", b"%ff=%fe", b"&&&===", b"x" * 70_000,
]  # fmt: skip
KINDS = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/json; charset=utf-16",
    "",
]
NAMES = ["acct-bob", "acct-alice", "%00", "%ff", "..", "x" * 200, "ü"]
PATHS = ["/", "//", "/id", "/bank/..%2f", "/id/login/", "/%2e%2e/", "/bank/api/" + CANARY, "/_lab/x"]
BEARERS = ["Bearer", "bearer a b", f"Basic {CANARY}", f"Bearer {CANARY}", "Bearer " + "x" * 9000, "\xff"]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"]


@pytest.fixture(scope="module")
def bank() -> Any:
    with served("--control", "--profile", "workshop") as bank:
        yield bank


class Fuzzer:
    """One client that sends what nobody should, half of the time with a credential that is good."""

    def __init__(self, bank: Served, operations: list[tuple[str, str, dict[str, Any]]], seed: int) -> None:
        self.rng = random.Random(seed)
        self.operations = operations
        self.http = httpx.Client(base_url=bank.base, timeout=20)
        self.bank = bank
        self.statuses: dict[int, int] = {}
        self.log_in()

    def log_in(self) -> None:
        body = {"username": "bob", "password": self.bank.passwords["bob"]}
        with self.bank.http() as client:
            self.access = client.post("/id/login", json=body).json()["access_token"]
            login = client.post("/bank/web/login", json=body)
        self.cookie = login.headers["Set-Cookie"].partition(";")[0]
        self.csrf = login.json()["csrf_token"]

    def run(self, requests: int) -> None:
        for _ in range(requests):
            self.judge(self.request())

    def request(self) -> httpx.Request:
        rng = self.rng
        path, method, said = rng.choice(self.operations)
        path = re.sub(
            r"{\w+}",
            lambda _: rng.choice(["acct-bob", "acct-alice", "%00", "%ff", "..", "x" * 200, "ü"]),
            path,
        )
        if rng.random() < 0.05:
            path = rng.choice(PATHS)
        if rng.random() < 0.1:
            path += "?access_token=" + CANARY + rng.choice(["", "&a=%ff", "&" * 50])
        method = rng.choice(METHODS) if rng.random() < 0.1 else method.upper()
        headers, content = self.body(said)
        headers += self.credentials()
        return self.http.build_request(method, path, headers=headers, content=content)

    def body(self, said: dict[str, Any]) -> tuple[list[tuple[str, bytes]], bytes]:
        rng = self.rng
        kinds = list(said.get("requestBody", {}).get("content", {})) or ["application/json"]
        kind = rng.choice(KINDS) if rng.random() < 0.1 else kinds[0]
        if rng.random() < 0.2:
            return [("Content-Type", kind.encode())], rng.choice(BODIES)
        content = said.get("requestBody", {}).get("content", {})
        fields = content.get(kinds[0], {}).get("schema", {}).get("properties", {})
        values = {name: self.value(name) for name in fields if rng.random() < 0.9}
        if "form" in kind:
            pairs = [(k, v if isinstance(v, str) else json.dumps(v)) for k, v in values.items()]
            return [("Content-Type", kind.encode())], str(httpx.QueryParams(_printable(pairs))).encode()
        return [("Content-Type", kind.encode())], json.dumps(values).encode()

    def value(self, name: str) -> Any:
        rng = self.rng
        if name == "cents" and rng.random() < 0.5:
            return rng.choice([1, 2, 0, -1, 10**7, 10**7 + 1, 1.0, True, "1"])
        if name == "grant_type" and rng.random() < 0.7:
            return "refresh_token"
        if name == "client_id" and rng.random() < 0.7:
            return "web"
        return rng.choice(TEXTS) if rng.random() < 0.8 else rng.choice(ODD)

    def credentials(self) -> list[tuple[str, bytes]]:
        rng, given = self.rng, []
        if rng.random() < 0.5:
            given.append(("Authorization", f"Bearer {self.access}".encode()))
        elif rng.random() < 0.5:
            given.append(("Authorization", rng.choice(BEARERS).encode("latin-1")))
        if rng.random() < 0.5:
            given += [("Cookie", self.cookie.encode()), ("X-CSRF-Token", self.csrf.encode())]
        elif rng.random() < 0.5:
            odd = [
                f"__Host-session={CANARY}",
                "__Host-session=",
                f"{self.cookie}; {self.cookie}",
                "=;=;",
                "\xff=\xfe",
            ]
            given += [("Cookie", rng.choice(odd).encode("latin-1")), ("X-CSRF-Token", CANARY.encode())]
        if rng.random() < 0.1:
            given.append(("Origin", rng.choice([b"https://evil.test", b"null", b"", b"\xff"])))
        return given

    def answer(self, request: httpx.Request) -> httpx.Response:
        try:
            return self.http.send(request)
        except httpx.RemoteProtocolError:
            # A server may close a connection that was kept alive; on a fresh one it must answer.
            with self.bank.http() as fresh:
                try:
                    return fresh.send(request)
                except httpx.RemoteProtocolError:
                    sent = f"{request.method} {request.url} {request.headers.raw} {request.content[:200]!r}"
                    raise AssertionError(f"no answer at all: {sent}") from None

    def judge(self, request: httpx.Request) -> None:
        answer = self.answer(request)
        told = f"{request.method} {request.url} → {answer.status_code} {answer.text[:300]}"
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        assert answer.status_code < 500 or answer.status_code == 501, told
        assert CANARY not in answer.text, told
        assert CANARY not in str(answer.headers), told
        assert "Traceback" not in answer.text, told
        if "gunicorn" in answer.headers.get("Server", "") and answer.headers.get("Cache-Control") is None:
            assert answer.status_code in (400, 431, 501), told  # what is not HTTP never reaches the bank
            return
        assert answer.headers["Cache-Control"] == "no-store", told
        if answer.content and answer.status_code >= 400:
            assert set(answer.json()) == {"error", "error_description"}, told
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"], told
        if answer.is_success and request.url.path.endswith(
            ("/logout", "/logout-everywhere", "/login", "/password")
        ):
            self.log_in()


def _printable(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value.encode("utf-8", "replace").decode()) for name, value in pairs]


def test_twenty_thousand_odd_requests(bank: Served, capsys: pytest.CaptureFixture[str]) -> None:
    with bank.http() as client:
        paths = client.get("/openapi.json").json()["paths"]
        operations = [(path, method, said) for path, kinds in paths.items() for method, said in kinds.items()]
        fuzzers = [Fuzzer(bank, operations, seed) for seed in range(THREADS)]
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda fuzzer: fuzzer.run(REQUESTS // THREADS), fuzzers))
        statuses: dict[int, int] = {}
        for fuzzer in fuzzers:
            fuzzer.http.close()
            for status, count in fuzzer.statuses.items():
                statuses[status] = statuses.get(status, 0) + count
        with capsys.disabled():
            print(f"\n{sum(statuses.values())} requests: {dict(sorted(statuses.items()))}")
        assert sum(statuses.values()) == REQUESTS
        assert statuses[200] > REQUESTS / 50  # the deep code was reached too

        pair = bank.login("alice")
        assert client.get(
            "/bank/api/me", headers={"Authorization": f"Bearer {pair['access_token']}"}
        ).is_success
        trail, store = bank.panel("GET", "/trail").text, bank.panel("GET", "/store").text
    assert CANARY not in trail
    assert CANARY not in store
    for password in bank.passwords.values():
        assert password not in trail
        assert password not in store
    assert stop(bank.process) == ""
