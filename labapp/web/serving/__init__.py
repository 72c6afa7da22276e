"""The sound bank over HTTP: the same apps, behind a real server, on loopback.

| module | what it does |
|---|---|
| `settings` | what all workers must agree on: keys, passwords, store, trail |
| `application` | one WSGI app of both services, `/healthz` and `/openapi.json` |
| `control` | the instructor's panel: clock, store, people, signing; only when asked for |
| `openapi` | the routes described for programs; a test holds it against the code |
| `running` | gunicorn where it runs, else Werkzeug |

`docs/http.md` is the contract.
"""
