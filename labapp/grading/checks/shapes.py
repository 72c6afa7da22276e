"""What an answer must return, as a shape that anybody can read.

| shape | fits |
|---|---|
| `str`, `int`, `float`, `bool`, `bytes`, `dict`, `list`, `None` | a value of exactly that type |
| `(str, None)` | one of several |
| `{"user": str}` | a dict that has at least these keys, each of its shape |
| `[str]` | a list of any length, each item of that shape |
| `Any` | everything |

Example:
    >>> misfit({"user": "alice", "scope": None}, {"user": str, "scope": (str, None)})
    ''
    >>> misfit({"user": 42}, {"user": str})
    "['user'] is 42, an int, where a str is asked for"
"""

from __future__ import annotations

from typing import Any

from labapp.grading.checks.trace import show


def misfit(value: Any, shape: Any, where: str = "") -> str:
    """Say how a value differs from a shape, or nothing.

    Args:
        value: plain data.
        shape: see the module.
        where: the path to this value inside a larger one.
    """
    if shape is Any or _is_plainly(value, shape):
        return ""
    if isinstance(shape, tuple):
        return "" if any(not misfit(value, one) for one in shape) else _other(value, shape, where)
    if isinstance(shape, dict) and type(value) is dict:
        return _first(
            f"{where}[{key!r}] is missing"
            if key not in value
            else misfit(value[key], one, f"{where}[{key!r}]")
            for key, one in shape.items()
        )
    if isinstance(shape, list) and type(value) is list:
        return _first(misfit(item, shape[0], f"{where}[{i}]") for i, item in enumerate(value))
    return _other(value, shape, where)


def _is_plainly(value: Any, shape: Any) -> bool:
    return value is None if shape is None else isinstance(shape, type) and type(value) is shape


def _other(value: Any, shape: Any, where: str) -> str:
    its = "None" if value is None else f"{show(value, 60)}, {_article(type(value).__name__)},"
    return f"{where or 'it'} is {its} where {_named(shape)} is asked for".replace(",, ", ", ")


def _named(shape: Any) -> str:
    if isinstance(shape, tuple):
        return " or ".join(map(_named, shape))
    if shape is None:
        return "None"
    return _article(shape.__name__ if isinstance(shape, type) else type(shape).__name__)


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _first(problems: Any) -> str:
    return next((problem for problem in problems if problem), "")
