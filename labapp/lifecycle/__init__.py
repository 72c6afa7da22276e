"""What happens to a credential after it was issued, across both doors.

Below the apps this is the only room where tokens and sessions meet, because a person has both:
logging out everywhere, shutting an account, changing a password.

| module | what it shows |
|---|---|
| `accounts` | one act, both doors: end everything that an account holds |
"""
