"""The network: apps at origins, requests written as WSGI wants them, and a record of everything."""

from __future__ import annotations

import io
from typing import Any

import flask
import pytest

from labapp.client import Exchange, Network, Request, Sender
from labapp.clock import LAB_START, LabClock, SkewedClock, keeping, now
from labapp.errors import LabError, SetupError

BANK = "https://bank.harbour.test"


class Once:
    """A WSGI answer that must be closed, as files and streamed answers are."""

    def __init__(self) -> None:
        self.closed = False

    def __iter__(self) -> Any:
        return iter([b"a", b"b"])

    def close(self) -> None:
        self.closed = True


def asked(network: Network, bank: Any, url: str = BANK + "/", **parts: Any) -> dict[str, Any]:
    network.send(Request(parts.pop("method", "GET"), url, **parts))
    return dict(bank.last)


def test_an_unknown_host_is_refused_in_words_that_name_the_known_ones(network: Network) -> None:
    with pytest.raises(
        SetupError, match=r"nobody answers at https://bank\.test.*https://bank\.harbour\.test"
    ):
        network.send(Request("GET", "https://bank.test/"))
    with pytest.raises(SetupError, match="nobody at all"):
        Network(LabClock()).send(Request("GET", "https://bank.test/"))


def test_http_and_https_of_a_host_are_two_origins_and_so_are_two_ports(clock: LabClock, bank: Any) -> None:
    network = Network(clock)
    network.add(BANK, bank)
    for url in ("http://bank.harbour.test/", "https://bank.harbour.test:8443/"):
        with pytest.raises(LabError):
            network.send(Request("GET", url))
    assert network.send(Request("GET", "https://bank.harbour.test:443/")).ok


@pytest.mark.parametrize("origin", ["https://bank.harbour.test/api", "bank", "https://bank.harbour.test/?x"])
def test_an_origin_has_no_path(clock: LabClock, bank: Any, origin: str) -> None:
    with pytest.raises(SetupError):
        Network(clock).add(origin, bank)


def test_an_app_can_be_swapped(network: Network, evil: Any) -> None:
    evil.on("/", body=b"swapped")
    network.add(BANK, evil)
    assert network.send(Request("GET", BANK)).text == "swapped"


def test_the_request_arrives_as_wsgi_wants_it(network: Network, bank: Any) -> None:
    environ = asked(
        network,
        bank,
        BANK + "/a%20b/%C3%A9?q=%C3%A9&r=1#never-sent",
        method="POST",
        headers=(
            ("content-type", "text/plain"),
            ("X-One", "1"),
            ("x-one", "2"),
            ("Cookie", "a=1"),
            ("Cookie", "b=2"),
        ),
        body=b"hello",
    )
    expected = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/a b/\xc3\xa9",
        "QUERY_STRING": "q=%C3%A9&r=1",
        "REQUEST_URI": "/a%20b/%C3%A9?q=%C3%A9&r=1",
        "HTTP_HOST": "bank.harbour.test",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "5",
        "HTTP_X_ONE": "1,2",
        "HTTP_COOKIE": "a=1; b=2",
        "wsgi.url_scheme": "https",
        "SERVER_PORT": "443",
        "body": b"hello",
    }
    assert {key: environ[key] for key in expected} == expected


def test_the_sender_is_seen_by_the_app(network: Network, bank: Any) -> None:
    network.send(Request("GET", BANK), sender=Sender("mallory", "198.51.100.66", "curl/8"))
    assert (bank.last["REMOTE_ADDR"], bank.last["HTTP_USER_AGENT"]) == ("198.51.100.66", "curl/8")
    assert network.exchanges[0].who == "mallory"


def test_a_given_user_agent_and_host_are_not_touched(network: Network, bank: Any) -> None:
    environ = asked(network, bank, headers=(("user-agent", "mine"), ("HOST", "evil.test")))
    assert (environ["HTTP_USER_AGENT"], environ["HTTP_HOST"]) == ("mine", "evil.test")


