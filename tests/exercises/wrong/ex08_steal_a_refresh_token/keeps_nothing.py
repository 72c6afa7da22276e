"""Keeps only the access token for the next visit, so there is nothing to exchange any more.

Refused by: test_thirty_days_of_access
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
    tokens = refresh(http, loot) if "refresh_token" in loot else loot
    status, _, body = look(http, tokens["access_token"])
    accounts = json.loads(body)["accounts"] if status == 200 else []
    return {"loot": {"access_token": tokens["access_token"]}, "accounts": accounts}
