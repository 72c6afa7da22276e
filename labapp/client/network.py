"""The network of the lab: origins, and the WSGI app that answers at each; no socket anywhere.

A request is turned into a WSGI environ, the app is called, and its answer is collected: what Werkzeug's test client
does, without its conveniences, so that it costs little, and with what the lessons need.

Rules kept here:

- Every exchange is recorded with its lab time; the oldest go when there are too many.
- Each app runs by the clock of its own service, right or wrong (lesson 04).
  So a service whose clock is wrong does not pass its error on to the services that it calls.
- Nothing is decided about cookies, redirects or origins: that is the browser's business.
- As servers in front of WSGI do, a header whose name has an underscore is dropped: it could pose as another one.

Example:
    >>> from labapp.clock import LabClock
    >>> def app(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [f"hello, {environ['REMOTE_ADDR']}".encode()]
    >>> network = Network(LabClock())
    >>> network.add("https://bank.harbour.test", app)
    >>> network.send(Request("GET", "https://bank.harbour.test/")).text
    'hello, 203.0.113.1'
    >>> network.exchanges[0]
    <Exchange #1  2030-01-07 09:00:00 UTC  somebody: GET https://bank.harbour.test/ → 200>
"""

from __future__ import annotations

import io
import itertools
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from labapp.client.exchange import Exchange, Headers, Request, Response
from labapp.client.urls import Url, parse
from labapp.clock import Clock, current, keeping
from labapp.errors import SetupError

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""A web application as PEP 3333 has it; every Flask app is one."""

Upstream = Callable[[str, str, dict[str, str], bytes], Response]
"""How one service calls another: method, address, headers, body."""

KEPT = 1000
"""How many exchanges a network remembers unless told otherwise."""

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE_BREAK = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever sends, as the other side sees it.

    Attributes:
        name: how the record calls it.
        address: its IP address, which the app finds in `REMOTE_ADDR`.
        user_agent: what it says it is.
    """

    name: str = "somebody"
    address: str = "203.0.113.1"
    user_agent: str = "lab-client/1.0"


NOBODY = Sender()


@dataclass(slots=True)
class Service:
    """What answers at an origin.

    Attributes:
        app: the WSGI app; put another one here to swap it.
        clock: the clock that it goes by; None for the network's.
    """

    app: WsgiApp
    clock: Clock | None = None