def test_a_get_without_body_names_no_length_and_an_empty_post_does(network: Network, bank: Any) -> None:
    assert "CONTENT_LENGTH" not in asked(network, bank)
    assert asked(network, bank, method="POST")["CONTENT_LENGTH"] == "0"


def test_a_header_with_an_underscore_cannot_pose_as_another(network: Network, bank: Any) -> None:
    environ = asked(network, bank, headers=(("X_Forwarded_For", "1.2.3.4"),))
    assert "HTTP_X_FORWARDED_FOR" not in environ


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
def test_a_line_break_cannot_start_another_header(network: Network, bank: Any, value: str) -> None:
    with pytest.raises(SetupError, match="line break"):
        network.send(Request("GET", BANK, (("X-One", value),)))
    assert bank.seen == []


@pytest.mark.parametrize(
    "request_",
    [
        Request("GE T", BANK),
        Request("", BANK),
        Request("GET", BANK, (("a b", "1"),)),
        Request("GET", BANK, (("", "1"),)),
    ],
)
def test_what_http_cannot_carry_is_refused(network: Network, request_: Request) -> None:
    with pytest.raises(SetupError):
        network.send(request_)


def test_letters_beyond_latin_1_are_sent_as_utf_8(network: Network, bank: Any) -> None:
    assert asked(network, bank, headers=(("X-One", "…"),))["HTTP_X_ONE"].encode("latin-1") == "…".encode()
    assert asked(network, bank, headers=(("X-One", "\udc80"),))["HTTP_X_ONE"]


def test_every_set_cookie_header_arrives(network: Network, bank: Any) -> None:
    bank.sets("a=1", "b=2; Expires=Mon, 07 Jan 2030 10:00:00 GMT")
    response = network.send(Request("GET", BANK + "/set"))
    assert response.all_headers("set-cookie") == ["a=1", "b=2; Expires=Mon, 07 Jan 2030 10:00:00 GMT"]


def test_an_answer_is_closed_also_when_it_was_written_by_hand(clock: LabClock) -> None:
    answer = Once()

    def app(environ: Any, start_response: Any) -> Once:
        start_response("203 Odd", [("X-One", "1")])(b"first ")
        return answer

    network = Network(clock)
    network.add(BANK, app)
    response = network.send(Request("GET", BANK))
    assert (response.status, response.body, answer.closed) == (203, b"first ab", True)


def test_an_error_that_the_app_lets_escape_reaches_its_developer(clock: LabClock) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    network = Network(clock)
    network.add(BANK, app)
    with pytest.raises(ZeroDivisionError):
        network.send(Request("GET", BANK))
    assert network.exchanges == []


# --- clocks ----------------------------------------------------------------------------------------------------------


