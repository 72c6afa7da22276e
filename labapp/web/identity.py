"""The issuer: login, refresh, logout and keys at the token door.

`/login` is the bank's own page asking for the bank's own password.
It is not the password grant of OAuth, which hands that password to other programs and must not be used (RFC 9700
section 2.4).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify

from labapp.errors import InvalidGrantError, InvalidLoginError, ReplayedRefreshTokenError
from labapp.people import Person
from labapp.tokens.access import AccessToken
from labapp.tokens.refresh import Grant
from labapp.tokens.refusals import REFUSALS
from labapp.web.doors import Caller, TokenDoor, check_same_origin
from labapp.web.parts import Parts, give, parts
from labapp.web.plumbing import (
    BadRequestError,
    InvalidClientError,
    new_app,
    note,
    now,
    read_form,
    read_json,
    text,
)
from labapp.web.policy import PUBLIC_CLIENTS, allowed_scope

tokens = Blueprint("tokens", __name__)
_note = partial(note, door="token")


def create_identity(parts: Parts) -> Flask:
    """Assemble the issuer from its parts."""
    app = new_app("identity")
    give(app, parts)
    app.extensions["door"] = TokenDoor(parts.verifier, parts.revocation, parts.people, parts.trail)
    app.register_blueprint(tokens)
    return app


@tokens.post("/login")
def login() -> Response:
    """Check name and password, and begin a refresh-token family."""
    check_same_origin()
    wanted, bank = read_json(), parts()
    name = text(wanted, "username", longest=64)
    client_id = _client(text(wanted, "client_id", "web", longest=64))
    try:
        person = bank.people.check_password(name, wanted.get("password"))
    except InvalidLoginError:
        _note(bank.trail, "login", user=None, outcome="refused", name=bank.people.known(name))
        raise
    scope = _scope(text(wanted, "scope", ""), person)
    grant = bank.families.begin(person.name, client_id=client_id, scope=scope, now=now())
    # Shut out, or given a new password, between the check and now? Whoever did it has not seen this family.
    if not bank.people.is_still(person):
        bank.families.end(grant.family, reason="disabled", now=now())
        raise InvalidLoginError("name and password do not match")
    _note(bank.trail, "login", user=person.name, credential=grant.refresh_token, family=grant.family)
    return _hand_out(grant, person, client_id)


@tokens.post("/token")
def token() -> Response:
    """Exchange a refresh token for a new pair (RFC 6749 section 6)."""
    wanted, bank = read_form(), parts()
    if text(wanted, "grant_type") != "refresh_token":
        raise BadRequestError("the grant_type here is refresh_token", code="unsupported_grant_type")
    client_id = _client(text(wanted, "client_id"))
    presented = text(wanted, "refresh_token", longest=4096)
    scope = text(wanted, "scope") if "scope" in wanted else None
    try:
        grant = bank.families.rotate(presented, client_id=client_id, now=now(), scope=scope)
    except InvalidGrantError as refusal:
        _note_refusal(refusal, presented)
        raise
    person = bank.people.get(grant.user)
    if person is None or person.disabled:
        bank.families.end(grant.family, reason="disabled", now=now())
        raise InvalidGrantError("this login was ended (disabled)", refused="disabled")
    _note(
        bank.trail,
        "rotate",
        user=person.name,
        credential=grant.refresh_token,
        family=grant.family,
        parent=bank.trail.fingerprint(presented),
    )
    # What somebody may no longer do goes at the next exchange, however long the login lasts.
    allowed = allowed_scope(person.roles)
    scope = " ".join(word for word in grant.scope.split() if word in allowed)
    return _hand_out(replace(grant, scope=scope), person, client_id)


@tokens.post("/revoke")
def revoke() -> Response:
    """End a token; the answer is the same whether it was good, dead, or never a token (RFC 7009 section 2.2)."""
    wanted, bank = read_form(), parts()
    presented = text(wanted, "token", longest=16_384)
    client_id = _client(text(wanted, "client_id"))
    family = bank.families.find(presented)
    if family is not None and family.client_id == client_id:
        bank.families.end(family.id, reason="revoked", now=now())
        _note(bank.trail, "revoke", user=family.user, credential=presented, family=family.id)
    elif family is None:
        access = _access_token(presented)
        if access is not None and access.client_id == client_id:
            bank.denylist.revoke(access, now=now())
            _note(bank.trail, "revoke", user=access.subject, credential=access.name)
    return jsonify({})


@tokens.post("/logout")
def logout() -> Response:
    """End this login: the access token that was sent, and the refresh tokens that go with it."""
    caller, bank = _identify(), parts()
    _end_access(caller)
    family = caller.token.family if caller.token else None
    if family is not None:
        bank.families.end(family, reason="logout", now=now())
    name = caller.token.name if caller.token else None
    _note(bank.trail, "logout", user=caller.user, credential=name, family=family)
    return jsonify(logged_out=True)


@tokens.post("/logout-everywhere")
def logout_everywhere() -> Response:
    """End every login and every session of the caller, at both doors."""
    caller = _identify()
    _end_access(caller)
    ended = parts().accounts.log_out_everywhere(caller.user, now=now())
    return jsonify(sessions=len(ended.sessions), logins=len(ended.families))


@tokens.get("/.well-known/jwks.json")
def jwks() -> dict[str, Any]:
    """Publish the keys that verifiers need (RFC 7517); a shared secret is not among them."""
    return parts().ring.published.to_jwks()


@tokens.get("/.well-known/oauth-authorization-server")
def metadata() -> dict[str, Any]:
    """Describe this issuer (RFC 8414)."""
    base = parts().issuer.issuer
    return {
        "issuer": base,
        "token_endpoint": f"{base}/token",
        "revocation_endpoint": f"{base}/revoke",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "grant_types_supported": ["refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "response_types_supported": [],
    }


def _identify() -> Caller:
    door: TokenDoor = current_app.extensions["door"]
    return door.identify()


def _hand_out(grant: Grant, person: Person, client_id: str) -> Response:
    bank = parts()
    access_token = bank.issuer.issue(
        person.name,
        client_id=client_id,
        audience=bank.audience,
        scope=grant.scope,
        now=now(),
        roles=person.roles,
        auth_time=grant.auth_time,
        family=grant.family,
    )
    return jsonify(
        access_token=access_token,
        token_type="Bearer",
        expires_in=bank.issuer.life,
        refresh_token=grant.refresh_token,
        refresh_expires_in=int(grant.expires - now()),
        scope=grant.scope,
    )


def _note_refusal(refusal: InvalidGrantError, presented: str) -> None:
    family = parts().families.find(presented)
    _note(
        parts().trail,
        "reuse" if isinstance(refusal, ReplayedRefreshTokenError) else "refuse",
        user=family.user if family else None,
        credential=presented,
        outcome=refusal.refused,
        family=family.id if family else None,
    )


def _end_access(caller: Caller) -> None:
    if caller.token is not None:
        parts().denylist.revoke(caller.token, now=now())


def _access_token(presented: str) -> AccessToken | None:
    try:
        return parts().verifier.verify(presented, now=now())
    except REFUSALS:
        return None


def _client(client_id: str) -> str:
    if client_id not in PUBLIC_CLIENTS:
        raise InvalidClientError("there is no client of this name")
    return client_id


def _scope(wanted: str, person: Person) -> str:
    allowed = allowed_scope(person.roles)
    granted = allowed if not wanted else allowed & set(wanted.split())
    if wanted and not granted:
        raise BadRequestError("none of these scopes can be granted", code="invalid_scope")
    return " ".join(sorted(granted))
