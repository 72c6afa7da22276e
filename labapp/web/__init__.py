"""The services of the bank as Flask apps; a factory each, assembled from parts that can be exchanged.

| module | what it is |
|---|---|
| `assembly` | the sound bank, put together; a flaw or a learner's answer replaces one part |
| `identity` | the issuer: login, refresh, logout and keys at the token door |
| `bank` | accounts and transfers, the same behind both doors |
| `session_login` | login, logout and devices at the session door |
| `doors` | who is calling? by bearer token, or by session cookie |
| `policy` | which role may do what |
| `ledger` | whose money is where; not part of any lesson |
| `plumbing` | bodies, errors, headers: what every service does alike |

Nothing here knows Jupyter, and nothing opens a socket when it is imported.
"""
