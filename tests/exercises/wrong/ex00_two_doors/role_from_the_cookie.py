"""Reads the role from a cookie that the page keeps for its own display.

Refused by: test_a_session_says_no_roles
"""

import base64
import json


def describe(response):
    token = response["body"].get("access_token")
    if token:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return {
            "state": "token",
            "send": ["Authorization", "Bearer " + token],
            "look_up": "signing key",
            "roles": claims["roles"],
        }
    cookies = [v for k, v in response["headers"] if k == "Set-Cookie"]
    session = next(c for c in cookies if "HttpOnly" in c).split(";")[0]
    role = next(c for c in cookies if c.startswith("role=")).split(";")[0].split("=")[1]
    return {"state": "server", "send": ["Cookie", session], "look_up": "session", "roles": [role]}
