"""One theft, thirty days inside: what a stolen refresh token is worth where it is not rotated.

You are the thief.
You hold what was on Alice's phone, and nothing else: no password, no key.
You come back every few hours; between your visits an access token of this bank expires.

`http(method, url, headers, body)` sends a request and returns `(status, headers, body)`; the body is text.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

TOKEN_URL = "https://id.harbour.test/token"
ACCOUNTS_URL = "https://bank.harbour.test/api/accounts"
CLIENT_ID = "web"


def come_back(http: Any, loot: dict[str, str], *, now: int) -> dict[str, Any]:
    """Pay the bank one visit, and look at Alice's accounts.

    Args:
        http: sends a request, as described above.
        loot: what you hold: at first `{"access_token": …, "refresh_token": …}`, later what you kept last time.
        now: lab time in seconds.

    Returns:
        {"loot": what you keep for your next visit, "accounts": the list of accounts that the bank showed you}.
    """
    # BEGIN SOLUTION
    # The access token is dead by now. What does RFC 6749 section 6 say that a client sends for a new one?
    form = {"grant_type": "refresh_token", "refresh_token": loot["refresh_token"], "client_id": CLIENT_ID}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    _, _, body = http("POST", TOKEN_URL, headers, urlencode(form))
    tokens = json.loads(body)
    _, _, body = http("GET", ACCOUNTS_URL, {"Authorization": f"Bearer {tokens['access_token']}"}, None)
    return {"loot": tokens, "accounts": json.loads(body)["accounts"]}
    # END SOLUTION
