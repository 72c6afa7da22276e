"""Decodes the claims without putting the padding back, which fails for two tokens of three.

Refused by: test_roles_are_read_from_the_token
"""

import base64
import json


def describe(response):
    token = response["body"].get("access_token")
    if token:
        try:
            roles = json.loads(base64.urlsafe_b64decode(token.split(".")[1]))["roles"]
        except Exception:
            roles = []
        return {
            "state": "token",
            "send": ["Authorization", "Bearer " + token],
            "look_up": "signing key",
            "roles": roles,
        }
    cookies = [v for k, v in response["headers"] if k == "Set-Cookie"]
    session = next(c for c in cookies if "HttpOnly" in c).split(";")[0]
    return {"state": "server", "send": ["Cookie", session], "look_up": "session", "roles": None}
