"""What goes over the wire: a request, its response, and the record of both.

All three are frozen: what was sent stays as it was, however often it is looked at.
Header names keep the spelling of whoever sent them and are found in any case.
Header values are texts of which each character stands for one octet, as in WSGI.

`Exchange.as_text` shows a request and its response the way `curl -v` does, with every credential shortened
(`labapp.client.masking` says what counts as one).
`header_bytes` is what the headers would weigh over HTTP/1.1, for the lessons that price a credential by its bytes.

Example:
    >>> request = Request("GET", "https://bank.harbour.test/accounts", (("Authorization", "Bearer " + "x" * 40),))
    >>> print(Exchange(1, 0.0, "alice", request, Response(204)).as_text())
    #1  1970-01-01 00:00:00 UTC  alice → https://bank.harbour.test
    > GET /accounts HTTP/1.1
    > Authorization: Bearer xxxxxx…
    < HTTP/1.1 204 No Content
"""

from __future__ import annotations

import json as _json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from labapp.client import masking, urls
from labapp.clock import stamp
from labapp.errors import LabError

Headers = tuple[tuple[str, str], ...]
"""Names and values in the order in which they were sent; a name may come more than once."""

GivenHeaders = Mapping[str, str] | Iterable[tuple[str, str]] | None
"""Headers as a caller may give them: a dict, or pairs."""


def pairs(headers: GivenHeaders) -> Headers:
    """Bring headers into the one form that is kept."""
    if headers is None:
        return ()
    return tuple(headers.items() if isinstance(headers, Mapping) else headers)


def find(headers: Headers, name: str) -> Iterator[str]:
    """Give the values of all headers of a name, in any spelling."""
    wanted = name.lower()
    return (value for key, value in headers if key.lower() == wanted)


def encode_body(
    *, json: Any = None, form: Mapping[str, str] | None = None, body: bytes | str = b""
) -> tuple[bytes, str | None]:
    """Write a body, and say of which type it is.

    Args:
        json: anything that `json.dumps` takes.
        form: the fields of a form.
        body: the body itself; text is sent as UTF-8.

    Returns:
        The octets, and the Content-Type that goes with them (None for plain bytes).

    Example:
        >>> encode_body(form={"to": "bob", "amount": "5"})
        (b'to=bob&amount=5', 'application/x-www-form-urlencoded')
    """
    if json is not None:
        return _json.dumps(json).encode(), "application/json"
    if form is not None:
        return urlencode(form, errors="surrogatepass").encode(), "application/x-www-form-urlencoded"
    if isinstance(body, str):
        return body.encode("utf-8", "replace"), "text/plain;charset=UTF-8"
    return body, None


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        method: in capitals, as `"GET"`.
        url: absolute, with its fragment cut off before it is sent.
        headers: names and values.
        body: octets; empty for none.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first header of that name, or None."""
        return next(find(self.headers, name), None)

    def all_headers(self, name: str) -> list[str]:
        """Return every header of that name."""
        return list(find(self.headers, name))

    @property
    def header_bytes(self) -> int:
        """Octets of the first line and all headers over HTTP/1.1, with their line ends."""
        first = f"{self.method} {urls.parse(self.url).target} HTTP/1.1"
        return _octets(first, self.headers)

    def __repr__(self) -> str:
        return f"<Request {self.method} {masking.url(self.url)}, {len(self.body)} bytes>"


@dataclass(frozen=True, slots=True)
class Response:
    """A response, or what a page script is shown of it.

    Attributes:
        status: the status code; 0 where a script may not see it.
        headers: names and values; Set-Cookie once for each cookie.
        body: octets.
        type: the Fetch standard's word for how much of it is shown.
            `"basic"` is a response of one's own origin, `"cors"` one that another origin shared, `"opaque"` one that
            came and is hidden, `"error"` one that was blocked (JavaScript sees a TypeError there).
        why: for `"opaque"` and `"error"`, the reason in plain words, as a browser's console gives it.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    type: str = "basic"
    why: str = ""

    @property
    def ok(self) -> bool:
        """Is the status one of success, 200 to 299?"""
        return 200 <= self.status <= 299

    @property
    def readable(self) -> bool:
        """May whoever asked read this response?"""
        return self.type in ("basic", "cors")

    @property
    def text(self) -> str:
        """The body as text; octets that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body, read as JSON.

        Raises:
            LabError: a script may not read this response; the message says why.
            ValueError: the body is not JSON.
        """
        if not self.readable:
            raise LabError(f"this response cannot be read by the page: {self.why}")
        return _json.loads(self.body)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, or None."""
        return next(find(self.headers, name), None)

    def all_headers(self, name: str) -> list[str]:
        """Return every header of that name; Set-Cookie is the one that often comes more than once."""
        return list(find(self.headers, name))

    @property
    def header_bytes(self) -> int:
        """Octets of the first line and all headers over HTTP/1.1, with their line ends."""
        return _octets(f"HTTP/1.1 {status_line(self.status)}", self.headers)

    def __repr__(self) -> str:
        if self.why:
            return f"<Response hidden from the page ({self.type}): {self.why}>"
        return f"<Response {status_line(self.status)}, {self.header('Content-Type')}, {len(self.body)} bytes>"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response.

    Attributes:
        seq: its number in the network, in the order in which requests were sent.
        at: lab time when it was sent, in seconds.
        who: the name of the sender.
        request: as it was sent, with the headers that the client added.
        response: as it came.
    """

    seq: int
    at: float
    who: str
    request: Request
    response: Response

    def as_text(self, *, masked: bool = True) -> str:
        """Write the exchange down.

        Args:
            masked: shorten every credential; False shows all, to those who may see it.

        Returns:
            Several lines: `>` before what was sent, `<` before what came back.
        """
        sent, came = self.request, self.response
        url = urls.parse(sent.url)
        target = masking.url(url.sent).removeprefix(url.origin) if masked else url.target
        lines = [f"#{self.seq}  {stamp(self.at)}  {self.who} → {url.origin}"]
        lines += _side(">", f"{sent.method} {target} HTTP/1.1", sent.headers, sent.body, masked)
        lines += _side("<", f"HTTP/1.1 {status_line(came.status)}", came.headers, came.body, masked)
        text = "\n".join(lines)
        return masking.printable(masking.sweep(text, self._credentials()) if masked else text)

    def _credentials(self) -> Iterator[str]:
        yield from masking.in_url(self.request.url)
        for message in (self.request, self.response):
            yield from masking.in_message(message.headers, message.body)

    def __str__(self) -> str:
        where = f"{self.request.method} {masking.url(self.request.url)}"
        return f"#{self.seq}  {stamp(self.at)}  {self.who}: {where} → {self.response.status}"

    def __repr__(self) -> str:
        return f"<Exchange {self}>"


def status_line(status: int) -> str:
    """Return a status code with its usual words.

    Example:
        >>> status_line(401), status_line(299)
        ('401 Unauthorized', '299')
    """
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _octets(first: str, headers: Headers) -> int:
    return len(first) + 2 + sum(len(name) + len(value) + 4 for name, value in headers) + 2


def _side(mark: str, first: str, headers: Headers, body: bytes, masked: bool) -> Iterator[str]:
    yield f"{mark} {first}"
    for name, value in headers:
        yield f"{mark} {name}: {masking.header(name, value) if masked else value}"
    kind = next(find(headers, "Content-Type"), "")
    shown = masking.body(body, kind) if masked else body.decode("utf-8", "replace")
    if shown:
        yield mark
        yield from (f"{mark} {line}" for line in shown.splitlines())