class Network:
    """A map from origins to WSGI apps, and the record of what was sent.

    Args:
        clock: lab time; by default the clock in force when the network is made.
        keep: how many exchanges to remember.

    Attributes:
        clock: what exchanges are dated by, and what apps go by that have no clock of their own.
        services: origin → what answers there.
    """

    def __init__(self, clock: Clock | None = None, *, keep: int = KEPT) -> None:
        self.clock = clock or current()
        self.services: dict[str, Service] = {}
        self._numbers = itertools.count(1)
        self._record: deque[Exchange] = deque(maxlen=keep)
        self._listeners: list[Callable[[Exchange], None]] = []

    def add(self, origin: str, app: WsgiApp, *, clock: Clock | None = None) -> None:
        """Let an app answer at an origin; whatever answered there before is replaced.

        Args:
            origin: for example `"https://bank.harbour.test"`.
            app: the WSGI app.
            clock: the service's own clock, for example a `SkewedClock`; None for the network's.

        Raises:
            SetupError: this is no origin, because it is no address or has a path.
        """
        url = parse(origin)
        if url.target != "/" or url.fragment:
            raise SetupError(f"an origin has no path: write {url.origin}")
        self.services[url.origin] = Service(app, clock)

    def send(self, request: Request, *, sender: Sender = NOBODY) -> Response:
        """Send a request and wait for its response.

        Raises:
            SetupError: nobody answers at that address, or the request cannot be written as HTTP.
        """
        return self.exchange(request, sender=sender).response

    def exchange(self, request: Request, *, sender: Sender = NOBODY) -> Exchange:
        """Send a request, and return it with its response as they are recorded.

        An error that the app lets escape is not caught: it is a fault of the app, and its developer wants to see it.

        Raises:
            SetupError: nobody answers at that address, or the request cannot be written as HTTP.
        """
        url = parse(request.url)
        service = self.services.get(url.origin)
        if service is None:
            known = ", ".join(self.services) or "nobody at all"
            raise SetupError(f"nobody answers at {url.origin}; this network knows {known}")
        seq, now = next(self._numbers), self.clock.now()
        sent = _as_sent(request, url, sender)
        with keeping(service.clock or self.clock):
            response = _call(service.app, _environ(sent, url, sender))
        done = Exchange(seq, now, sender.name, sent, response)
        self._record.append(done)
        for tell in list(self._listeners):
            tell(done)
        return done

    @property
    def exchanges(self) -> list[Exchange]:
        """What was sent, in the order of sending: the calls of a service stand after the request that caused them."""
        return sorted(self._record, key=lambda exchange: exchange.seq)

    def forget(self) -> None:
        """Empty the record; numbers go on."""
        self._record.clear()

    def on_exchange(self, tell: Callable[[Exchange], None]) -> Callable[[], None]:
        """Call `tell(exchange)` after each response.

        Returns:
            A function that ends the subscription.
        """
        self._listeners.append(tell)
        return lambda: self._listeners.remove(tell) if tell in self._listeners else None

    def upstream(self, service_name: str, *, address: str = "10.0.0.1") -> Upstream:
        """Return what a service is given to call other services with.

        Args:
            service_name: who calls, as the record names it.
            address: its address, as the other service sees it.

        Returns:
            A function of method, address, headers and body.
        """
        sender = Sender(service_name, address, f"{service_name}/1.0")

        def call(method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Response:
            return self.send(Request(method, url, tuple(headers.items()), body), sender=sender)

        return call

    def __repr__(self) -> str:
        return f"<Network {', '.join(self.services) or 'with nobody on it'}>"


def _as_sent(request: Request, url: Url, sender: Sender) -> Request:
    """Add the headers that every client adds, and refuse what HTTP cannot carry."""
    if not _METHOD.fullmatch(request.method):
        raise SetupError(f"{request.method[:20]!r} is not a method; write GET, POST, …")
    names = set()
    headers = []
    for name, value in request.headers:
        if not _METHOD.fullmatch(
            name
        ):  # names of headers and methods are both tokens (RFC 9110 section 5.6.2)
            raise SetupError(f"{name[:40]!r} cannot be the name of a header")
        if _LINE_BREAK.search(value):
            raise SetupError(
                f"the value of header {name} has a line break or NUL in it, which would start another header"
            )
        headers.append((name, value if value.isascii() else _native(value)))
        names.add(name.lower())
    added = [("Host", url.origin.partition("://")[2])] if "host" not in names else []
    if "user-agent" not in names:
        added.append(("User-Agent", sender.user_agent))
    if "content-length" not in names and (request.body or request.method in ("POST", "PUT", "PATCH")):
        headers.append(("Content-Length", str(len(request.body))))
    return Request(request.method, url.sent, (*added, *headers), request.body)


def _native(value: str) -> str:
    """WSGI's texts hold one octet a character; letters beyond that are sent as UTF-8."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").decode("latin-1")
    return value


def _environ(request: Request, url: Url, sender: Sender) -> dict[str, Any]:
    """Write a request down as PEP 3333 wants it."""
    path = url.path if "%" not in url.path else unquote_to_bytes(url.path).decode("latin-1")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": url.query,
        "REQUEST_URI": url.target,
        "SERVER_NAME": url.host,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": sender.address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
        if key in environ:
            comma = "; " if key == "HTTP_COOKIE" else ","  # RFC 9110 section 5.3, RFC 9113 section 8.2.3
            value = f"{environ[key]}{comma}{value}"
        environ[key] = value
    return environ


def _call(app: WsgiApp, environ: dict[str, Any]) -> Response:
    """Call a WSGI app and collect what it answers."""
    status = ""
    headers: Headers = ()
    written: list[bytes] = []

    def start_response(
        given_status: str, given_headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], None]:
        nonlocal status, headers
        status, headers = given_status, tuple(given_headers)
        return written.append

    chunks = app(environ, start_response)
    try:
        written.extend(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return Response(int(status[:3]), headers, b"".join(written))
