"""The instructor's panel: move the clock, look into the store, shut somebody out, sign what no issuer would sign.

It exists to teach and to test, and it opens everything.
So it is there only when it is asked for, only on loopback, and only for whoever holds the token printed at the start;
for everybody else it looks as if it did not exist.
"""

from __future__ import annotations

import hmac
import math
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import NotFound

from labapp.clock import MovableClock, RunningClock, stamp
from labapp.tokens.anatomy import decode
from labapp.web.assembly import Assembly, settle
from labapp.web.parts import Parts, give, parts
from labapp.web.plumbing import BadRequestError, new_app, now, read_json

HEADER = "X-Lab-Control"
LONGEST_STEP = 100 * 365 * 86_400
panel = Blueprint("panel", __name__)


def create_control(bank: Assembly, token: str, passwords: dict[str, str]) -> Flask:
    """Make the panel of a bank.

    Args:
        bank: what it controls.
        token: what must come in the header `X-Lab-Control`.
        passwords: user → password, to show and to bring back.
    """
    app = new_app("control")
    give(app, bank.parts)
    app.extensions["passwords"] = passwords
    app.extensions["seed"] = bank.seed

    @app.before_request
    def guard() -> None:
        given = request.headers.get(HEADER, "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(given, token.encode()):
            raise NotFound

    app.register_blueprint(panel)
    return app


@panel.get("/clock")
def clock() -> dict[str, Any]:
    """Say what time it is."""
    running = isinstance(parts().store.clock, RunningClock)
    return {"now": now(), "text": stamp(now()), "running": running}


@panel.post("/clock")
def move() -> dict[str, Any]:
    """Let time pass for every worker, or set it back."""
    seconds: Any = read_json().get("advance")
    if type(seconds) not in (int, float) or not math.isfinite(seconds) or abs(seconds) > LONGEST_STEP:
        raise BadRequestError(f"advance is a number of seconds, at most {LONGEST_STEP}")
    store_clock = parts().store.clock
    if not isinstance(store_clock, MovableClock):
        raise BadRequestError("this bank goes by the machine's time")
    store_clock.step(seconds)
    later = store_clock.now()
    return {"now": later, "text": stamp(later), "running": isinstance(store_clock, RunningClock)}


@panel.get("/people")
def people() -> dict[str, Any]:
    """Show everybody, with their passwords."""
    passwords = current_app.extensions["passwords"]
    found = (parts().people.get(name) for name in parts().people.names())
    return {
        person.name: {
            "password": passwords.get(person.name),
            "roles": list(person.roles),
            "disabled": person.disabled,
        }
        for person in found
        if person
    }


@panel.post("/people/<name>/disable")
def disable(name: str) -> dict[str, Any]:
    """Shut somebody out, and end everything that is open."""
    parts().accounts.disable(_known(name), now=now(), actor="instructor")
    return {"disabled": True}


@panel.post("/people/<name>/enable")
def enable(name: str) -> dict[str, Any]:
    """Let somebody in again."""
    parts().accounts.enable(_known(name), now=now(), actor="instructor")
    return {"disabled": False}


@panel.post("/people/<name>/roles")
def roles(name: str) -> dict[str, Any]:
    """Change what somebody may do."""
    wanted = read_json().get("roles")
    if not isinstance(wanted, list) or not all(isinstance(role, str) and role.isalpha() for role in wanted):
        raise BadRequestError("roles is a list of words")
    parts().people.set_roles(_known(name), tuple(wanted))
    return {"roles": wanted}


@panel.post("/sign")
def sign() -> dict[str, Any]:
    """Sign given claims under a given header with the bank's current key, whatever they say."""
    wanted, key = read_json(), parts().ring.signing
    header = wanted.get("header", {"typ": "at+jwt", "alg": key.alg, "kid": key.kid})
    if not isinstance(header, dict):
        raise BadRequestError("header is a JSON object")
    return {"token": key.sign_text(header, _payload(wanted))}


@panel.get("/key")
def key() -> dict[str, Any]:
    """Show the current signing key: the public half, or the shared secret."""
    current = parts().ring.signing
    return {"kid": current.kid, "alg": current.alg, "jwk": current.verifying().to_jwk()}


@panel.get("/store")
def store() -> Response:
    """Show the whole store as text."""
    lines = [
        f"{e.key}\t{e.type}\t{'-' if e.ttl is None else f'{e.ttl:.0f}'}\t{e.value}"
        for e in parts().store.entries()
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@panel.get("/trail")
def trail() -> Response:
    """Show the audit trail as text."""
    return Response("".join(f"{record}\n" for record in parts().trail.records()), mimetype="text/plain")


@panel.post("/reset")
def reset() -> dict[str, Any]:
    """Bring the bank back to its start; lab time stays."""
    bank: Parts = parts()
    bank.store.clear()
    settle(bank, current_app.extensions["seed"], current_app.extensions["passwords"])
    bank.trail.record("admin", at=now(), service="control", actor="instructor", act="reset")
    return {"reset": True}


def _known(name: str) -> str:
    if parts().people.get(name) is None:
        raise NotFound
    return name


def _payload(wanted: dict[str, Any]) -> bytes:
    if isinstance(wanted.get("payload"), str):
        return str(wanted["payload"]).encode("utf-8", "surrogatepass")
    if isinstance(wanted.get("payload_base64url"), str):
        try:
            return decode(wanted["payload_base64url"])
        except ValueError as error:
            raise BadRequestError("payload_base64url is not base64url") from error
    if not isinstance(wanted.get("claims"), dict):
        raise BadRequestError("claims is a JSON object")
    return current_app.json.dumps(wanted["claims"]).encode()
