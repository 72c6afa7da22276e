"""Lets PyJWT decode the claims, and http.cookies read the cookie."""

from http.cookies import SimpleCookie

import jwt


def describe(response):
    body = response["body"]
    if "access_token" in body:
        claims = jwt.decode(body["access_token"], options={"verify_signature": False})
        return {
            "state": "token",
            "send": ["authorization", f"Bearer {body['access_token']}"],
            "look_up": "signing key",
            "roles": claims["roles"],
        }
    for name, value in response["headers"]:
        if name.lower() == "set-cookie":
            for key, morsel in SimpleCookie(value).items():
                if morsel["httponly"]:
                    return {
                        "state": "server",
                        "send": ["cookie", f"{key}={morsel.value}"],
                        "look_up": "session",
                        "roles": None,
                    }
    raise ValueError("neither door answers like this")
