"""Uses the stolen access token and nothing else: it is dead after a quarter of an hour.

Refused by: test_the_first_visit_is_served
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
    status, _, body = look(http, loot["access_token"])
    return {"loot": loot, "accounts": json.loads(body)["accounts"] if status == 200 else []}
