"""Who is calling? The two doors of the bank, as parts that answer the same question.

- `TokenDoor`: the answer is in the request itself, signed; with a revocation strategy, one look into the store.
- `SessionDoor`: the request holds an ID that means nothing; the answer is in the store.

Each view behind a door gets a `Caller`, and cannot tell through which door they came.
A credential is read from one place only: a bearer token from the `Authorization` header (never from the URL, RFC 9700
section 4.3.2), a session ID from its cookie.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flask import request

from labapp.audit import Trail
from labapp.errors import CredentialError, InsufficientScopeError, LabError, UnknownSessionError
from labapp.people import People
from labapp.profiles import CookieAttributes
from labapp.sessions.csrf import HEADER, SAFE_METHODS, check_csrf_token, check_origin
from labapp.sessions.sessions import Session, Sessions
from labapp.tokens.access import AccessToken, AccessTokenVerifier
from labapp.tokens.refusals import reason
from labapp.tokens.revocation import Revocation
from labapp.web.plumbing import BadRequestError, NoCredentialError, note, now

_LONGEST_VALUE = 40
_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Caller:
    """Somebody who has come through a door.

    Attributes:
        user: their name.
        door: `"token"` or `"session"`.
        scope: what the credential allows; None at the session door, where only roles count.
        roles: returns their roles, as old as the door has them: from the token, or looked up now.
        fresh_roles: returns their roles as they are now, always looked up.
        auth_time: when they last proved who they are.
        token: the access token, at the token door.
        sid: the session ID, at the session door.
    """

    user: str
    door: str
    scope: frozenset[str] | None
    roles: Callable[[], tuple[str, ...]]
    fresh_roles: Callable[[], tuple[str, ...]]
    auth_time: float | None
    token: AccessToken | None = None
    sid: str | None = None
    session: Session | None = None

    def require_scope(self, needed: str) -> None:
        """Refuse unless the credential allows this.

        Raises:
            InsufficientScopeError: it does not.
        """
        if self.scope is not None and needed not in self.scope:
            raise InsufficientScopeError(f"this needs the scope {needed}", needed=needed)

    def require_role(self, needed: str) -> None:
        """Refuse unless the caller has this role *now*, whatever their credential remembers.

        Raises:
            InsufficientScopeError: they have not.
        """
        if needed not in self.fresh_roles():
            raise InsufficientScopeError(f"this needs the role {needed}", needed=needed)


class Door(Protocol):
    """Turns a request into a caller, or raises."""

    name: str

    def identify(self) -> Caller:
        """Return who is calling.

        Raises:
            NoCredentialError: nothing was presented.
            CredentialError: it is not accepted; or one of PyJWT's errors.
        """


class TokenDoor:
    """Identity comes with the request, as a signed access token."""

    name = "token"

    def __init__(
        self, verifier: AccessTokenVerifier, revocation: Revocation, people: People, trail: Trail
    ) -> None:
        self._verifier = verifier
        self._revocation = revocation
        self._people = people
        self._trail = trail

    def identify(self) -> Caller:
        """Verify the bearer token, and ask whether it was revoked."""
        text = bearer()
        try:
            token = self._verifier.verify(text, now=now())
        except Exception as refusal:
            self._note("refuse", reason(refusal), None, text)
            raise
        try:
            self._revocation.refuse_if_revoked(token, now=now())
        except CredentialError as refusal:
            self._note("refuse", refusal.refused, token.subject, token.name)
            raise
        self._note("use", "ok", token.subject, token.name)
        return Caller(
            token.subject,
            self.name,
            token.scope,
            lambda: tuple(sorted(token.roles)),
            lambda: roles_now(self._people, token.subject),
            token.auth_time,
            token=token,
        )

    def _note(self, event: str, outcome: str, user: str | None, credential: str) -> None:
        note(
            self._trail,
            event,
            door=self.name,
            user=user,
            credential=credential,
            outcome=outcome,
            path=path_for_trail(),
        )


class SessionDoor:
    """Identity is on the server; the request holds a session ID in a cookie."""

    name = "session"

    def __init__(self, sessions: Sessions, cookie: CookieAttributes, people: People, trail: Trail) -> None:
        self._sessions = sessions
        self._cookie = cookie
        self._people = people
        self._trail = trail

    def identify(self) -> Caller:
        """Look the session up, and check that our own page made a state-changing request."""
        sid = self.cookie()
        if sid is None:
            raise NoCredentialError("log in first", scheme="Session")
        try:
            session = self._sessions.resolve(sid, now=now())
            if request.method not in SAFE_METHODS:
                check_same_origin()
                check_csrf_token(sid, request.headers.get(HEADER))
        except LabError as refusal:
            self._note("refuse", reason(refusal), None, sid)
            raise
        self._note("use", "ok", session.user, sid)

        def roles() -> tuple[str, ...]:
            return roles_now(self._people, session.user)

        return Caller(
            session.user, self.name, None, roles, roles, session.auth_time, sid=sid, session=session
        )

    def cookie(self) -> str | None:
        """Return the session ID that the request brings.

        Raises:
            UnknownSessionError: it brings several; no browser does that with a `__Host-` cookie.
        """
        found = request.cookies.getlist(self._cookie.name)
        if len(found) > 1:
            raise UnknownSessionError("one session cookie, please", refused="several")
        return found[0] if found and found[0] else None

    def _note(self, event: str, outcome: str, user: str | None, credential: str) -> None:
        note(
            self._trail,
            event,
            door=self.name,
            user=user,
            credential=credential,
            outcome=outcome,
            path=path_for_trail(),
        )


def bearer() -> str:
    """Return the text after `Bearer` in the Authorization header.

    Raises:
        NoCredentialError: there is no such header, or it is of another scheme.
        BadRequestError: there is one, but it is not a bearer token (RFC 6750 section 3.1).
    """
    header = request.headers.get("Authorization", "")
    scheme = header.partition(" ")[0].lower()
    if scheme != "bearer":
        raise NoCredentialError("send an access token as Authorization: Bearer …", scheme="Bearer")
    match = _BEARER.fullmatch(header.strip())
    if match is None:
        raise BadRequestError("Authorization: Bearer is followed by exactly one token")
    return match[1]


def path_for_trail() -> str:
    """Return the request's path as it may be written down: with its values only where none can be a credential.

    Account numbers and handles of devices are short; every credential of ours has more than 40 characters, and whoever
    puts one into an address must not find it in the trail.
    """
    values = [str(value) for value in (request.view_args or {}).values()]
    if all(len(value) <= _LONGEST_VALUE and value.isprintable() for value in values):
        return request.path
    return str(request.url_rule)


def check_same_origin() -> None:
    """Refuse a state-changing request that a page of another origin made.

    Raises:
        CsrfError: the browser says so.
    """
    own = request.host_url.rstrip("/")
    check_origin(own, origin=request.headers.get("Origin"), fetch_site=request.headers.get("Sec-Fetch-Site"))


def roles_now(people: People, user: str) -> tuple[str, ...]:
    """Look up somebody's roles as they are now; a disabled or deleted account has none."""
    person = people.get(user)
    return () if person is None or person.disabled else person.roles
