"""Requests, responses, and their written form, in which no credential stands whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.client import Exchange, Request, Response, masking
from labapp.client.exchange import encode_body, pairs
from labapp.errors import LabError

URL = "https://bank.harbour.test/accounts"
SECRET = "q7Rk2WvX9sLmZp4TtYc1B8nE0hUdGf6J"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


PLAIN_REQUEST = Request("GET", URL)
EMPTY_RESPONSE = Response(200)


def text_of(request: Request = PLAIN_REQUEST, response: Response = EMPTY_RESPONSE) -> str:
    return Exchange(1, 0.0, "alice", request, response).as_text()


def json_response(value: object) -> Response:
    return Response(200, (("Content-Type", "application/json"),), json.dumps(value).encode())


def html(text: str) -> Response:
    return Response(200, (("Content-Type", "text/html; charset=utf-8"),), text.encode())


def sent(body: str, kind: str) -> Request:
    return Request("POST", URL, (("Content-Type", kind),), body.encode())


HIDDEN = {
    "a bearer token": Request("GET", URL, (("Authorization", f"Bearer {SECRET}"),)),
    "a scheme in another case": Request("GET", URL, (("authorization", f"bEARER {SECRET}"),)),
    "Authorization without a scheme": Request("GET", URL, (("Authorization", SECRET),)),
    "a proxy's password": Request("GET", URL, (("Proxy-Authorization", f"Basic {SECRET}"),)),
    "a cookie": Request("GET", URL, (("Cookie", f"lang=en; __Host-session={SECRET}"),)),
    "a cookie without a name": Request("GET", URL, (("Cookie", SECRET),)),
    "a cookie in quotes": Request("GET", URL, (("Cookie", f'sid="{SECRET}"'),)),
    "a DPoP proof": Request("GET", URL, (("DPoP", JWT),)),
    "a CSRF token in a header": Request("POST", URL, (("X-CSRF-Token", SECRET),)),
    "an API key in a header": Request("POST", URL, (("X-Api-Key", SECRET),)),
    "a JWT in a header of any name": Request("GET", URL, (("X-Forwarded-Identity", JWT),)),
    "a token in the address": Request("GET", f"{URL}?access_token={SECRET}&x=1"),
    "an authorization code in the address": Request("GET", f"{URL}?code={SECRET}"),
    "a token in the path": Request("GET", f"{URL}/{JWT}"),
    "a token in the Referer": Request("GET", URL, (("Referer", f"{URL}?reset_token={SECRET}"),)),
    "a password in a form": sent(f"username=alice&password={SECRET}", "application/x-www-form-urlencoded"),
    "a password in a form, percent-encoded": sent(
        "password=" + "%71" + SECRET[1:], "application/x-www-form-urlencoded"
    ),
    "a client secret in JSON": sent(json.dumps({"client_secret": SECRET}), "application/json"),
    "a token deep in JSON": sent(json.dumps({"a": [{"b": {"refreshToken": SECRET}}]}), "application/json"),
    "a token in JSON of another type": sent(json.dumps({"id_token": SECRET}), "application/vnd.api+json"),
    "a token in JSON that says it is text": sent(json.dumps({"token": SECRET}), "text/plain"),
    "a list of tokens": sent(json.dumps({"tokens": [SECRET, SECRET]}), "application/json"),
    "the ID of a session": sent(json.dumps({"session": {"id": SECRET}}), "application/json"),
    "a token given twice in JSON": sent(f'{{"token": "{SECRET}", "token": "x"}}', "application/json"),
    "a token in JSON that is cut short": sent(f'{{"token": "{SECRET}', "application/json"),
    "a token in JSON that is cut short and says it is text": sent(f'{{"token": "{SECRET}', "text/plain"),
    "a token in JSON with escapes": sent('{"token": "\\u0071' + SECRET[1:] + '"}', "application/json"),
    "a token in JSON too deep to read": sent("[" * 100_000 + f'{{"token": "{SECRET}"}}', "application/json"),
    "a bare JWT in a body": sent(JWT, "text/plain"),
    "a password in plain text": sent(f"login failed: password={SECRET}", "text/plain"),
    "a password in quotes": sent(f'password = "{SECRET} {SECRET}"', "text/plain"),
}


@pytest.mark.parametrize("request_", HIDDEN.values(), ids=HIDDEN)
def test_a_request_shows_no_credential_whole(request_: Request) -> None:
    text = text_of(request_)
    assert SECRET[:20] not in text
    assert SECRET[-20:] not in text
    assert JWT not in text
    assert SECRET not in repr(request_) + str(Exchange(1, 0, "x", request_, Response(200)))


HIDDEN_BACK = {
    "a cookie that is set": Response(200, (("Set-Cookie", f"__Host-session={SECRET}; Secure; Path=/"),)),
    "tokens that are issued": json_response(
        {"access_token": JWT, "refresh_token": SECRET, "token_type": "Bearer"}
    ),
    "a cookie that is set and repeated in the page": Response(
        200, (("Set-Cookie", f"sid={SECRET}"), ("Content-Type", "text/html")), f"<p>{SECRET}</p>".encode()
    ),
    "a redirect with a token in its fragment": Response(
        302, (("Location", f"https://app.test/#access_token={SECRET}"),)
    ),
    "a CSRF token in a form": html(f'<input type="hidden" name="csrf_token" value="{SECRET}">'),
    "a CSRF token with its value first": html(f"<input value='{SECRET}' name=csrf_token>"),
    "a CSRF token in a meta element": html(f'<meta name="csrf-token" content="{SECRET}">'),
    "a token in a page's script": html(f"<script>const token = '{SECRET}';</script>"),
    "a JWT in a page": html(f"<p>{JWT}</p>"),
}


@pytest.mark.parametrize("response", HIDDEN_BACK.values(), ids=HIDDEN_BACK)
def test_a_response_shows_no_credential_whole(response: Response) -> None:
    text = text_of(response=response)
    assert SECRET not in text
    assert JWT not in text


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/json", ""])
def test_what_is_a_credential_in_one_place_is_hidden_everywhere(kind: str) -> None:
    """An error page that repeats what was sent."""
    request = Request("GET", URL, (("Cookie", f"sid={SECRET}"), ("Authorization", f"Bearer {SECRET[::-1]}")))
    body = json.dumps({"seen": f"{SECRET} and {SECRET[::-1]}"}).encode()
    text = text_of(request, Response(500, (("Content-Type", kind), ("X-Debug", SECRET)), body))
    assert SECRET not in text
    assert SECRET[::-1] not in text


SHOWN = {
    "the beginning of a token": ("q7Rk2W…", Request("GET", URL, (("Authorization", f"Bearer {SECRET}"),))),
    "the scheme": ("Authorization: Bearer ", Request("GET", URL, (("Authorization", f"Bearer {SECRET}"),))),
    "the name of a cookie": (
        "__Host-session=q7Rk2W…",
        Request("GET", URL, (("Cookie", f"__Host-session={SECRET}"),)),
    ),
    "the user name of a login": (
        "username=alice",
        sent(f"username=alice&password={SECRET}", "application/x-www-form-urlencoded"),
    ),
    "the grant type": (
        '"grant_type": "refresh_token"',
        sent('{"grant_type": "refresh_token"}', "application/json"),
    ),
    "a parameter that is none": ("/accounts?page=2", Request("GET", f"{URL}?page=2")),
}


@pytest.mark.parametrize(("shown", "request_"), SHOWN.values(), ids=SHOWN)
def test_a_request_still_shows(shown: str, request_: Request) -> None:
    assert shown in text_of(request_)


def test_a_response_still_shows_what_is_no_credential() -> None:
    text = text_of(
        response=Response(
            200,
            (
                ("Content-Type", "application/json"),
                ("Set-Cookie", f"sid={SECRET}; Secure; HttpOnly; SameSite=Lax"),
            ),
            json.dumps(
                {
                    "token_type": "Bearer",
                    "expires_in": 300,
                    "session_count": 3,
                    "token_valid": True,
                    "jti": "Xy9_a",
                }
            ).encode(),
        )
    )
    for part in (
        "; Secure; HttpOnly; SameSite=Lax",
        '"Bearer"',
        "300",
        '"session_count": 3',
        "true",
        '"Xy9_a"',
    ):
        assert part in text


def test_unmasked_shows_all() -> None:
    request = Request("POST", f"{URL}?code={SECRET}", (("Cookie", f"sid={SECRET}"),), b"x")
    assert Exchange(1, 0.0, "alice", request, Response(200)).as_text(masked=False).count(SECRET) == 2


def test_it_is_written_like_curl_does() -> None:
    request = Request("POST", URL + "?a=1", (("Host", "bank.harbour.test"),), b"two\nlines")
    response = Response(201, (("Content-Type", "text/plain"),), b"done")
    assert Exchange(7, 0.0, "alice", request, response).as_text().splitlines() == [
        "#7  1970-01-01 00:00:00 UTC  alice → https://bank.harbour.test",
        "> POST /accounts?a=1 HTTP/1.1",
        "> Host: bank.harbour.test",
        ">",
        "> two",
        "> lines",
        "< HTTP/1.1 201 Created",
        "< Content-Type: text/plain",
        "<",
        "< done",
    ]


def test_no_message_plays_with_the_terminal() -> None:
    response = Response(200, (("X-One", "\x1b[2J"), ("Content-Type", "text/plain")), b"\x1b]0;owned\x07")
    for masked in (True, False):
        text = Exchange(1, 0.0, "alice", Request("GET", URL), response).as_text(masked=masked)
        assert "\x1b" not in text
        assert "\x07" not in text
        text.encode()


def test_a_body_of_octets_is_counted_and_a_long_one_is_cut() -> None:
    assert "(4 bytes of image/png, not shown)" in text_of(
        response=Response(200, (("Content-Type", "image/png"),), b"\x89PN\xff")
    )
    assert "… (5000 characters)" in text_of(
        response=Response(200, (("Content-Type", "text/plain"),), b"x" * 5000)
    )


@given(
    st.binary(max_size=200),
    st.sampled_from(["application/json", "text/html", "application/x-www-form-urlencoded", "", "x"]),
)
def test_any_body_can_be_written(body: bytes, kind: str) -> None:
    text_of(
        Request("POST", URL, (("Content-Type", kind),), body), Response(200, (("Content-Type", kind),), body)
    )


PLAIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_.~", min_size=8, max_size=60)


@given(
    PLAIN,
    st.sampled_from(["password", "access_token", "clientSecret", "sid", "csrf-token"]),
    st.sampled_from("jfqhc"),
)
def test_a_credential_of_any_look_is_hidden_in_every_place(secret: str, name: str, place: str) -> None:
    secret = "<" + secret  # so that it is part of no other word of the message
    request = {
        "j": Request(
            "POST", URL, (("Content-Type", "application/json"),), json.dumps({name: secret}).encode()
        ),
        "f": Request(
            "POST",
            URL,
            (("Content-Type", "application/x-www-form-urlencoded"),),
            encode_body(form={name: secret})[0],
        ),
        "q": Request("GET", f"{URL}?{encode_body(form={name: secret})[0].decode()}"),
        "h": Request("GET", URL, (("Authorization", f"Bearer {secret}"),)),
        "c": Request("GET", URL, (("Cookie", f"{name}={secret}"),)),
    }[place]
    text = text_of(request, html(f"you sent {secret}"))
    assert secret not in text
    assert secret[1:] not in text


def test_header_bytes_are_those_of_http_1_1() -> None:
    request = Request("GET", URL + "?a=1#x", (("Host", "bank.harbour.test"), ("Cookie", "a=b")))
    assert request.header_bytes == len(
        b"GET /accounts?a=1 HTTP/1.1\r\nHost: bank.harbour.test\r\nCookie: a=b\r\n\r\n"
    )
    assert Response(200, (("A", "b"),), b"body").header_bytes == len(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n")


def test_headers_are_found_in_any_case() -> None:
    response = Response(200, (("set-cookie", "a=1"), ("Set-Cookie", "b=2")))
    assert response.header("SET-COOKIE") == "a=1"
    assert response.all_headers("Set-Cookie") == ["a=1", "b=2"]
    assert response.header("Missing") is None
    assert Request("GET", URL, (("A", "1"),)).header("a") == "1"
    assert Request("GET", URL).all_headers("a") == []


def test_ok_is_200_to_299() -> None:
    assert [status for status in (0, 199, 200, 204, 299, 300, 401) if Response(status).ok] == [200, 204, 299]


def test_what_a_page_may_not_read_says_why() -> None:
    hidden = Response(0, type="error", why="no Access-Control-Allow-Origin")
    assert not hidden.ok
    assert not hidden.readable
    assert "no Access-Control-Allow-Origin" in repr(hidden)
    with pytest.raises(LabError, match="no Access-Control-Allow-Origin"):
        hidden.json()


def test_a_body_that_is_no_json_is_a_value_error() -> None:
    with pytest.raises(ValueError):
        Response(200, (), b"<html>").json()


BODIES = {
    "JSON": ({"json": {"a": [1]}}, (b'{"a": [1]}', "application/json")),
    "a form": ({"form": {"a": "b c", "d": "é"}}, (b"a=b+c&d=%C3%A9", "application/x-www-form-urlencoded")),
    "text": ({"body": "é"}, ("é".encode(), "text/plain;charset=UTF-8")),
    "octets": ({"body": b"\xff"}, (b"\xff", None)),
    "nothing": ({}, (b"", None)),
}


@pytest.mark.parametrize(("given_", "written"), BODIES.values(), ids=BODIES)
def test_a_body_is_written_with_its_type(
    given_: dict[str, object], written: tuple[bytes, str | None]
) -> None:
    assert encode_body(**given_) == written  # type: ignore[arg-type]


def test_headers_may_be_given_as_a_dict_or_as_pairs() -> None:
    assert pairs({"a": "1"}) == pairs([("a", "1")]) == (("a", "1"),)
    assert pairs(None) == ()


def test_names_say_what_is_a_credential() -> None:
    credentials = "access_token accessToken X-CSRF-Token password sid session_id client_secret DPoP".split()
    harmless = (
        "token_type expires_in token_endpoint client_id csrf_header jti iat sub user token_type_hint".split()
    )
    assert [name for name in credentials if not masking.is_credential(name)] == []
    assert [name for name in harmless if masking.is_credential(name)] == []
