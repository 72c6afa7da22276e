"""Clients that talk to the services in process, through WSGI: a browser with real cookie rules, and a plain API client.

| name | what it is | lesson |
|---|---|---|
| `Network` | origins, the app at each, the clock that each goes by, the record of what was sent | all |
| `Browser` | a user's browser: navigation, pages, scripts, cookies, storage | 05, 06, 11 |
| `ApiClient` | a program without a cookie jar; also the thief's | 02, 06, 12 |
| `CookieJar` | keeps or refuses cookies, and says why | 05, 06 |
| `Exchange` | a request and its response; `as_text()` shortens every credential | 01, 06, 13 |

Except for `labapp.client.visits`, this room knows nothing of the bank: apps are handed in, and any WSGI app will do.
The same apps served over HTTP behave the same towards a real browser; `docs/http.md` says what is different then.

Example:
    >>> from labapp.clock import LabClock
    >>> def bank(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "application/json")])
    ...     return [b'{"balance": 120}']
    >>> network = Network(LabClock())
    >>> network.add("https://bank.harbour.test", bank)
    >>> Browser(network).get("https://bank.harbour.test/accounts").json()
    {'balance': 120}
"""

from __future__ import annotations

from labapp.client.api import ApiClient
from labapp.client.browser import Browser
from labapp.client.cookie_rules import Circumstances, Cookie
from labapp.client.cookies import CookieJar, Refused, Verdict
from labapp.client.exchange import Exchange, Request, Response
from labapp.client.network import Network, Sender, Service, Upstream, WsgiApp
from labapp.client.page import Page, Storage, Window

__all__ = [
    "ApiClient",
    "Browser",
    "Circumstances",
    "Cookie",
    "CookieJar",
    "Exchange",
    "Network",
    "Page",
    "Refused",
    "Request",
    "Response",
    "Sender",
    "Service",
    "Storage",
    "Upstream",
    "Verdict",
    "Window",
    "WsgiApp",
]
