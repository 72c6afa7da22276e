"""The text of a token is read strictly: one spelling, one meaning, one size; all before any key is touched."""

from __future__ import annotations

import json
import sys
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.tokens.reading import LAST_SECOND, MAX_LENGTH, is_name, is_time, read
from tests.tokens.forging import b64, unb64

HEADER = '{"alg":"HS256","typ":"at+jwt","kid":"k"}'
CLAIMS = '{"sub":"alice"}'
SIGNATURE = b64(bytes(range(32)))


def compact(header: bytes | str = HEADER, claims: bytes | str = CLAIMS, signature: str = SIGNATURE) -> str:
    return f"{b64(header)}.{b64(claims)}.{signature}"


PLAIN = compact()
H, C, S = PLAIN.split(".")


def test_a_plain_token_is_read() -> None:
    """The other half of every refusal below."""
    assert read(PLAIN) == (json.loads(HEADER), json.loads(CLAIMS))


NOT_TEXT: dict[str, Any] = {
    "nothing": None,
    "bytes": PLAIN.encode(),
    "a number": 7,
    "a list of its parts": [H, C, S],
    "a dict, as in JSON serialization": {"protected": H, "payload": C, "signature": S},
    "a boolean": True,
}

ODD_TEXT: dict[str, str] = {
    "empty": "",
    "a space": " ",
    "one dot": ".",
    "two dots": "..",
    "three dots": "...",
    "two parts": f"{H}.{C}",
    "no signature, as with alg none": f"{H}.{C}.",
    "no payload, as with a detached one": f"{H}..{S}",
    "no header": f".{C}.{S}",
    "a fourth part": f"{PLAIN}.{S}",
    "five parts, as with JWE": f"{PLAIN}.{S}.{S}",
    "a dot at the end": f"{PLAIN}.",
    "a dot at the beginning": f".{PLAIN}",
    "two dots between parts": f"{H}..{C}.{S}",
    "flattened JSON serialization": json.dumps({"protected": H, "payload": C, "signature": S}),
    "general JSON serialization": json.dumps(
        {"payload": C, "signatures": [{"protected": H, "signature": S}]}
    ),
    "the scheme in front": f"Bearer {PLAIN}",
    "quotes around it": f'"{PLAIN}"',
    "percent-encoded dots": PLAIN.replace(".", "%2E"),
    "a fullwidth dot": PLAIN.replace(".", "．", 1),
    "a letter that is not ASCII": PLAIN[:-1] + "é",
    "a digit that is not ASCII": PLAIN[:-1] + "٣",
    "a lone surrogate": PLAIN + "\ud800",
    "a standard-alphabet plus": f"{H}.{C}.+{S[1:]}",
    "a standard-alphabet slash": f"{H}.{C}./{S[1:]}",
    "a tilde": f"{H}.{C}.~{S[1:]}",
}


@pytest.mark.parametrize("oddity", NOT_TEXT.values(), ids=NOT_TEXT)
def test_what_is_no_text_is_no_token(oddity: Any) -> None:
    with pytest.raises(jwt.DecodeError):
        read(oddity)


@pytest.mark.parametrize("oddity", ODD_TEXT.values(), ids=ODD_TEXT)
def test_a_text_of_another_form_is_refused(oddity: str) -> None:
    with pytest.raises(jwt.DecodeError):
        read(oddity)


EXTRA = {"padding": "=", "double padding": "==", "space": " ", "newline": "\n", "return": "\r\n", "tab": "\t",
         "NUL": "\0", "line separator": "\u2028", "zero-width space": "\u200b", "BOM": "\ufeff"}  # fmt: skip


@pytest.mark.parametrize("extra", EXTRA.values(), ids=EXTRA)
@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
def test_nothing_extra_may_stand_before_or_after_a_part(extra: str, part: int) -> None:
    """RFC 7519 section 7.2: no line breaks, whitespace, or other additional characters."""
    for put in (lambda text: text + extra, lambda text: extra + text, lambda t: t[:4] + extra + t[4:]):
        parts = [H, C, S]
        parts[part] = put(parts[part])
        with pytest.raises(jwt.DecodeError):
            read(".".join(parts))


