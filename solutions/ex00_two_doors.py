"""Two doors, two login responses: where does identity state live?

A login response is a dict:

    {"status": 200,
     "headers": [["Content-Type", "application/json"], ["Set-Cookie", "…"], …],
     "body": {…}}

One of the bank's doors answers with tokens in the body; the other sets a session cookie, the one marked `HttpOnly`.
"""

from __future__ import annotations

import base64
import json
from typing import Any


def describe(response: dict[str, Any]) -> dict[str, Any]:
    """Say what a login response hands out, and what happens at the next request.

    Args:
        response: a login response of either door, as drawn above.

    Returns:
        A dict with four members:

        - "state": "token" if the identity travels with the client, "server" if the server keeps it;
        - "send": the header that the client must send next, as [name, value];
        - "look_up": what the server needs for that request: "signing key" or "session";
        - "roles": the list of roles that the credential itself says, or None where only the server knows.
    """
    # BEGIN SOLUTION
    # Which door is it? Then: what does the credential itself tell you, without asking any server?
    access_token = response["body"].get("access_token")
    if access_token is not None:
        payload = access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return {
            "state": "token",
            "send": ["Authorization", f"Bearer {access_token}"],
            "look_up": "signing key",
            "roles": claims["roles"],
        }
    cookies = [value for name, value in response["headers"] if name.lower() == "set-cookie"]
    session = next(cookie for cookie in cookies if "httponly" in cookie.lower())
    return {
        "state": "server",
        "send": ["Cookie", session.split(";")[0]],
        "look_up": "session",
        "roles": None,
    }
    # END SOLUTION
