r"""Plain data: what may cross between the trusted side and an answer.

Values are builtin types *by exact type*: a subclass could lie in its `__eq__`, and pickle could run code.
NaN and Infinity, nesting without end and integers without end are refused.
Bytes travel as `{"$bytes": "<base64>"}`, the one tagged form.
Towards the answer there is a second one, `{"$proxy": …}`, which stands for a service that the answer may use.
A tuple arrives as a list.

Both sides load this module, so it imports nothing of ours.

Example:
    >>> decode(encode({"token": "abc", "raw": b"\x00", "times": (1, 2.5)}))
    {'token': 'abc', 'raw': b'\x00', 'times': [1, 2.5]}
    >>> encode({1, 2})
    Traceback (most recent call last):
    labapp.grading.plain.UnsendableError: a set is no plain data: None, bool, int, float, str, bytes, list or dict
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 40
MAX_INT_BITS = 8192

BYTES = "$bytes"
PROXY = "$proxy"


class NotPlainError(ValueError):
    """What came over the wire is not what `encode` makes."""


class UnsendableError(TypeError):
    """A value is not plain data, so it stays where it is."""


Hook = Callable[[Any], Any]
"""Turns a value that is not plain data into the content of its tag, or the other way round."""


def encode(value: Any, proxy: Hook | None = None, _depth: int = 0) -> Any:
    """Turn plain data into what JSON can carry.

    Args:
        value: None, bool, int, float, str, bytes, and lists, tuples and dicts (with text keys) of these.
        proxy: what to do with anything else: returns the content of a `$proxy` tag, or None to refuse.

    Returns:
        The same data without bytes and tuples.

    Raises:
        UnsendableError: it is something else; the message names the type.
    """
    kind = type(value)
    if kind in (str, bool, type(None)):
        return value
    if kind in (int, float):
        if wrong := _wrong_number(value):
            raise UnsendableError(f"{wrong} cannot be sent")
        return value
    if kind is bytes:
        return {BYTES: base64.b64encode(value).decode("ascii")}
    if _depth >= MAX_DEPTH:
        raise UnsendableError(f"data nested deeper than {MAX_DEPTH} levels cannot be sent")
    if kind in (list, tuple):
        return [encode(item, proxy, _depth + 1) for item in value]
    if kind is dict:
        return {_key(key): encode(item, proxy, _depth + 1) for key, item in value.items()}
    content = proxy(value) if proxy is not None else None
    if content is None:
        raise UnsendableError(
            f"{_named(kind)} is no plain data: None, bool, int, float, str, bytes, list or dict"
        )
    return {PROXY: content}


def _wrong_number(value: float) -> str:
    """Say what is wrong with an int or float, or nothing."""
    if type(value) is int:
        return f"an integer of {value.bit_length()} bits" if value.bit_length() > MAX_INT_BITS else ""
    return "" if math.isfinite(value) else f"the number {value}, which is not finite,"


def _key(key: Any) -> str:
    if type(key) is not str:
        raise UnsendableError(f"a dict with {_named(type(key))} as a key cannot be sent; keys are text")
    if key in (BYTES, PROXY):
        raise UnsendableError(f"a dict with the key {key!r} cannot be sent")
    return key


def _named(kind: type) -> str:
    name = kind.__name__
    plain = [base.__name__ for base in _PLAIN if issubclass(kind, base) and base is not kind]
    article = "an" if name[:1].lower() in ("a", "e", "i", "o", "u") else "a"
    return f"{article} {name}" + (f" (a kind of {plain[0]})" if plain else "")


_PLAIN = (bool, int, float, str, bytes, list, tuple, dict)


def decode(value: Any, proxy: Hook | None = None, _depth: int = 0) -> Any:
    """Turn what JSON carried into plain data again, and refuse whatever `encode` would not have made.

    Args:
        value: as `json.loads` gave it.
        proxy: makes something of the content of a `$proxy` tag; None refuses the tag.

    Raises:
        NotPlainError: the data breaks a rule of this module.
    """
    kind = type(value)
    if kind in (int, float) and (wrong := _wrong_number(value)):
        raise NotPlainError(wrong)
    if kind not in (list, dict):
        return value
    if _depth > MAX_DEPTH:
        raise NotPlainError("data nested too deep")
    if kind is list:
        return [decode(item, proxy, _depth + 1) for item in value]
    if BYTES in value or PROXY in value:
        return _untag(value, proxy)
    return {key: decode(item, proxy, _depth + 1) for key, item in value.items()}


def _untag(tagged: dict[str, Any], proxy: Hook | None) -> Any:
    if len(tagged) != 1 or (PROXY in tagged and proxy is None):
        raise NotPlainError("a tag where none may be")
    if proxy is not None and PROXY in tagged:
        return proxy(tagged[PROXY])
    try:
        return base64.b64decode(tagged[BYTES].encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error) as error:
        raise NotPlainError("bytes that are not base64") from error