@pytest.mark.parametrize("spare", [1, 2], ids=["four spare bits", "two spare bits"])
@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
def test_a_part_has_one_spelling_only(part: int, spare: int) -> None:
    """The unused bits of a last character may be set in base64, and then two texts mean the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    contents = [HEADER.encode(), CLAIMS.encode(), bytes(range(32))]
    contents[part] += b" " * ((spare - len(contents[part])) % 3)
    parts = [b64(content) for content in contents]
    assert read(".".join(parts)), "the canonical one is fine"
    right, others = parts[part], 0
    for last in alphabet:
        other = right[:-1] + last
        if other != right and unb64(other) == contents[part]:
            parts[part] = other
            others += 1
            with pytest.raises(jwt.DecodeError, match="one spelling"):
                read(".".join(parts))
    assert others == (15 if spare == 1 else 3)


def test_a_length_that_encodes_nothing_is_refused() -> None:
    """One character carries six bits: no byte fits."""
    with pytest.raises(jwt.DecodeError):
        read(f"{H}.{C}.{SIGNATURE[:41]}")


NOT_PLAIN_JSON: dict[str, bytes | str] = {
    "a member twice": '{"sub":"alice","sub":"mallory"}',
    "a member twice, once escaped": '{"sub":"alice","\\u0073ub":"mallory"}',
    "a member twice in a nested object": '{"sub":"alice","act":{"sub":"a","sub":"b"}}',
    "a member twice in an object in a list": '{"sub":"alice","x":[{"a":1,"a":1}]}',
    "an empty name twice": '{"":1,"":1}',
    "a member's name that is a lone surrogate, twice": '{"\\ud800":1,"\\ud800":1}',
    "UTF-16, little end first": CLAIMS.encode("utf-16-le"),
    "UTF-16, big end first": CLAIMS.encode("utf-16-be"),
    "UTF-16 with BOM": CLAIMS.encode("utf-16"),
    "UTF-32": CLAIMS.encode("utf-32-le"),
    "UTF-8 with BOM": b"\xef\xbb\xbf" + CLAIMS.encode(),
    "invalid UTF-8": b'{"sub":"\xff"}',
    "an overlong slash": b'{"sub":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"sub":"\xed\xa0\x80"}',
    "latin-1": '{"sub":"é"}'.encode("latin-1"),
    "NaN": '{"sub":"alice","exp":NaN}',
    "Infinity": '{"sub":"alice","exp":Infinity}',
    "-Infinity": '{"sub":"alice","exp":-Infinity}',
    "NaN in a corner": '{"sub":"alice","x":[{"y":NaN}]}',
    "a space": " ",
    "null": "null",
    "a number": "7",
    "a text": '"alice"',
    "a list": '[{"sub":"alice"}]',
    "a list of pairs": '[["sub","alice"]]',
    "true": "true",
    "single quotes": "{'sub':'alice'}",
    "a trailing comma": '{"sub":"alice",}',
    "a comment": '{"sub":"alice"/**/}',
    "two objects": '{"sub":"alice"}{"sub":"mallory"}',
    "something after the object": '{"sub":"alice"}\0',
    "cut off": '{"sub":"alice"',
    "a raw control character": '{"sub":"al\nice"}',
    "a number that no machine writes": '{"sub":"alice","exp":' + "9" * 5000 + "}",
    "lists a thousand deep": '{"x":' + "[" * 1000 + "]" * 1000 + "}",
    "objects a thousand deep": '{"x":' + '{"a":' * 990 + "1" + "}" * 990 + "}",
    "lists as deep as the size allows": "[" * 3000,
}


@pytest.mark.parametrize("oddity", NOT_PLAIN_JSON.values(), ids=NOT_PLAIN_JSON)
def test_claims_that_are_not_plain_json_are_refused(oddity: bytes | str) -> None:
    with pytest.raises(jwt.DecodeError, match="claims"):
        read(compact(claims=oddity))


@pytest.mark.parametrize("oddity", NOT_PLAIN_JSON.values(), ids=NOT_PLAIN_JSON)
def test_a_header_that_is_not_plain_json_is_refused(oddity: bytes | str) -> None:
    with pytest.raises(jwt.DecodeError, match="header"):
        read(compact(header=oddity))


def test_how_deep_a_token_may_go_does_not_depend_on_who_asks() -> None:
    """A limit that the interpreter's stack sets would let the next reader of the same JSON fall over."""
    deepest = 0
    for depth in range(1, 1200):
        try:
            read(compact(claims='{"x":' + "[" * depth + "]" * depth + "}"))
            deepest = depth
        except jwt.DecodeError:
            break
    assert 8 <= deepest < sys.getrecursionlimit() // 10


