"""Frames are read strictly, and waiting for one has an end."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest

from labapp.grading.wire import (
    FROM_ANSWER,
    MAX_FRAME,
    TO_ANSWER,
    Channel,
    WireClosedError,
    WireError,
    WireTooLargeError,
    pack,
    unpack,
)

LOADED = {"kind": "loaded", "nonce": "n", "printed": ""}


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel and the bare socket at its other end."""
    ours, theirs = socket.socketpair()
    with theirs:
        channel = Channel(ours, FROM_ANSWER)
        yield channel, theirs
        channel.close()


def test_a_frame_arrives() -> None:
    """What is packed is unpacked."""
    assert unpack(pack(LOADED)[4:], FROM_ANSWER) == LOADED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"result"',
        b"{}",
        b'{"kind":"promoted"}',
        b'{"kind":["result"]}',
        b'{"kind":"loaded","nonce":"n"}',
        b'{"kind":"loaded","nonce":"n","printed":"","score":100}',
        b'{"kind":"loaded","nonce":"n","printed":"","nonce":"m"}',
        b'{"kind":"loaded","nonce":1,"printed":""}',
        b'{"kind":"loaded","nonce":"n","printed":null}',
        b'{"kind":"ask","nonce":"n","proxy":true,"arguments":[]}',
        b'{"kind":"ask","nonce":"n","proxy":1.0,"arguments":[]}',
        b'{"kind":"result","nonce":"n","printed":"","value":NaN}',
        b'{"kind":"result","nonce":"n","printed":"","value":-Infinity}',
        b'{"kind":"load","nonce":"n","now":0,"name":"x","text":""}',
        b'{"kind":"result","nonce":"n","printed":"","value":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"kind":"result","nonce":"n","printed":"","value":' + b"9" * 10_000 + b"}",
        b"[" * 1_000_000,
    ],
)
def test_a_frame_of_another_shape_is_refused(body: bytes) -> None:
    """Kinds, fields and types are exactly those of the table; a frame of the other direction is none."""
    with pytest.raises(WireError):
        unpack(body, FROM_ANSWER)


def test_no_frame_is_known_in_both_directions() -> None:
    """So an answer cannot send what only the trusted side may."""
    assert not FROM_ANSWER.keys() & TO_ANSWER.keys()


def test_a_frame_that_is_too_large_is_not_sent() -> None:
    """The limit holds at both ends."""
    with pytest.raises(WireTooLargeError):
        pack({**LOADED, "printed": "x" * MAX_FRAME})


def test_a_huge_frame_is_refused_before_it_is_read(pair: tuple[Channel, socket.socket]) -> None:
    """Its length alone is enough."""
    channel, theirs = pair
    theirs.sendall((MAX_FRAME + 1).to_bytes(4, "big"))
    with pytest.raises(WireError, match="a frame of 4,194,305 bytes"):
        channel.receive(seconds=5)


def test_silence_has_an_end(pair: tuple[Channel, socket.socket]) -> None:
    """Nothing comes."""
    with pytest.raises(TimeoutError):
        pair[0].receive(seconds=0.01)


def test_a_trickle_has_an_end(pair: tuple[Channel, socket.socket]) -> None:
    """The deadline is for the whole frame, so a byte now and then does not extend it."""
    channel, theirs = pair
    theirs.sendall((1000).to_bytes(4, "big"))
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.005):
            theirs.send(b" ")

    drops = threading.Thread(target=trickle)
    drops.start()
    try:
        with pytest.raises(TimeoutError):
            channel.receive(seconds=0.1)
    finally:
        stop.set()
        drops.join()


def test_a_reader_that_never_reads_has_an_end(pair: tuple[Channel, socket.socket]) -> None:
    """Sending waits no longer than it may."""
    with pytest.raises(TimeoutError):
        pair[0].send({**LOADED, "printed": "x" * (MAX_FRAME // 2)}, seconds=0.05)


def test_a_closed_end_is_told_from_a_broken_rule(pair: tuple[Channel, socket.socket]) -> None:
    """In the middle of a frame as well."""
    channel, theirs = pair
    theirs.sendall(b"\x00\x00\x00\x09{")
    theirs.close()
    with pytest.raises(WireClosedError):
        channel.receive(seconds=5)
    with pytest.raises(WireClosedError):
        channel.send(LOADED, seconds=5)


def test_a_frame_may_come_in_pieces(pair: tuple[Channel, socket.socket]) -> None:
    """A stream keeps no borders."""
    channel, theirs = pair
    data = pack(LOADED) + pack({**LOADED, "nonce": "m"})
    theirs.sendall(data[:7])
    theirs.sendall(data[7:])
    assert channel.receive(seconds=5) == LOADED
    assert channel.receive(seconds=5)["nonce"] == "m"
    assert json.loads(data[4 : 4 + data[3]]) == LOADED
