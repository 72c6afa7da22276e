"""A program that talks to an API: no cookie jar, no origin, no redirects followed; it sends what it is told to.

A service account, a mobile app or a command line behaves so.
So does a thief with a copied credential: a bearer token or a cookie is as good in a program as in the browser that it
was made for, and SameSite, HttpOnly and CORS protect nobody from it.

Example:
    >>> from labapp.client.network import Network
    >>> from labapp.clock import LabClock
    >>> def app(environ, start_response):
    ...     start_response("200 OK", [])
    ...     return [environ.get("HTTP_COOKIE", "-").encode(), b" ", environ.get("HTTP_AUTHORIZATION", "-").encode()]
    >>> network = Network(LabClock())
    >>> network.add("https://bank.harbour.test", app)
    >>> thief = ApiClient(network, name="mallory", address="198.51.100.66")
    >>> thief.get("https://bank.harbour.test/accounts", cookie={"__Host-session": "7f3a"}).text
    '__Host-session=7f3a -'
    >>> thief.get("https://bank.harbour.test/accounts", bearer="eyJhbGciOi…").text.split()[1]
    'Bearer'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.client.exchange import GivenHeaders, Request, Response, encode_body, pairs
from labapp.client.network import Network, Sender


class ApiClient:
    """A program without a cookie jar.

    Args:
        network: where requests go.
        name: how records call it.
        address: its IP address, as servers see it.
        user_agent: its User-Agent header.
    """

    def __init__(
        self,
        network: Network,
        *,
        name: str = "api client",
        address: str = "198.51.100.10",
        user_agent: str = "lab-api-client/1.0",
    ) -> None:
        self.network = network
        self.sender = Sender(name, address, user_agent)

    @property
    def name(self) -> str:
        """How records call this client."""
        return self.sender.name

    def get(
        self,
        url: str,
        *,
        bearer: str | None = None,
        headers: GivenHeaders = None,
        cookie: str | Mapping[str, str] | None = None,
    ) -> Response:
        """Send a GET; see `request`."""
        return self.request("GET", url, bearer=bearer, headers=headers, cookie=cookie)

    def post(
        self,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        bearer: str | None = None,
        headers: GivenHeaders = None,
        cookie: str | Mapping[str, str] | None = None,
    ) -> Response:
        """Send a POST; see `request`."""
        return self.request(
            "POST", url, json=json, form=form, body=body, bearer=bearer, headers=headers, cookie=cookie
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        bearer: str | None = None,
        headers: GivenHeaders = None,
        cookie: str | Mapping[str, str] | None = None,
    ) -> Response:
        """Send any request.

        Args:
            method: GET, POST, …
            url: an absolute address.
            json: sent as a JSON body.
            form: sent as a form.
            body: sent as it is.
            bearer: an access token, sent as `Authorization: Bearer …` (RFC 6750 section 2.1).
            headers: any others; what is given here is not touched.
            cookie: sent as the Cookie header, raw or as names and values.

        Returns:
            The response as it came; a redirect is not followed.

        Raises:
            SetupError: the address is none, or nobody answers there.
        """
        data, kind = encode_body(json=json, form=form, body=body)
        sent = list(pairs(headers))
        if kind is not None and data and not any(name.lower() == "content-type" for name, _ in sent):
            sent.append(("Content-Type", kind))
        if bearer is not None:
            sent.append(("Authorization", f"Bearer {bearer}"))
        if cookie is not None:
            text = cookie if isinstance(cookie, str) else "; ".join(f"{k}={v}" for k, v in cookie.items())
            sent.append(("Cookie", text))
        return self.network.send(Request(method, url, tuple(sent), data), sender=self.sender)

    def __repr__(self) -> str:
        return f"<ApiClient {self.name}>"
