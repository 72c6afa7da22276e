"""Taking a token apart needs no key, trusts nothing, and never fails in another way than it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.tokens.anatomy import decode, encode, put_together, take_apart
from tests.tokens.forging import Bench, b64


def test_everybody_can_read_a_genuine_token(forge: Bench) -> None:
    parts = take_apart(forge.token())
    assert (parts.header, parts.claims) == (forge.header(), forge.claims())
    assert sum(parts.sizes.values()) + 2 == len(forge.token())


def test_everybody_can_write_one_and_the_text_says_what_they_like(forge: Bench) -> None:
    """Decoding is not verifying."""
    parts = take_apart(forge.token())
    forged = put_together(parts.header, parts.claims | {"sub": "ada"}, parts.signature)
    assert take_apart(forged).claims["sub"] == "ada"
    assert take_apart(forged).signature == parts.signature
    assert forged != forge.token()


def test_a_token_put_together_from_its_parts_is_the_token(forge: Bench) -> None:
    token = forge.token()
    parts = take_apart(token)
    assert put_together(parts.header, parts.claims, parts.signature) == token


def test_an_unsigned_token_can_be_looked_at() -> None:
    assert take_apart("eyJhbGciOiJub25lIn0.e30.").signature == b""


ODD = {
    "empty": ("", "three parts"),
    "one part": ("abc", "three parts"),
    "four parts": ("a.b.c.d", "three parts"),
    "a header that is no base64": ("!.e30.", "header"),
    "a header of an impossible length": ("e.e30.", "header"),
    "a header that is no JSON": (f"{b64('x')}.e30.", "header"),
    "a header that is a list": (f"{b64('[]')}.e30.", "header"),
    "claims that are null": (f"e30.{b64('null')}.", "claims"),
    "claims in broken UTF-8": (f"e30.{b64(bytes([255, 254, 253]))}.", "claims"),
    "claims nested too deeply": (f"e30.{b64('[' * 100000)}.", "claims"),
    "claims with too long a number": (f"e30.{b64('9' * 5000)}.", "claims"),
    "a signature that is no base64": ("e30.e30.é", "alphabet|does not have"),
    "a lone surrogate": ("\ud800.e30.", "header"),
    "padding": ("e30=.e30.", "header"),
}


@pytest.mark.parametrize(("text", "part"), ODD.values(), ids=ODD)
def test_a_text_that_cannot_be_taken_apart_says_where(text: str, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        take_apart(text)


@given(st.binary(max_size=100))
def test_encoding_is_undone_by_decoding(data: bytes) -> None:
    assert decode(encode(data)) == data
    assert "=" not in encode(data)


@given(st.text(max_size=60))
def test_decoding_anything_gives_bytes_or_a_value_error(text: str) -> None:
    try:
        assert isinstance(decode(text), bytes)
    except ValueError:
        return


@given(
    st.text(max_size=40)
    | st.lists(st.binary(max_size=20), min_size=3, max_size=3).map(lambda p: ".".join(map(b64, p)))
)
def test_taking_anything_apart_gives_parts_or_a_value_error(text: str) -> None:
    try:
        parts = take_apart(text)
    except ValueError:
        return
    assert json.dumps(parts.header)
