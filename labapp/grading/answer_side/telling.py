"""Tell the trusted side what happened, as plain data: an exception, and what was printed.

Of a traceback only the learner's own lines are told, because ours would explain nothing to the learner.
"""

from __future__ import annotations

import io
import traceback
from typing import Any

MAX_PRINTED = 20_000
MAX_MESSAGE = 2_000
MAX_LINES = 8
DETAILS = ("refused", "timeout", "needed", "max_age", "claim")
"""Attributes by which the lab's errors and PyJWT's say more; they are told when they are a text or a number."""


class Printed(io.TextIOBase):
    r"""Stands where the answer prints to, and keeps the beginning.

    Example:
        >>> printed = Printed(limit=8)
        >>> _ = printed.write("too much to keep")
        >>> printed.take()
        'too much\n… (more was printed)\n'
        >>> printed.take()
        ''
    """

    def __init__(self, limit: int = MAX_PRINTED) -> None:
        self._limit = limit
        self._start_anew()

    def _start_anew(self) -> None:
        self._kept: list[str] = []
        self._room = self._limit
        self._is_cut = False

    def writable(self) -> bool:
        """Say that one may print here."""
        return True

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        kept = text[: self._room]
        self._kept.append(kept)
        self._room -= len(kept)
        self._is_cut = self._is_cut or len(kept) < len(text)
        return len(text)

    def take(self) -> str:
        """Return what was printed since the last time."""
        text = "".join(self._kept) + ("\n… (more was printed)\n" if self._is_cut else "")
        self._start_anew()
        return text


def describe(error: BaseException, filename: str) -> dict[str, Any]:
    """Describe an exception as the fields of a `raised` frame.

    Args:
        error: whatever the answer raised.
        filename: the answer's file; only its lines are told.

    Returns:
        `types`: the names of its class and that class's bases, nearest first;
        `message`; `lines`: `[number, function, text]`, outermost first; `details`: see `DETAILS`.

    Example:
        >>> try:
        ...     {}["key"]
        ... except KeyError as error:
        ...     told = describe(error, "ex00_x.py")
        >>> told["types"][0], told["message"], told["lines"]
        ('builtins.KeyError', "'key'", [])
    """
    bases = [base for base in type(error).__mro__ if base is not object]
    return {
        "types": [f"{base.__module__}.{base.__qualname__}"[:200] for base in bases[:12]],
        "message": _text_of(error)[:MAX_MESSAGE],
        "lines": _lines(error, filename)[-MAX_LINES:],
        "details": {
            name: value for name in DETAILS if type(value := getattr(error, name, None)) in (str, int)
        },
    }


def _text_of(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)
    try:
        return str(error)
    except BaseException:  # the class is the learner's, and its __str__ may fail in any way
        return "(its message cannot be shown)"


def _lines(error: BaseException, filename: str) -> list[list[Any]]:
    if isinstance(error, SyntaxError) and error.filename == filename:
        text = (error.text or "").rstrip()
        caret = " " * ((error.offset or 1) - 1) + "^"
        return [[error.lineno or 0, "", f"{text}\n{caret}"[:MAX_MESSAGE]]]
    frames = traceback.extract_tb(error.__traceback__)
    return [
        [frame.lineno or 0, frame.name[:200], (frame.line or "")[:300]]
        for frame in frames
        if frame.filename == filename
    ]
