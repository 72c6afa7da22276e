"""Checks of ex00_two_doors: a login response of either door, told apart and read."""

from __future__ import annotations

import base64
import json
import re
import secrets
from typing import Any

from labapp.grading.checks import Attempt, Failure, check

ANSWER = {"state": str, "send": [str], "look_up": str, "roles": (list, None)}
USERS = ("alice", "bob", "chloe", "dmitri", "esra", "farid")
ROLES = ("customer", "teller", "administrator", "reporter")


def test_the_token_door(attempt: Attempt) -> None:
    """At the token door the identity travels with the client, and the server needs only its signing key."""
    response, token, _ = token_response(attempt)
    said = describe(attempt, response)
    expect(attempt, said, "state", "token", "the state of a token login")
    expect(attempt, said, "look_up", "signing key", "what the server needs to check a token")
    sent_header(attempt, said, "Authorization", f"Bearer {token}")


def test_the_session_door(attempt: Attempt) -> None:
    """At the session door the identity stays on the server, and the client sends a cookie that means nothing."""
    for session_first in attempt.shuffled([True, False]):
        response, cookie, _ = session_response(attempt, session_first=session_first)
        said = describe(attempt, response)
        expect(attempt, said, "state", "server", "the state of a session login")
        expect(attempt, said, "look_up", "session", "what the server needs to know a cookie's owner")
        sent_header(attempt, said, "Cookie", cookie)


@check(depends="test_the_token_door")
def test_roles_are_read_from_the_token(attempt: Attempt) -> None:
    """The roles in a token can be read by anybody who decodes its middle part."""
    for padding in attempt.shuffled([0, 1, 2, None]):
        response, _, roles = token_response(attempt, padding=padding)
        said = describe(attempt, response)
        expect(attempt, said, "roles", roles, "the roles that the token says")


@check(depends="test_the_session_door")
def test_a_session_says_no_roles(attempt: Attempt) -> None:
    """A session ID says nothing about roles, whatever else the response may hold."""
    response, _, _ = session_response(attempt)
    said = describe(attempt, response)
    if said["roles"] is not None:
        raise Failure(
            "roles were read from the response of the session door",
            "what stands beside the session ID can be changed by the client; only the server knows the roles",
            expected=None,
            actual=said["roles"],
            source="OWASP Session Management Cheat Sheet, Session ID Content",
        )


@check(depends=("test_the_token_door", "test_the_session_door"))
def test_both_doors_in_any_order(attempt: Attempt) -> None:
    """Many logins at both doors, mixed."""
    made = [token_response(attempt) for _ in range(4)] + [
        session_response(attempt, session_first=attempt.rng.random() < 0.5) for _ in range(4)
    ]
    for response, credential, _ in attempt.shuffled(made):
        said = describe(attempt, response)
        is_token = "access_token" in response["body"]
        expect(
            attempt, said, "state", "token" if is_token else "server", "where the state of this login lives"
        )
        if is_token:
            sent_header(attempt, said, "Authorization", f"Bearer {credential}")
        else:
            sent_header(attempt, said, "Cookie", credential)


def describe(attempt: Attempt, response: dict[str, Any]) -> dict[str, Any]:
    return attempt.shaped(attempt.call("describe", response), ANSWER, "what describe returns")


def expect(attempt: Attempt, said: dict[str, Any], member: str, expected: Any, what: str) -> None:
    actual = sorted(said[member]) if isinstance(said[member], list) else said[member]
    hints = {
        "state": "which of the two responses has an access token in its body?",
        "look_up": "one door verifies a signature; the other finds a record by its ID",
        "roles": "decode the middle part of the token: base64url without padding, then JSON, then `roles`",
    }
    attempt.expect(
        actual == (sorted(expected) if isinstance(expected, list) else expected),
        f"{what} is told wrongly",
        hints[member],
        expected=expected,
        actual=said[member],
    )


def sent_header(attempt: Attempt, said: dict[str, Any], name: str, value: str) -> None:
    send = said["send"]
    if len(send) != 2:
        raise Failure("`send` is not a pair", "return [name, value] of one header", actual=send)
    if send[0].lower() == "authorization" and name == "Cookie":
        raise Failure(
            "the session ID is sent as if it were a token",
            "a session ID goes back where it came from: in the Cookie header",
            expected=[name, "name=value"],
            actual=send,
        )
    attempt.expect(
        send[0].lower() == name.lower()
        and re.sub("^bearer ", "Bearer ", send[1].strip(), flags=re.I) == value,
        f"the header for the next request is not the {name} header that the server waits for",
        "for a cookie: only `name=value`, without the attributes; for a token: `Bearer `, then the access token",
        expected=[name, value],
        actual=send,
    )


def token_response(attempt: Attempt, *, padding: int | None = None) -> tuple[dict[str, Any], str, list[str]]:
    """A login response of the token door, its access token, and the roles in it.

    Base64 pads to a multiple of four characters; a token leaves `padding` of them out.
    """
    rng = attempt.rng
    roles = rng.sample(ROLES, rng.randrange(1, 4))
    # The odd letters bring `-` and `_` into the text.
    claims = {
        "sub": rng.choice(USERS),
        "roles": roles,
        "exp": attempt.now + 900,
        "note": "ÿ>?~" * rng.randrange(1, 9),
    }
    while padding is not None and -len(part(claims)) % 4 != padding:
        claims["note"] += "x"
    token = ".".join([part({"alg": "RS256", "typ": "at+jwt"}), part(claims), secrets.token_urlsafe(256)])
    body = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 900,
        "refresh_token": "rt_" + new_id(),
    }
    headers = [["Content-Type", "application/json"], ["Cache-Control", "no-store"]]
    if rng.random() < 0.5:
        headers.append(["Set-Cookie", f"theme={rng.choice(['dark', 'light'])}; Path=/"])
    return {"status": 200, "headers": attempt.shuffled(headers), "body": body}, token, roles


def session_response(attempt: Attempt, *, session_first: bool = True) -> tuple[dict[str, Any], str, None]:
    """A login response of the session door, the cookie to send back, and no roles."""
    rng = attempt.rng
    cookie = f"{rng.choice(['__Host-session', 'sid', '__Host-id'])}={new_id()}"
    attributes = attempt.shuffled(["HttpOnly", "Secure", "Path=/", "SameSite=Lax"])
    cookies = [
        ["Set-Cookie", "; ".join([cookie, *attributes])],
        ["Set-Cookie", f"role={rng.choice(ROLES)}; Path=/"],
    ]
    headers = [["Content-Type", "application/json"], *(cookies if session_first else reversed(cookies))]
    body = {"user": rng.choice(USERS), "csrf_token": new_id(), "roles_shown": [rng.choice(ROLES)]}
    return {"status": 200, "headers": headers, "body": body}, cookie, None


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, ensure_ascii=False).encode()).rstrip(b"=").decode()


def new_id() -> str:
    return secrets.token_urlsafe(32)
