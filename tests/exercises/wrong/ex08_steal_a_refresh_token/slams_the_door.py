"""Logs out after each visit, as a tidy program would: the login is over, for the thief and for Alice.

Refused by: test_alice_notices_nothing
"""

import json
from urllib.parse import urlencode

TOKEN_URL = "https://id.harbour.test/token"
ACCOUNTS_URL = "https://bank.harbour.test/api/accounts"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def refresh(http, loot):
    form = {"grant_type": "refresh_token", "refresh_token": loot["refresh_token"], "client_id": "web"}
    return json.loads(http("POST", TOKEN_URL, FORM, urlencode(form))[2])


def look(http, token):
    return http("GET", ACCOUNTS_URL, {"Authorization": "Bearer " + token}, None)


def come_back(http, loot, *, now):
    tokens = refresh(http, loot)
    bearer = {"Authorization": "Bearer " + tokens["access_token"]}
    accounts = json.loads(look(http, tokens["access_token"])[2])["accounts"]
    http("POST", "https://id.harbour.test/logout", bearer, None)
    return {"loot": tokens, "accounts": accounts}
