"""Login, logout and devices at the session door.

The session ID appears in one place only: the Set-Cookie header of the answer that created it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from labapp.errors import InvalidLoginError
from labapp.sessions.cookies import clear_cookie, set_cookie
from labapp.sessions.csrf import csrf_token
from labapp.sessions.sessions import Session, Started
from labapp.web.doors import Caller, SessionDoor, check_same_origin
from labapp.web.parts import parts
from labapp.web.plumbing import BadRequestError, client, note, now, read_json, text

session_login = Blueprint("session_login", __name__)
_note = partial(note, door="session")


@session_login.post("/login")
def login() -> Response:
    """Check name and password, and open a session with a new ID."""
    check_same_origin()
    wanted = read_json()
    name, bank = text(wanted, "username", longest=64), parts()
    try:
        person = bank.people.check_password(name, wanted.get("password"))
    except InvalidLoginError:
        _note(bank.trail, "login", user=None, outcome="refused", name=bank.people.known(name))
        raise
    bank.sessions.end(_door().cookie())  # whatever this browser held before, a login starts anew
    started = bank.sessions.start(person.name, now=now(), device=client())
    # Shut out, or given a new password, between the check and now? Whoever did it has not seen this session.
    if not bank.people.is_still(person):
        bank.sessions.end(started.sid)
        raise InvalidLoginError("name and password do not match")
    _note(bank.trail, "login", user=person.name, credential=started.sid, evicted=len(started.evicted))
    return _hand_out(started)


@session_login.get("/csrf")
def csrf() -> dict[str, Any]:
    """Give the page the token that its state-changing requests must carry."""
    return {"csrf_token": csrf_token(str(_door().identify().sid))}


@session_login.get("/session")
def session() -> dict[str, Any]:
    """Show the present session: when it began, and when it ends."""
    caller = _door().identify()
    return {"user": caller.user, **_shown(caller.session, present=True)}


@session_login.post("/reauthenticate")
def reauthenticate() -> Response:
    """Prove again who one is (step-up); the session gets a new ID."""
    caller = _door().identify()
    _check_own_password(caller, read_json())
    started = parts().sessions.renew(caller.sid, now=now(), auth_time=now())
    _note(parts().trail, "step-up", user=caller.user, credential=started.sid)
    return _hand_out(started)


@session_login.post("/logout")
def logout() -> Response:
    """End the session on the server; that the browser forgets its ID is a courtesy."""
    caller = _door().identify()
    parts().sessions.end(caller.sid)
    _note(parts().trail, "logout", user=caller.user, credential=caller.sid)
    return _goodbye(logged_out=True)


@session_login.post("/logout-everywhere")
def logout_everywhere() -> Response:
    """End every session and every login of the caller, at both doors."""
    caller = _door().identify()
    ended = parts().accounts.log_out_everywhere(caller.user, now=now())
    return _goodbye(sessions=len(ended.sessions), logins=len(ended.families))


@session_login.get("/devices")
def devices() -> dict[str, Any]:
    """List the caller's sessions."""
    caller = _door().identify()
    own = caller.session.handle if caller.session else ""
    found = parts().sessions.of(caller.user, now=now())
    return {"devices": [_shown(s, present=s.handle == own) for s in found]}


@session_login.delete("/devices/<handle>")
def end_device(handle: str) -> dict[str, Any]:
    """End one of the caller's sessions."""
    caller = _door().identify()
    ended = parts().sessions.end_one(caller.user, handle)
    _note(parts().trail, "revoke", user=caller.user, device=handle[:16] if ended else None)
    return {"ended": ended}


@session_login.post("/password")
def password() -> Response:
    """Change the password; every other device is logged out, and this one gets a new session ID."""
    caller = _door().identify()
    wanted = read_json()
    _check_own_password(caller, wanted)
    new = text(wanted, "new_password", longest=256)
    if not new:
        raise BadRequestError("new_password must not be empty")
    bank = parts()
    ended = bank.accounts.change_password(caller.user, new, now=now(), keep_session=caller.sid)
    started = bank.sessions.renew(caller.sid, now=now(), auth_time=now())
    _note(bank.trail, "password", user=caller.user, credential=started.sid, ended=len(ended))
    return _hand_out(started)


def _door() -> SessionDoor:
    door: SessionDoor = current_app.extensions["session_door"]
    return door


def _hand_out(started: Started) -> Response:
    response = jsonify(user=started.session.user, csrf_token=csrf_token(started.sid))
    response.headers.add("Set-Cookie", set_cookie(started.sid, parts().profile.cookie))
    return response


def _goodbye(**body: Any) -> Response:
    response = jsonify(**body)
    response.headers.add("Set-Cookie", clear_cookie(parts().profile.cookie))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _check_own_password(caller: Caller, wanted: dict[str, Any]) -> None:
    parts().people.check_password(caller.user, wanted.get("password"))


def _shown(session: Session | None, *, present: bool) -> dict[str, Any]:
    if session is None:
        return {}
    profile = parts().profile
    seen = now() if present else session.seen
    return {
        "handle": session.handle,
        "device": session.device,
        "created": int(session.created),
        "last_seen": int(session.seen),
        "auth_time": int(session.auth_time),
        "idle_until": int(seen) + profile.idle_timeout,
        "absolute_until": int(session.created) + profile.absolute_timeout,
        "present": present,
    }
