"""State on the server: the client holds a meaningless ID, and the server looks up everything else.

| module | what it shows |
|---|---|
| `sessions` | start, look up, renew and end sessions; idle and absolute timeout; the cap; a user's devices |
| `cookies` | how the ID travels: the Set-Cookie header and its attributes |
| `csrf` | why a cookie alone does not prove that our page made the request, and what does |

`tokens` is the other door; the two never import each other.
"""
