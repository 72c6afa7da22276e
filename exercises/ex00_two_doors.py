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
    # TODO: Which door is it? Then: what does the credential itself tell you, without asking any server?
    raise NotImplementedError
