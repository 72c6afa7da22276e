"""The bank as somebody outside has it: requests, answers, and what docs/http.md promises of every answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from labapp import clock
from labapp.people import seeded_password
from labapp.store import Store
from labapp.web.assembly import Assembly, assemble

CANARY = "canary7f3a91"
"""Planted wherever a request has room for text: no answer may repeat it."""

HTTP_MD = Path(__file__).parents[2] / "docs" / "http.md"


def _words() -> set[tuple[int, str]]:
    """The table of errors in docs/http.md, as (status, code)."""
    table = HTTP_MD.read_text(encoding="utf-8").partition("| status | code | when |")[2].split("\n\n")[0]
    found: set[tuple[int, str]] = set()
    for row in table.splitlines()[2:]:
        statuses, codes = (re.findall(r"\d{3}", row.split("|")[1]), re.findall(r"`(\w+)`", row.split("|")[2]))
        found |= (
            set(zip(map(int, statuses), codes, strict=True))
            if len(statuses) > 1
            else {(int(statuses[0]), c) for c in codes}
        )
    return found


WORDS = _words()
SCHEMES = {
    "unauthorized": ("Bearer", "Session"),
    "invalid_token": ("Bearer",),
    "invalid_session": ("Session",),
    "invalid_login": ("Login",),
    "invalid_client": ("Basic",),
}
"""The word of a 401 → the scheme of its challenge."""


def keeps_the_promises(response: TestResponse, *, hidden: tuple[str, ...] = (CANARY,)) -> TestResponse:
    """Every answer, whatever was asked: JSON, not cached, in the words of the table, silent about what was sent."""
    status, body = response.status_code, response.get_data(as_text=True)
    said = f"{response.request.method} {response.request.path} → {status} {body[:200]}"
    assert status < 500 or status == 503, said
    assert response.mimetype == "application/json", said
    assert response.headers.getlist("Cache-Control") == ["no-store"], said
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    shown = body + str(response.headers)
    assert "Traceback" not in shown, said
    assert not [secret for secret in hidden if secret in shown], said
    if response.request.method == "HEAD":
        assert not body
        return response
    answer = json.loads(body)
    assert isinstance(answer, dict), said
    if status >= 400:
        assert sorted(answer) == ["error", "error_description"], said
        assert (status, answer["error"]) in WORDS, said
        assert answer["error_description"]
        assert "Set-Cookie" not in response.headers, said
    else:
        assert status in (200, 201), said
    challenges = response.headers.getlist("WWW-Authenticate")
    if status == 401:
        assert len(challenges) == 1, said
        assert challenges[0].partition(" ")[0] in SCHEMES[answer["error"]], said
        assert ("error=" in challenges[0]) == (answer["error"] in ("invalid_token", "invalid_session")), said
    if status == 503:
        assert response.headers["Retry-After"] == "1"
    return response


class Token:
    """Somebody at the token door, with the pair that a login gave."""

    def __init__(self, outside: Outside, pair: dict[str, Any]) -> None:
        self.outside, self.pair = outside, pair

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.pair['access_token']}"}

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        more["headers"] = {**self.headers, **more.get("headers", {})}
        return self.outside.send(method, path, **more)

    def get(self, path: str) -> TestResponse:
        return self.send("GET", f"/bank/api{path}")

    def post(self, path: str, **body: Any) -> TestResponse:
        return self.send("POST", f"/bank/api{path}", json=body)

    def refresh(self, **more: str) -> TestResponse:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.pair["refresh_token"],
            "client_id": "web",
        }
        return self.outside.send("POST", "/id/token", data=form | more)

    def works(self) -> bool:
        return self.get("/me").status_code == 200

    @property
    def secrets(self) -> list[str]:
        return [self.pair["access_token"], self.pair["refresh_token"]]


class Browser:
    """Somebody at the session door, with cookie and CSRF token."""

    def __init__(self, outside: Outside, response: TestResponse) -> None:
        self.outside, self.secrets = outside, []
        self.take(response)

    def take(self, response: TestResponse) -> None:
        """Keep what a login, or a renewal, handed out."""
        self.cookie = response.headers["Set-Cookie"].partition(";")[0]
        self.csrf = response.json["csrf_token"]
        self.secrets += [self.cookie.partition("=")[2], self.csrf]

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie, "X-CSRF-Token": self.csrf}

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        more["headers"] = {**self.headers, **more.get("headers", {})}
        return self.outside.send(method, path, **more)

    def get(self, path: str) -> TestResponse:
        return self.send("GET", f"/bank/web{path}")

    def post(self, path: str, **body: Any) -> TestResponse:
        return self.send("POST", f"/bank/web{path}", json=body)

    def works(self) -> bool:
        return self.get("/me").status_code == 200


class Outside:
    """One bank, and whoever sends it requests; every answer is held to what docs/http.md promises."""

    def __init__(self, store: Store, **options: Any) -> None:
        clock.keep(store.clock)
        self.store = store
        self.bank: Assembly = assemble(store=store, alg="ES256", **options)
        self.parts = self.bank.parts
        # The lab's own looks into the ledger are not the service's: its trips are interrupted by its own observer.
        self.observers = [store.observer, self.parts.ledger._store.observer]
        self._clients = {
            mount: self.bank.apps[app].test_client(use_cookies=False)
            for mount, app in (("id", "identity"), ("bank", "bank"))
        }

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        _, mount, rest = path.split("/", 2)
        return keeps_the_promises(
            self._clients[mount].open(f"http://localhost/{rest}", method=method, **more)
        )

    def password(self, user: str) -> str:
        return seeded_password(self.bank.seed, user)

    def token_login(self, user: str, password: str | None = None, **more: Any) -> TestResponse:
        body = {"username": user, "password": self.password(user) if password is None else password, **more}
        return self.send("POST", "/id/login", json=body)

    def web_login(self, user: str, password: str | None = None, **more: Any) -> TestResponse:
        body = {"username": user, "password": self.password(user) if password is None else password}
        return self.send("POST", "/bank/web/login", json=body, **more)

    def token(self, user: str, password: str | None = None, **more: Any) -> Token:
        response = self.token_login(user, password, **more)
        assert response.status_code == 200, response.text
        return Token(self, response.json)

    def browser(self, user: str, password: str | None = None) -> Browser:
        response = self.web_login(user, password)
        assert response.status_code == 200, response.text
        return Browser(self, response)

    def balance(self, user: str) -> int:
        return self.parts.ledger.of(user)[0].balance

    def money(self) -> int:
        return sum(self.balance(user) for user in ("alice", "bob", "mallory"))

    def routes(self) -> list[tuple[str, str]]:
        """Every route as (method, path), its values filled in with what is there."""
        return sorted(
            (method, f"/{mount}" + rule.rule.replace("<number>", "acct-alice").replace("<handle>", "0" * 16))
            for mount, app in (("id", "identity"), ("bank", "bank"))
            for rule in self.bank.apps[app].url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        )


def word(response: TestResponse) -> str:
    """What an answer says, in one word: `ok`, or the error's code."""
    return "ok" if response.status_code < 400 else str(response.json["error"])
