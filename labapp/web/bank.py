"""The bank: accounts and transfers, the same views behind both doors.

| request | needs |
|---|---|
| `GET …/me` | any caller |
| `GET …/accounts` | scope `accounts`; one's own |
| `GET …/accounts/<number>` | scope `accounts`; one's own, a teller anybody's |
| `POST …/transfers` | scope `transfers`; from one's own account |
| `GET …/admin/users` | scope `admin`, and the role administrator *now* |

They stand under `/api` for the token door and under `/web` for the session door.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app, g, request
from werkzeug.exceptions import NotFound

from labapp.people import Person
from labapp.web.doors import Caller, SessionDoor, TokenDoor
from labapp.web.parts import Parts, give, parts
from labapp.web.plumbing import BadRequestError, new_app, read_json, text
from labapp.web.session_login import session_login

LARGEST_TRANSFER = 10_000_000

views = Blueprint("views", __name__)


def create_bank(parts: Parts) -> Flask:
    """Assemble the bank from its parts.

    Args:
        parts: the sound ones, or with one exchanged.
    """
    app = new_app("bank")
    give(app, parts)
    session_door = SessionDoor(parts.sessions, parts.profile.cookie, parts.people, parts.trail)
    app.extensions["doors"] = {
        "api": TokenDoor(parts.verifier, parts.revocation, parts.people, parts.trail),
        "web": session_door,
    }
    app.extensions["session_door"] = session_door
    app.register_blueprint(views, url_prefix="/api", name="api")
    app.register_blueprint(views, url_prefix="/web", name="web")
    app.register_blueprint(session_login, url_prefix="/web")
    return app


@views.before_request
def identify() -> None:
    """Let nobody past the door whom it does not know."""
    g.caller = current_app.extensions["doors"][request.blueprint].identify()


@views.get("/me")
def me() -> dict[str, Any]:
    """Say who is calling."""
    caller: Caller = g.caller
    scope = None if caller.scope is None else " ".join(sorted(caller.scope))
    return {"user": caller.user, "door": caller.door, "roles": list(caller.roles()), "scope": scope}


@views.get("/accounts")
def accounts() -> dict[str, Any]:
    """List the caller's accounts."""
    caller: Caller = g.caller
    caller.require_scope("accounts")
    return {"accounts": [vars(account) for account in parts().ledger.of(caller.user)]}


@views.get("/accounts/<number>")
def account(number: str) -> dict[str, Any]:
    """Show one account; somebody else's and one that does not exist look the same."""
    caller: Caller = g.caller
    caller.require_scope("accounts")
    found = parts().ledger.get(number) if number.isprintable() and len(number) <= 64 else None
    if found is None or (found.owner != caller.user and "teller" not in caller.fresh_roles()):
        raise NotFound
    return vars(found)


@views.post("/transfers")
def transfer() -> tuple[dict[str, Any], int]:
    """Move money from the caller's account to another."""
    caller: Caller = g.caller
    caller.require_scope("transfers")
    wanted = read_json()
    target, cents = text(wanted, "to", longest=64), wanted.get("cents")
    if type(cents) is not int or not 0 < cents <= LARGEST_TRANSFER:
        raise BadRequestError(f"cents must be a whole number from 1 to {LARGEST_TRANSFER}")
    ledger = parts().ledger
    source = ledger.of(caller.user)
    if not source or ledger.get(target) is None or source[0].number == target:
        raise BadRequestError("a transfer goes from an account of yours to another account of this bank")
    left = ledger.transfer(source[0].number, target, cents)
    if left is None:
        raise BadRequestError("the account does not hold that much", code="insufficient_funds")
    return {"from": left.number, "to": target, "cents": cents, "balance": left.balance}, 201


@views.get("/admin/users")
def users() -> dict[str, Any]:
    """List everybody, for an administrator."""
    caller: Caller = g.caller
    caller.require_scope("admin")
    caller.require_role("administrator")
    people = parts().people
    found = [people.get(name) for name in people.names()]
    return {"users": [_shown(person) for person in found if person]}


def _shown(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "roles": list(person.roles),
        "disabled": person.disabled,
        "kind": person.kind,
    }
