"""Takes the session ID for a token, and sends it as a bearer token.

Refused by: test_the_session_door
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
    sid = next(c for c in cookies if "HttpOnly" in c).split(";")[0].split("=")[1]
    return {
        "state": "server",
        "send": ["Authorization", "Bearer " + sid],
        "look_up": "session",
        "roles": None,
    }