@pytest.mark.parametrize("extension", ["crit", "b64"])
@pytest.mark.parametrize("value", ["[]", '["exp"]', "null", "true", "false", '"x"'])
def test_an_extension_that_must_be_understood_is_refused(extension: str, value: str) -> None:
    """RFC 7515 section 4.1.11: whoever does not understand it must not accept."""
    with pytest.raises(jwt.DecodeError, match=extension):
        read(compact(header=f'{{"alg":"HS256","{extension}":{value}}}'))


def test_the_longest_token_is_read_and_one_character_more_is_not() -> None:
    filler = MAX_LENGTH - len(f"{b64(HEADER)}..{SIGNATURE}")
    claims = '{"x":"' + "a" * (filler * 3 // 4 - 8) + '"}'
    claims += " " * (filler * 3 // 4 - len(claims))
    token = compact(claims=claims)
    assert len(token) in (MAX_LENGTH - 1, MAX_LENGTH)
    assert read(token)
    with pytest.raises(jwt.DecodeError, match="at most"):
        read(token + "A" * (MAX_LENGTH + 1 - len(token)))


def test_a_megabyte_is_not_even_looked_at() -> None:
    with pytest.raises(jwt.DecodeError, match="at most"):
        read("." * 1_000_000)


@pytest.mark.parametrize("name", ["漢字", 'a"b', "a\\b", "a\r\nX-Evil: 1", "<script>", "x" * 200, "hunter2"])
def test_a_refusal_does_not_repeat_what_somebody_chose(name: str) -> None:
    """The message ends up in a header line and on a page."""
    with pytest.raises(jwt.DecodeError) as refusal:
        read(compact(claims=json.dumps({name: 1})[:-1] + "," + json.dumps({name: 2})[1:]))
    message = str(refusal.value)
    assert message.isascii()
    assert '"' not in message
    assert name[:6] not in message


TIMES: dict[str, tuple[Any, bool]] = {
    "a whole second": (1893456000, True),
    "a fraction": (1893456000.5, True),
    "the epoch": (0, True),
    "the last second of 9999": (LAST_SECOND, True),
    "a second later": (LAST_SECOND + 1, False),
    "milliseconds": (1893456000000, False),
    "text": ("1893456000", False),
    "true": (True, False),
    "false": (False, False),
    "null": (None, False),
    "negative": (-1, False),
    "minus zero and a bit": (-0.5, False),
    "infinity": (float("inf"), False),
    "minus infinity": (float("-inf"), False),
    "not a number": (float("nan"), False),
    "too large for a float": (10**400, False),
    "too small for a float": (-(10**400), False),
    "a large float": (1e300, False),
    "a list": ([1893456000], False),
    "an object": ({"t": 1893456000}, False),
}


@pytest.mark.parametrize(("value", "good"), TIMES.values(), ids=TIMES)
def test_a_time_is_a_number_of_seconds_in_range(value: Any, good: bool) -> None:
    assert is_time(value) is good


NAMES: dict[str, tuple[Any, bool]] = {
    "a name": ("alice", True),
    "a URL": ("https://id.harbour.test", True),
    "another script": ("Ærø 漢字", True),
    "as long as it may be": ("a" * 256, True),
    "one longer": ("a" * 257, False),
    "empty": ("", False),
    "NUL": ("al\0ice", False),
    "a newline": ("alice\n", False),
    "a lone surrogate": ("\ud800", False),
    "a zero-width space": ("al\u200bice", False),
    "writing turned round": ("al\u202eice", False),
    "a number": (7, False),
    "null": (None, False),
    "a list": (["alice"], False),
    "bytes": (b"alice", False),
}


@pytest.mark.parametrize(("value", "good"), NAMES.values(), ids=NAMES)
def test_a_name_is_printable_text(value: Any, good: bool) -> None:
    assert is_name(value) is good


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200), st.text("abcXYZ019-_.=", max_size=60)))
def test_reading_anything_ends_in_a_token_or_a_decode_error(anything: str | bytes) -> None:
    try:
        header, claims = read(anything)
    except jwt.DecodeError:
        return
    assert isinstance(header, dict)
    assert isinstance(claims, dict)


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_in_the_parts_end_in_a_token_or_a_decode_error(header: bytes, claims: bytes) -> None:
    try:
        read(compact(header, claims))
    except jwt.DecodeError:
        return
