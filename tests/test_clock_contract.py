"""The libraries keep lab time: what we rely on in PyJWT, fakeredis and itsdangerous, watched."""

from __future__ import annotations

import importlib
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta

import fakeredis
import jwt
import pytest
from flask import Flask, session
from jwt.jwk_set_cache import JWKSetCache

from labapp import clock
from labapp.clock import LAB_START, STAND_INS, LabClock
from labapp.store import open_store

KEY = secrets.token_hex(32)


@pytest.fixture
def lab() -> LabClock:
    lab = LabClock()
    clock.keep(lab)
    return lab


@pytest.mark.parametrize(
    ("module", "attribute", "stand_in"), STAND_INS, ids=[name for name, _, _ in STAND_INS]
)
def test_each_library_still_reads_its_clock_where_we_stand(lab, module, attribute, stand_in):
    assert getattr(importlib.import_module(module), attribute) is stand_in


def test_pyjwt_judges_exp_by_lab_time_to_the_second(lab):
    token = jwt.encode({"exp": LAB_START + 60}, KEY)
    lab.advance(59)
    assert jwt.decode(token, KEY, algorithms=["HS256"])
    lab.advance(1)
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, KEY, algorithms=["HS256"])
    assert jwt.decode(token, KEY, algorithms=["HS256"], leeway=1)


def test_pyjwt_judges_nbf_and_iat_by_lab_time(lab):
    for claim in ("nbf", "iat"):
        token = jwt.encode({claim: lab.now() + 10}, KEY)
        with pytest.raises(jwt.ImmatureSignatureError):
            jwt.decode(token, KEY, algorithms=["HS256"])
        assert jwt.decode(token, KEY, algorithms=["HS256"], leeway=10)


def test_pyjwt_still_encodes_ordinary_datetimes(lab):
    """A stand-in that is not an instance of what learners pass would break this."""
    when = datetime(2030, 1, 7, 9, 5, tzinfo=UTC)
    token = jwt.encode({"exp": when, "iat": when - timedelta(minutes=5)}, KEY)
    assert jwt.decode(token, KEY, algorithms=["HS256"]) == {"exp": LAB_START + 300, "iat": LAB_START}


def test_pyjwt_keeps_the_machines_time_when_there_is_no_lab():
    clock.keep(None)
    token = jwt.encode({"exp": time.time() + 3600}, KEY)
    assert jwt.decode(token, KEY, algorithms=["HS256"])


def test_pyjwt_in_a_thread_goes_by_the_process_clock(lab):
    token, found = jwt.encode({"exp": LAB_START + 60}, KEY), []
    thread = threading.Thread(target=lambda: found.append(jwt.decode(token, KEY, algorithms=["HS256"])))
    thread.start()
    thread.join()
    assert found == [{"exp": LAB_START + 60}]


def test_the_key_cache_of_pyjwt_ages_in_lab_time(lab):
    cache = JWKSetCache(lifespan=300)
    cache.put(jwt.PyJWKSet.from_dict({"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}))
    lab.advance(300)
    assert cache.get() is not None
    lab.advance(1)
    assert cache.get() is None


def test_fakeredis_expires_by_lab_time(lab):
    client = fakeredis.FakeRedis()
    client.set("x", "1", ex=60)
    lab.advance(59)
    assert client.get("x") == b"1"
    assert client.ttl("x") == 1
    lab.advance(2)
    assert client.get("x") is None


def test_each_store_has_its_own_clock_also_inside_a_service_whose_clock_is_wrong():
    here, there = LabClock(), LabClock()
    first, second = open_store(clock=here), open_store(clock=there)
    for store in (first, second):
        store.redis.set("x", "1", ex=60)
    here.advance(100)
    with clock.at(LAB_START + 1_000_000):
        assert first.redis.get("x") is None
        assert second.redis.get("x") == "1"


def test_fakeredis_tells_lab_time(lab):
    assert fakeredis.FakeRedis().time()[0] == LAB_START


def test_a_blocking_call_comes_back_although_lab_time_stands(lab):
    assert fakeredis.FakeRedis().blpop("nothing", timeout=0.01) is None


def test_flask_session_ages_in_lab_time(lab):
    app = Flask("x")
    app.secret_key = KEY
    app.permanent_session_lifetime = timedelta(minutes=10)

    @app.get("/in")
    def come_in() -> str:
        session["user"], session.permanent = "alice", True
        return "in"

    @app.get("/who")
    def who() -> str:
        return str(session.get("user"))

    client = app.test_client(use_cookies=False)
    cookie = client.get("/in").headers["Set-Cookie"].split(";")[0]
    lab.advance(minutes=10)
    assert client.get("/who", headers={"Cookie": cookie}).text == "alice"
    lab.advance(1)
    assert client.get("/who", headers={"Cookie": cookie}).text == "None"


def test_the_process_keeps_its_real_time(lab):
    assert abs(time.time() - datetime.now(UTC).timestamp()) < 5
    assert abs(time.time() - LAB_START) > 86400
