r"""Frames: how the trusted side and an answer talk.

A frame is four bytes of length (big-endian) and a JSON object in UTF-8, whose values are plain data (`plain`).
The other side may be hostile, so nothing is taken on trust:

- A frame has a size limit, which is checked before its body is read.
- Each kind of frame has exactly the fields listed here, of exactly these types, and no name twice.
- Every call carries a nonce, and whatever belongs to it comes back under the same nonce.
- Waiting for a frame has an end, however slowly its bytes trickle in.

Both sides load this module; of ours it imports nothing.

Example:
    >>> pack({"kind": "loaded"})
    b'\x00\x00\x00\x11{"kind":"loaded"}'
    >>> unpack(b'{"kind":"loaded","nonce":"n","printed":"","score":100}', FROM_ANSWER)
    Traceback (most recent call last):
    labapp.grading.wire.WireError: a frame 'loaded' with the fields nonce, printed, score
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from typing import Any

MAX_FRAME = 4 * 1024 * 1024
"""Bytes in one frame; a megabyte of JSON is more than any exercise needs, and lesson 02 sends tokens of that size."""

_HEADER = 4


class WireError(Exception):
    """The other side sent something that is not a frame of the agreed shape."""


class WireClosedError(WireError):
    """The other side is gone."""


class WireTooLargeError(WireError):
    """A frame of our own is larger than `MAX_FRAME`, so it was not sent."""


Shape = Mapping[str, Mapping[str, tuple[type, ...]]]
"""Kind of frame → its fields and their exact types; `object` stands for encoded data of any type."""

_ANY = (object,)
_TEXT = (str,)
_NUMBER = (int, float)

TO_ANSWER: Shape = {
    "load": {"nonce": _TEXT, "now": _NUMBER, "name": _TEXT, "text": _TEXT},
    "call": {"nonce": _TEXT, "now": _NUMBER, "function": _TEXT, "args": (list,), "kwargs": (dict,)},
    "reply": {"nonce": _TEXT, "now": _NUMBER, "value": _ANY},
    "gone": {"nonce": _TEXT, "now": _NUMBER, "message": _TEXT},
}
"""Load an answer; call one of its functions; the reply of a service that it asked; that service is not reachable."""

FROM_ANSWER: Shape = {
    "loaded": {"nonce": _TEXT, "printed": _TEXT},
    "result": {"nonce": _TEXT, "printed": _TEXT, "value": _ANY},
    "raised": {
        "nonce": _TEXT, "printed": _TEXT,
        "types": (list,), "message": _TEXT, "lines": (list,), "details": (dict,),
    },
    "unsendable": {"nonce": _TEXT, "printed": _TEXT, "message": _TEXT},
    "uncallable": {"nonce": _TEXT, "printed": _TEXT, "message": _TEXT},
    "ask": {"nonce": _TEXT, "proxy": (int,), "arguments": (list,)},
}  # fmt: skip
"""Loaded; what a call returned or raised; a result that is no plain data; no such function; a service is asked."""

TO_HELPER: Shape = {"fork": {}, "stop": {"pid": (int,)}, "settle": {}}
FROM_HELPER: Shape = {"ready": {}, "forked": {"pid": (int,)}, "settled": {}}
"""How the trusted side asks for a child, for its end, and for the end of everything that was stopped.

After `fork` follows one byte with the child's socket; `stop` has no reply."""


def pack(message: Mapping[str, Any]) -> bytes:
    """Write a frame.

    Raises:
        WireTooLargeError: it would be larger than `MAX_FRAME`.
    """
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(body) > MAX_FRAME:
        raise WireTooLargeError(f"{len(body):,} bytes are more than the {MAX_FRAME:,} that may cross at once")
    return len(body).to_bytes(_HEADER, "big") + body


def unpack(body: bytes, shape: Shape) -> dict[str, Any]:
    """Read the body of a frame.

    Args:
        body: the JSON text.
        shape: the kinds of frames that may come here.

    Raises:
        WireError: it is none of them.
    """
    try:
        message = json.loads(body, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise WireError("a frame that is not JSON of a sane depth") from error
    if type(message) is not dict:
        raise WireError("a frame that is not an object")
    kind = message.get("kind")
    fields = shape.get(kind) if type(kind) is str else None
    if fields is None:
        raise WireError("a frame of no known kind")
    if message.keys() - {"kind"} != fields.keys():
        raise WireError(
            f"a frame {kind!r} with the fields {', '.join(sorted(message.keys() - {'kind'}))[:200]}"
        )
    for field, types in fields.items():
        if types != _ANY and type(message[field]) not in types:
            raise WireError(f"a frame {kind!r} whose {field} is a {type(message[field]).__name__}")
    return message


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate names")
    return found


class Channel:
    """One end of the pipe: sends and receives frames.

    Args:
        sock: a connected stream socket; the channel closes it.
        incoming: the kinds of frames that may arrive at this end.

    Attributes:
        received: how many bytes have come so far.
    """

    def __init__(self, sock: socket.socket, incoming: Shape) -> None:
        self._sock = sock
        self._incoming = incoming
        self.received = 0

    def send(self, message: Mapping[str, Any], *, seconds: float | None = None) -> None:
        """Send one frame.

        Raises:
            TimeoutError: the other side did not take it within `seconds`.
            WireTooLargeError: it is too large; nothing was sent.
            WireClosedError: the other side is gone.
        """
        data = pack(message)
        self._sock.settimeout(seconds)
        try:
            self._sock.sendall(data)
        except TimeoutError:
            raise
        except OSError as error:
            raise WireClosedError("the other side is gone") from error

    def receive(self, *, seconds: float | None = None) -> dict[str, Any]:
        """Wait for one frame.

        Args:
            seconds: how long at most for the whole frame, however it trickles in; None waits for ever.

        Raises:
            TimeoutError: it did not come in time.
            WireError: it breaks the rules.
            WireClosedError: the other side is gone.
        """
        until = None if seconds is None else time.monotonic() + seconds
        size = int.from_bytes(self._read(_HEADER, until), "big")
        if size > MAX_FRAME:
            raise WireError(f"a frame of {size:,} bytes")
        return unpack(self._read(size, until), self._incoming)

    def _read(self, size: int, until: float | None) -> bytes:
        data = bytearray()
        while len(data) < size:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
            try:
                piece = self._sock.recv(min(size - len(data), 1 << 16))
            except TimeoutError:
                raise
            except OSError as error:
                raise WireClosedError("the other side is gone") from error
            if not piece:
                raise WireClosedError("the other side is gone")
            data += piece
        self.received += size
        return bytes(data)

    def close(self) -> None:
        """Hang up."""
        self._sock.close()
