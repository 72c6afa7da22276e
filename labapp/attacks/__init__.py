"""The thief's moves, one a module; each works with what a thief has: a client, and what was stolen.

No attack looks into the bank, its store or its keys.
Whether one succeeds is decided by its effect alone: was a protected request served?

| module | the move |
|---|---|
| `persistence` | stay inside: keep a stolen refresh token or session alive for as long as the bank lets it |
"""
