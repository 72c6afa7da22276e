"""A request at each door, against a bare Flask route that returns the same; all of it in process."""

from __future__ import annotations

from flask import Flask

from labapp.lab import Lab
from tests.bench.rounds import as_markdown, measure

AIM = "2.5 or less"


def section() -> str:
    lab = Lab(alg="RS256")
    waiting = Lab(alg="RS256", revocation="wait")
    token, offline = lab.token_door.login("alice"), waiting.token_door.login("alice")
    session = lab.session_door.login("alice")
    bare = Flask("bare")
    body = token.get("/me").json()

    @bare.get("/me")
    def me() -> dict[str, object]:
        return dict(body)

    lab.network.add("https://bare.harbour.test", bare)
    program, browser = lab.client("alice"), lab.browser("alice")

    def busy_session() -> None:
        lab.clock.advance(0.001)  # so that each request has a last use to write down
        session.get("/accounts")

    figures = measure(
        {
            "bare Flask route": lambda: program.get("https://bare.harbour.test/me"),
            "bare Flask route, from the simulated browser": lambda: browser.get(
                "https://bare.harbour.test/me"
            ),
            "token door, nothing looked up": lambda: offline.get("/me"),
            "token door, denylist": lambda: token.get("/me"),
            "session door": busy_session,
        },
        calls=100,
    )
    note = "RS256, fakeredis, the audit trail included; the session door also reads the account and notes its use."
    doors = [f.name for f in figures if "door" in f.name]
    return as_markdown("A request at each door", note, figures, dict.fromkeys(doors, AIM))
