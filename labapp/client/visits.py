"""Somebody logged in at one of the bank's doors, and what they do there: the same verbs at both.

A visit holds the credential as its owner would: an access and a refresh token in a program, or a session cookie in a
browser.
This is the one module of the room that knows the bank's routes (`docs/http.md`).

Example:
    >>> from labapp.client.network import Network
    >>> from labapp.web.assembly import ORIGINS, assemble, seeded_password
    >>> bank = assemble(alg="HS256")
    >>> network = Network(bank.parts.store.clock)
    >>> for service, app in bank.apps.items():
    ...     network.add(ORIGINS[service], app)
    >>> alice = TokenVisit.log_in(ApiClient(network, name="alice"), "alice", seeded_password(bank.seed, "alice"))
    >>> alice.get("/me").json()["door"]
    'token'
"""

from __future__ import annotations

from typing import Any

from labapp.client.api import ApiClient
from labapp.client.browser import Browser
from labapp.client.exchange import Exchange, Response
from labapp.web.assembly import ORIGINS

CSRF_HEADER = "X-CSRF-Token"


class TokenVisit:
    """A login at the token door: whoever holds this holds the tokens.

    Attributes:
        user: who logged in.
        response: the answer to the login.
        access_token: sent with each request; empty when the login failed.
        refresh_token: exchanged for the next pair.
    """

    door = "token"

    def __init__(self, client: ApiClient, user: str, response: Response, *, client_id: str = "web") -> None:
        self.client = client
        self.user = user
        self.response = response
        self.client_id = client_id
        self.access_token = ""
        self.refresh_token = ""
        self._take(response)

    @classmethod
    def log_in(
        cls, client: ApiClient, user: str, password: str, *, scope: str = "", client_id: str = "web"
    ) -> TokenVisit:
        """Log in with name and password.

        Returns:
            The visit; a login that was refused is one without tokens, and its `response` says why.
        """
        wanted = {"username": user, "password": password, "client_id": client_id, "scope": scope}
        response = client.post(ORIGINS["identity"] + "/login", json=wanted)
        return cls(client, user, response, client_id=client_id)

    @property
    def credential(self) -> dict[str, str]:
        """The header that says who is calling."""
        return {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}

    @property
    def exchanges(self) -> list[Exchange]:
        """Every request that this program has made, with its response, oldest first."""
        return [e for e in self.client.network.exchanges if e.who == self.client.name]

    def copy(self, thief: ApiClient) -> TokenVisit:
        """Return the same credentials in somebody else's program: a bearer token works for whoever holds it."""
        twin = TokenVisit(thief, self.user, self.response, client_id=self.client_id)
        twin.access_token, twin.refresh_token = self.access_token, self.refresh_token
        return twin

    def get(self, path: str) -> Response:
        """Ask the bank for something, for example `"/accounts"`."""
        return self.request("GET", path)

    def post(self, path: str, json: Any = None) -> Response:
        """Have the bank do something, for example `"/transfers"`."""
        return self.request("POST", path, json={} if json is None else json)

    def request(self, method: str, path: str, *, json: Any = None) -> Response:
        """Send any request to the bank, through this door, with the access token."""
        return self.client.request(
            method, ORIGINS["bank"] + "/api" + path, json=json, headers=self.credential
        )

    def refresh(self) -> Response:
        """Exchange the refresh token; the new pair replaces the old one here."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "client_id": self.client_id,
        }
        return self._take(self.client.post(ORIGINS["identity"] + "/token", form=form))

    def log_out(self) -> Response:
        """End this login; the tokens stay here, as they would in a thief's pocket."""
        return self.client.post(ORIGINS["identity"] + "/logout", headers=self.credential)

    def log_out_everywhere(self) -> Response:
        """End every login and session of this user."""
        return self.client.post(ORIGINS["identity"] + "/logout-everywhere", headers=self.credential)

    def _take(self, response: Response) -> Response:
        if response.ok and response.body:
            body = response.json()
            self.access_token = body.get("access_token", self.access_token)
            self.refresh_token = body.get("refresh_token", self.refresh_token)
        return response

    def __repr__(self) -> str:
        state = "logged in" if self.access_token else f"refused ({self.response.status})"
        return f"<{self.user} at the token door: {state}>"


class SessionVisit:
    """A login at the session door: the browser holds the cookie, and this page knows the CSRF token.

    Attributes:
        user: who logged in.
        response: the answer to the login.
        browser: the browser that holds the cookie.
    """

    door = "session"

    def __init__(self, browser: Browser, user: str, response: Response) -> None:
        self.browser = browser
        self.user = user
        self.response = response
        self.csrf_token = str(response.json().get("csrf_token", "")) if response.ok else ""

    @classmethod
    def log_in(cls, browser: Browser, user: str, password: str) -> SessionVisit:
        """Log in with name and password.

        Returns:
            The visit; a login that was refused is one without a cookie, and its `response` says why.
        """
        url = ORIGINS["bank"] + "/web/login"
        return cls(browser, user, browser.post(url, json={"username": user, "password": password}))

    @property
    def credential(self) -> dict[str, str]:
        """The header that says who is calling, as the browser would send it now."""
        header = self.browser.cookies.header_for(ORIGINS["bank"] + "/web/me")
        return {"Cookie": header} if header else {}

    @property
    def sid(self) -> str:
        """The session ID that the browser holds; empty when it holds none."""
        return self.credential.get("Cookie", "").partition("=")[2]

    @property
    def exchanges(self) -> list[Exchange]:
        """Every request that this browser has made, with its response, oldest first."""
        return self.browser.history

    def copy(self, thief: Browser) -> SessionVisit:
        """Return the same cookie in somebody else's browser, as malware would take it."""
        taken = self.browser.copy(name=thief.name, address=thief.sender.address)
        return SessionVisit(taken, self.user, self.response)

    def get(self, path: str) -> Response:
        """Ask the bank for something, for example `"/accounts"`."""
        return self.request("GET", path)

    def post(self, path: str, json: Any = None) -> Response:
        """Have the bank do something, for example `"/transfers"`."""
        return self.request("POST", path, json={} if json is None else json)

    def request(self, method: str, path: str, *, json: Any = None) -> Response:
        """Send any request to the bank, through this door, from a page of the bank's own."""
        headers = {} if method == "GET" else {CSRF_HEADER: self.csrf_token}
        response = self.browser.request(method, ORIGINS["bank"] + "/web" + path, json=json, headers=headers)
        if method != "GET" and response.ok and response.body:
            self.csrf_token = str(response.json().get("csrf_token", self.csrf_token))
        return response

    def log_out(self) -> Response:
        """End this session on the server; the browser forgets the cookie."""
        return self.post("/logout")

    def log_out_everywhere(self) -> Response:
        """End every login and session of this user."""
        return self.post("/logout-everywhere")

    def __repr__(self) -> str:
        state = "logged in" if self.response.ok else f"refused ({self.response.status})"
        return f"<{self.user} at the session door: {state}>"


Visit = TokenVisit | SessionVisit
"""Somebody who has come through either door."""
