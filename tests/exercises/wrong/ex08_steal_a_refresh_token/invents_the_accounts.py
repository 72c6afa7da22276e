"""Returns accounts that look right without asking the bank.

Refused by: test_the_first_visit_is_served
"""


def come_back(http, loot, *, now):
    return {"loot": loot, "accounts": [{"number": "acct-alice", "owner": "alice", "balance": 250000}]}
