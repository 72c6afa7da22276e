r"""RESP, the language that Redis clients speak: read commands, write replies.

Commands come from an answer and are read strictly: arrays of bulk strings, bounded, and nothing after them.
Replies are written as RESP2.
A status line and a bulk string are the same to redis-py once they are read, so all text goes out as bulk strings.

Source: the Redis serialization protocol specification, RESP2.

Example:
    >>> read_commands(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n")
    [[b'GET', b'k'], [b'PING']]
    >>> write_reply([1, b"a", None, ["x"]])
    b'*4\r\n:1\r\n$1\r\na\r\n$-1\r\n*1\r\n$1\r\nx\r\n'
    >>> write_error("ERR no\r\n+OK")
    b'-ERR no  +OK\r\n'
"""

from __future__ import annotations

from typing import Any

MOST_COMMANDS = 1_000
MOST_WORDS = 10_000


class RespError(ValueError):
    """These bytes are not a sequence of commands."""


def read_commands(data: bytes) -> list[list[bytes]]:
    """Read one or more whole commands.

    Args:
        data: what a client sent before it waited for replies.

    Returns:
        For each command its words.

    Raises:
        RespError: something else was sent, too much, or half a command.
    """
    commands: list[list[bytes]] = []
    at = 0
    words = 0
    while at < len(data):
        count, at = _number(data, at, b"*")
        words += count
        if count < 1 or words > MOST_WORDS or len(commands) == MOST_COMMANDS:
            raise RespError("too many or too few words")
        command = []
        for _ in range(count):
            size, at = _number(data, at, b"$")
            end = at + size
            if data[end : end + 2] != b"\r\n":
                raise RespError("a word that does not end where it says")
            command.append(data[at:end])
            at = end + 2
        commands.append(command)
    return commands


def _number(data: bytes, at: int, mark: bytes) -> tuple[int, int]:
    end = data.find(b"\r\n", at, at + 12)
    digits = data[at + 1 : end]
    if end < 0 or data[at : at + 1] != mark or not digits.isdigit():
        raise RespError(f"no {mark.decode()} with a number where one must be")
    return int(digits), end + 2


def write_reply(value: Any) -> bytes:
    """Write what redis-py gave for a reply: None, bool, int, float, text, bytes, an error, and lists of these."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, Exception):
        return write_error(error_text(value))
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    if isinstance(value, bytes):
        return b"$%d\r\n%b\r\n" % (len(value), value)
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    return b"*%d\r\n" % len(value) + b"".join(map(write_reply, value))


def error_text(error: Exception) -> str:
    """Return an error as the server wrote it: redis-py takes the first word off where it knows it."""
    word = getattr(error, "status_code", None)
    return f"{word} {error}" if word else str(error)


def write_error(text: str) -> bytes:
    """Write an error; line breaks in it would be read as further replies."""
    line = text.replace("\r", " ").replace("\n", " ")
    return b"-" + line.encode("utf-8", "replace") + b"\r\n"


NULL_ARRAY = b"*-1\r\n"
"""The reply to an EXEC that did nothing, because a watched key was changed."""
