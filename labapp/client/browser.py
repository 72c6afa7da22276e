"""A simulated browser: it keeps cookies by the rules, runs page scripts with their origin, and rots with no release.

A user's browser sends cookies on its own, also when somebody else's page asks: that is CSRF.
It keeps scripts of different origins apart, and cannot tell the bank's script from one that was slipped into the bank's
page: that is XSS.
Real browsers behave so; this one does and can be asked why (`browser.cookies.judge`, `browser.cookies.refusals`).

Three ways to use it:

- `visit` and `submit` are the user's hand, or a link or form on somebody's page: top-level navigation.
- `page(...)` opens a page on which scripts run: `page.fetch`, `page.run_script`, `page.local_storage`.
- `get` and `post` are shorthand for a fetch by the page of that very address, and show the whole answer, Set-Cookie
  included, as the developer tools do.

What is left out: frames, workers, caches (of answers and of preflights), HSTS, content security policy, and the
blocking of third-party cookies.

Example:
    >>> from labapp.client.network import Network
    >>> from labapp.clock import LabClock
    >>> def app(environ, start_response):
    ...     start_response("200 OK", [("Set-Cookie", "__Host-session=7f3a; Secure; Path=/; HttpOnly; SameSite=Lax")])
    ...     return [environ.get("HTTP_COOKIE", "no cookie").encode()]
    >>> clock = LabClock()
    >>> network = Network(clock)
    >>> network.add("https://bank.harbour.test", app)
    >>> network.add("https://evil.test", app)
    >>> alice = Browser(network, clock)
    >>> alice.visit("https://bank.harbour.test/").text, alice.visit("https://bank.harbour.test/").text
    ('no cookie', '__Host-session=7f3a')
    >>> alice.submit("https://bank.harbour.test/pay", {"to": "mallory"}, from_page="https://evil.test/").text
    'no cookie'
    >>> alice.page("https://bank.harbour.test/").document_cookie
    ''
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from labapp.client import fetching
from labapp.client.cookie_rules import Circumstances
from labapp.client.cookies import CookieJar
from labapp.client.exchange import Exchange, GivenHeaders, Request, Response, encode_body
from labapp.client.fetching import Arrival
from labapp.client.initiator import Document
from labapp.client.network import KEPT, Network, Sender
from labapp.client.page import Page, Storage, build, for_script
from labapp.client.urls import Url, parse
from labapp.clock import Clock

USER_AGENT = "Mozilla/5.0 (lab browser)"


class Browser:
    """One user's browser.

    Args:
        network: where requests go.
        clock: what cookies expire by; the network's unless the user's own clock is wrong.
        name: how records call it.
        address: its IP address, as servers see it.
        user_agent: its User-Agent header.
        lax_allowing_unsafe: see `CookieJar`.

    Attributes:
        cookies: the jar.
    """

    def __init__(
        self,
        network: Network,
        clock: Clock | None = None,
        *,
        name: str = "alice's browser",
        address: str = "203.0.113.7",
        user_agent: str = USER_AGENT,
        lax_allowing_unsafe: float = 0,
    ) -> None:
        self.network = network
        self.clock = clock or network.clock
        self.sender = Sender(name, address, user_agent)
        self.cookies = CookieJar(self.clock, lax_allowing_unsafe=lax_allowing_unsafe)
        self._local: dict[str, Storage] = {}
        self._session: dict[str, Storage] = {}
        self._history: deque[Exchange] = deque(maxlen=KEPT)

    @property
    def name(self) -> str:
        """How records call this browser."""
        return self.sender.name

    @property
    def history(self) -> list[Exchange]:
        """What this browser sent and what came back, preflights and redirects included."""
        return list(self._history)

    # --- navigation --------------------------------------------------------------------------------------------------

    def visit(self, url: str, *, initiator: Page | str | None = None) -> Page:
        """Go to an address by GET, and on to wherever it redirects.

        Args:
            url: the address.
            initiator: the page with the link that was clicked, or its address; None if the user typed the address.

        Returns:
            The page that the browser ends up on, with its response.

        Raises:
            SetupError: the address is none, or nobody answers there.
        """
        return self._navigate(Request("GET", str(parse(url))), initiator)

    def submit(
        self, url: str, form: Mapping[str, str], *, from_page: Page | str | None = None, method: str = "POST"
    ) -> Page:
        """Send a form.

        Args:
            url: where the form goes.
            form: its fields.
            from_page: the page that the form stands on, or its address; None for one of the same origin.
            method: POST, or GET, which puts the fields into the address.

        Returns:
            The page that the browser ends up on.

        Raises:
            SetupError: the address is none, or nobody answers there.
        """
        target = parse(url)
        if method.upper() == "GET":
            request = Request("GET", f"{target.origin}{target.path}?{urlencode(form)}")
        else:
            body, kind = encode_body(form=form)
            request = Request("POST", str(target), (("Content-Type", kind or ""),), body)
        return self._navigate(request, target.origin + "/" if from_page is None else from_page)

    def page(self, url: str) -> Page:
        """Open a page of that address, or of that origin, without asking a server for it."""
        return Page(self, Document(parse(url)))

    # --- shorthand ---------------------------------------------------------------------------------------------------

    def get(self, url: str, *, headers: GivenHeaders = None, credentials: str = "same-origin") -> Response:
        """Fetch an address from a page of its own origin, and return the whole answer."""
        return self.request("GET", url, headers=headers, credentials=credentials)

    def post(
        self,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        headers: GivenHeaders = None,
        credentials: str = "same-origin",
    ) -> Response:
        """Post to an address from a page of its own origin, and return the whole answer."""
        return self.request(
            "POST", url, json=json, form=form, body=body, headers=headers, credentials=credentials
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        headers: GivenHeaders = None,
        credentials: str = "same-origin",
    ) -> Response:
        """Send any request from a page of the address's own origin.

        Returns:
            The answer as the browser got it, Set-Cookie included; a page script sees less (`Page.fetch`).

        Raises:
            SetupError: the address is none, or nobody answers there.
        """
        document = Document(parse(parse(url).origin + "/"))
        request = build(document.url, url, method, headers, json=json, form=form, body=body)
        arrival = self.fetch_for(document, request, credentials=credentials, mode="cors")
        return arrival.response if arrival.tainting == "basic" else for_script(arrival, credentials)

    # --- what is kept ------------------------------------------------------------------------------------------------

    def storage(self, origin: str) -> Storage:
        """Return the localStorage of an origin, or of the origin of an address."""
        return self._local.setdefault(parse(origin).origin, Storage())

    def session_storage(self, origin: str) -> Storage:
        """Return the sessionStorage of an origin; all pages of this browser count as one tab."""
        return self._session.setdefault(parse(origin).origin, Storage())

    def copy(self, *, name: str = "", address: str = "", user_agent: str = "") -> Browser:
        """Return a browser with the same cookies and storage: what malware on the user's machine carries away.

        Args:
            name: how records call the copy.
            address: where the thief sends from; the user's own address unless given.
            user_agent: what the thief's browser says it is; the same unless given.

        Returns:
            Another browser; from now on the two go their own ways.
        """
        twin = Browser(
            self.network,
            self.clock,
            name=name or f"copy of {self.name}",
            address=address or self.sender.address,
            user_agent=user_agent or self.sender.user_agent,
        )
        twin.cookies = self.cookies.copy()
        twin._local = {origin: Storage(kept) for origin, kept in self._local.items()}
        twin._session = {origin: Storage(kept) for origin, kept in self._session.items()}
        return twin

    def close(self) -> None:
        """Close the browser: session cookies and session storage end, the rest is there when it is opened again."""
        self.cookies.end_session()
        self._session.clear()

    def __repr__(self) -> str:
        return f"<Browser {self.name}, {len(self.cookies)} cookies>"

    # --- what pages need ---------------------------------------------------------------------------------------------

    def fetch_for(self, document: Document, request: Request, *, credentials: str, mode: str) -> Arrival:
        """Fetch something for a script of a page; `Page.fetch` is the way to ask for it."""
        return fetching.fetch(self._carry, request, document, credentials=credentials, mode=mode)

    def script_cookies(self, url: Url) -> str:
        """Return what `document.cookie` gives on a page."""
        return self.cookies.script_text(url)

    def set_script_cookie(self, url: Url, text: str) -> None:
        """Do what assigning to `document.cookie` does on a page."""
        self.cookies.set_from_script(url, text)

    def _navigate(self, request: Request, initiator: Page | str | None) -> Page:
        source = initiator.document if isinstance(initiator, Page) else None
        if isinstance(initiator, str):
            source = Document(parse(initiator))
        arrival = fetching.navigate(self._carry, request, source)
        return Page(self, Document(arrival.url, arrival.policy), arrival.response)

    def _carry(self, request: Request, how: Circumstances | None) -> Response:
        """Send one request; with circumstances, cookies go along and are stored."""
        url = parse(request.url)
        cookies = "" if how is None else self.cookies.header_for(url, how=how)
        headers = (*request.headers, ("Cookie", cookies)) if cookies else request.headers
        exchange = self.network.exchange(
            Request(request.method, request.url, headers, request.body), sender=self.sender
        )
        self._history.append(exchange)
        if how is not None:
            for value in exchange.response.all_headers("Set-Cookie"):
                self.cookies.set_from_response(url, value, how=how)
        return exchange.response
