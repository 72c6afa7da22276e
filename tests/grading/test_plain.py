"""What may cross is plain data by exact type, and nothing that only looks like it."""

from __future__ import annotations

import collections
import enum
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.grading.plain import MAX_DEPTH, NotPlainError, UnsendableError, decode, encode

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary()
)
KEYS = st.text().filter(lambda key: key not in ("$bytes", "$proxy"))
PLAIN = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(PLAIN)
def test_plain_data_arrives_as_it_was(value: Any) -> None:
    """Also lone surrogates, NUL, and numbers at the edge of a double."""
    arrived = decode(json.loads(json.dumps(encode(value), allow_nan=False)))
    assert arrived == value
    assert repr(arrived) == repr(value), "types and signs of zero as well"


def test_a_tuple_arrives_as_a_list() -> None:
    """JSON has no tuples."""
    assert decode(encode((1, (2, 3)))) == [1, [2, 3]]


class Yes:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Text(str):
    """A text that may lie."""

    __slots__ = ()


class Colour(enum.StrEnum):
    RED = "red"


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Yes(), "a Yes is no plain data"),
        (Text("x"), "a Text (a kind of str) is no plain data"),
        (Colour.RED, "a Colour (a kind of str)"),
        ({1, 2}, "a set"),
        (collections.OrderedDict(), "an OrderedDict (a kind of dict)"),
        (float("nan"), "not finite"),
        (float("-inf"), "not finite"),
        (1 << 10_000, "an integer of 10001 bits"),
        ({1: "x"}, "an int as a key"),
        ({Text("k"): "x"}, "a Text (a kind of str) as a key"),
        ({"$bytes": "eA=="}, "the key '$bytes'"),
        ({"$proxy": 1}, "the key '$proxy'"),
        (nested(MAX_DEPTH + 1), "deeper than"),
        (LOOP, "deeper than"),
        ([lambda: 1], "a function"),
        (bytearray(b"x"), "a bytearray"),
    ],
)
def test_anything_else_stays_where_it_is(value: Any, why: str) -> None:
    """And the message names what it was."""
    with pytest.raises(UnsendableError) as error:
        encode(value)
    assert why in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "1e999",
        "-1e999",
        '{"$bytes": "not base64!"}',
        '{"$bytes": "eA==", "more": 1}',
        '{"$bytes": 1}',
        '{"$bytes": "é"}',
        '{"$proxy": {"id": 1}}',
        "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2),
        "1" * 4000,
    ],
)
def test_what_encode_would_not_have_made_is_refused(text: str) -> None:
    """The other side writes its JSON itself if it is hostile."""
    with pytest.raises(NotPlainError):
        decode(json.loads(text))


def test_a_proxy_is_made_where_one_may_be() -> None:
    """Towards the answer, a service travels as a tag; the answer's own tags are refused."""
    sent = encode({"redis": Yes()}, lambda value: {"id": 7} if isinstance(value, Yes) else None)
    assert decode(sent, lambda content: f"proxy {content['id']}") == {"redis": "proxy 7"}