def telling_time(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [str(now() - LAB_START).encode()]


def test_an_app_goes_by_its_own_clock_and_the_record_by_the_networks(clock: LabClock) -> None:
    network = Network(clock)
    network.add(BANK, telling_time, clock=SkewedClock(clock, seconds=90))
    clock.advance(10)
    assert network.send(Request("GET", BANK)).text == "100.0"
    assert network.exchanges[0].at == LAB_START + 10


def test_an_app_without_a_clock_goes_by_the_networks(clock: LabClock) -> None:
    network = Network(clock)
    network.add(BANK, telling_time)
    with keeping(SkewedClock(clock, seconds=5)):
        assert network.send(Request("GET", BANK)).text == "0.0"


def test_a_service_does_not_pass_its_wrong_clock_on(clock: LabClock) -> None:
    network = Network(clock)

    def edge(environ: Any, start_response: Any) -> list[bytes]:
        inner = network.upstream("edge")("GET", BANK + "/", {}, b"")
        start_response("200 OK", [])
        return [f"{now() - LAB_START} {inner.text}".encode()]

    network.add("https://edge.harbour.test", edge, clock=SkewedClock(clock, seconds=90))
    network.add(BANK, telling_time)
    assert network.send(Request("GET", "https://edge.harbour.test")).text == "90.0 0.0"


def test_a_clock_can_be_changed_later(network: Network, clock: LabClock) -> None:
    network.add(BANK, telling_time)
    network.services[BANK].clock = SkewedClock(clock, seconds=-30)
    assert network.send(Request("GET", BANK)).text == "-30.0"


# --- the record ------------------------------------------------------------------------------------------------------


def test_exchanges_are_numbered_in_the_order_of_sending(clock: LabClock, bank: Any) -> None:
    network = Network(clock)
    edge_calls = network.upstream("edge", address="10.0.0.5")

    def edge(environ: Any, start_response: Any) -> list[bytes]:
        answer = edge_calls("POST", BANK + "/exchange", {"X-One": "1"}, b"body")
        start_response("200 OK", [])
        return [answer.body]

    network.add("https://edge.harbour.test", edge)
    network.add(BANK, bank)
    network.send(Request("GET", "https://edge.harbour.test/"), sender=Sender("alice"))
    assert [(e.seq, e.who, e.request.method) for e in network.exchanges] == [
        (1, "alice", "GET"),
        (2, "edge", "POST"),
    ]
    assert bank.last["body"] == b"body"
    assert (bank.last["REMOTE_ADDR"], bank.last["HTTP_USER_AGENT"]) == ("10.0.0.5", "edge/1.0")


def test_the_record_has_a_bound(clock: LabClock, bank: Any) -> None:
    network = Network(clock, keep=2)
    network.add(BANK, bank)
    for _ in range(5):
        network.send(Request("GET", BANK))
    assert [exchange.seq for exchange in network.exchanges] == [4, 5]
    network.forget()
    assert network.exchanges == []


def test_listeners_hear_of_every_exchange_until_they_leave(network: Network) -> None:
    heard: list[Exchange] = []
    leave = network.on_exchange(heard.append)
    network.send(Request("GET", BANK))
    leave()
    leave()
    network.send(Request("GET", BANK))
    assert [exchange.seq for exchange in heard] == [1]


def test_the_record_holds_what_was_really_sent(network: Network) -> None:
    done = network.exchange(Request("POST", BANK + "/x#fragment", (), b"12"), sender=Sender(user_agent="ua"))
    assert done.request.url == BANK + "/x"
    assert done.request.headers == (
        ("Host", "bank.harbour.test"),
        ("User-Agent", "ua"),
        ("Content-Length", "2"),
    )
    wire = b"POST /x HTTP/1.1\r\nHost: bank.harbour.test\r\nUser-Agent: ua\r\nContent-Length: 2\r\n\r\n"
    assert done.request.header_bytes == len(wire)


def test_a_flask_app_works_as_it_is(clock: LabClock) -> None:
    app = flask.Flask("bank")

    @app.post("/pay/<name>")
    def pay(name: str) -> Any:
        request = flask.request
        return {
            "to": name,
            "amount": request.get_json()["amount"],
            "secure": request.is_secure,
            "ip": request.remote_addr,
        }

    network = Network(clock)
    network.add(BANK, app)
    request = Request(
        "POST", BANK + "/pay/b%C3%B6b", (("Content-Type", "application/json"),), b'{"amount": 5}'
    )
    assert network.send(request).json() == {"to": "böb", "amount": 5, "secure": True, "ip": "203.0.113.1"}
    assert network.send(Request("GET", BANK + "/missing")).status == 404
    allowed = network.send(Request("GET", BANK + "/pay/x")).header("Allow") or ""
    assert set(allowed.split(", ")) == {"POST", "OPTIONS"}


def test_the_body_is_a_stream_of_its_own(network: Network, bank: Any) -> None:
    asked(network, bank, method="POST", body=b"x" * 10)
    assert isinstance(bank.last["wsgi.input"], io.BytesIO)
