"""Through the relay a store behaves as it does directly: the same commands, the same replies."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labapp import clock
from labapp.clock import LabClock, SystemClock
from labapp.errors import StorageUnavailableError
from labapp.grading.answer_side.redis_pipe import redis_client
from labapp.grading.relay.relay import MOST_CONNECTIONS, Relay
from labapp.grading.relay.resp import RespError, read_commands, write_reply
from labapp.grading.relay.rules import ALLOWED
from labapp.store import Store, open_store

Program = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def real_url(require_redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server of our own, on a socket in a folder of our own."""
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "s.sock"
    command = [require_redis, "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
    with subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        for line in server.stdout:
            if "eady to accept connections" in line:
                break
        yield f"unix://{path}"
        server.terminate()
        server.stdout.read()


@pytest.fixture(params=["fakeredis", "real"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of either kind."""
    if request.param == "fakeredis":
        return open_store(clock=LabClock())
    store = open_store(request.getfixturevalue("real_url"), clock=SystemClock())
    store.redis.flushall()
    return store


def through(store: Store, *, decode_responses: bool = False) -> tuple[redis.Redis, Relay]:
    """The client that an answer would get, over a relay in this process."""
    relay = Relay(store)
    return redis_client(lambda arguments: relay.ask(*arguments), decode_responses=decode_responses), relay


def direct(store: Store) -> redis.Redis:
    """An ordinary client of the same store."""
    pool = store.redis.connection_pool
    kwargs = {**pool.connection_kwargs, "decode_responses": False}
    return redis.Redis(connection_pool=redis.ConnectionPool(connection_class=pool.connection_class, **kwargs))


def run_direct(store: Store, program: Program) -> list[Any]:
    """Run commands without a relay, by the store's own clock."""
    with clock.keeping(store.clock):
        return run(direct(store), program)


def run(client: redis.Redis, program: Program) -> list[Any]:
    """Run commands one after the other; a list of commands is a transaction, and `watch` may fail it."""
    replies = []
    for command in program:
        try:
            if isinstance(command[0], tuple):
                with client.pipeline(transaction=True) as pipe:
                    for one in command:
                        pipe.execute_command(*one)
                    replies.append([said(reply) for reply in pipe.execute(raise_on_error=False)])
            else:
                replies.append(said(client.execute_command(*command)))
        except redis.RedisError as error:
            replies.append(said(error))
    client.close()
    return replies


def said(reply: Any) -> Any:
    """Errors are compared by class and text."""
    return (type(reply).__name__, str(reply)) if isinstance(reply, Exception) else reply


PROGRAM: Program = [
    ("PING",), ("ECHO", "x"), ("SET", "a", "1"), ("SET", "a", "2", "NX"), ("SET", "a", "2", "XX", "GET"),
    ("SET", "b", "3", "NX", "EX", 100), ("TTL", "b"), ("SET", "b", "4", "KEEPTTL"), ("TTL", "b"),
    ("SET", "b", "5"), ("TTL", "b"), ("SET", "c", "6", "PX", 100000), ("TTL", "c"),
    ("SET", "c", "7", "EX", 0), ("SET", "c", "7", "EX", "x"), ("GETDEL", "c"), ("GETDEL", "c"),
    ("GET", "c"), ("TTL", "c"), ("EXPIRE", "a", 50), ("TTL", "a"), ("PERSIST", "a"), ("TTL", "a"),
    ("INCR", "n"), ("INCRBY", "n", 41), ("DECR", "n"), ("INCRBYFLOAT", "n", "0.5"), ("INCR", "n"),
    ("INCR", "h"), ("APPEND", "s", "xyz"), ("STRLEN", "s"), ("GETRANGE", "s", 0, 1),
    ("SETRANGE", "s", 1, "Q"), ("MSET", "x", "1", "y", "2"), ("MGET", "x", "y", "z"),
    ("EXISTS", "x", "y", "z"), ("DEL", "x", "z"), ("TYPE", "y"), ("HSET", "hash", "f", "1", "g", "2"),
    ("HGETALL", "hash"), ("HGET", "hash", "f"), ("HGET", "hash", "no"), ("HINCRBY", "hash", "f", 5),
    ("HDEL", "hash", "g"), ("HEXISTS", "hash", "g"), ("HMGET", "hash", "f", "g"), ("HLEN", "hash"),
    ("HSETNX", "hash", "f", "9"), ("HKEYS", "hash"), ("HVALS", "hash"), ("GET", "hash"), ("HGET", "a", "f"),
    ("HGETALL", "no"), ("SADD", "set", "m", "m"), ("SISMEMBER", "set", "m"), ("SMEMBERS", "set"),
    ("SCARD", "set"), ("SREM", "set", "m"), ("SMEMBERS", "set"), ("SMISMEMBER", "set", "a", "b"),
    ("SPOP", "set"), ("ZADD", "z", "1.5", "a", "-inf", "b"), ("ZADD", "z", "XX", "GT", "CH", "2", "a"),
    ("ZRANGE", "z", 0, -1, "WITHSCORES"), ("ZSCORE", "z", "a"), ("ZSCORE", "z", "no"), ("ZRANK", "z", "a"),
    ("ZRANGEBYSCORE", "z", "-inf", "(2"), ("ZCARD", "z"), ("ZREMRANGEBYSCORE", "z", "-inf", 0),
    ("ZPOPMIN", "z"), ("ZPOPMIN", "z"), ("ZINCRBY", "z", 2, "a"), ("RPUSH", "l", "1", "2", "3"),
    ("LPUSH", "l", "0"), ("LRANGE", "l", 0, -1), ("LPOP", "l"), ("LPOP", "l", 2), ("LLEN", "l"),
    ("LREM", "l", 0, "3"), ("LPOP", "l"), ("LPOP", "l", 2), ("LINDEX", "l", 0), ("LSET", "l", 0, "x"),
    ("XADD", "stream", "1-1", "f", "v"), ("XLEN", "stream"), ("XRANGE", "stream", "-", "+"),
    ("XADD", "stream", "1-1", "f", "v"), ("SCAN", 0, "MATCH", "has*", "COUNT", 100), ("KEYS", "has*"),
    ("HSCAN", "hash", 0), ("SSCAN", "no", 0), ("ZSCAN", "no", 0), ("RENAME", "y", "yy"),
    ("RENAME", "no", "yy"), ("UNLINK", "y", "yy"), ("DBSIZE",), ("GET",), ("SET", "a"),
    ("SET", "a", "1", "NX", "XX"), ("SET", "a", "1", "BAD"), ("EXPIRE", "a", "x"), ("TTL",),
    ("SETBIT", "bits", 7, 1), ("BITCOUNT", "bits"), ("GET", "bits"),
    ("SET", "bin", b"\x00\r\n\xff"), ("GET", "bin"), ("SET", "é", "ü"), ("GET", "é"),
    ("SET", "", "empty"), ("GET", ""), (("SET", "t", "1"), ("INCR", "t"), ("GET", "t")),
    (("INCR", "hash"), ("SET", "t", "2")), ("GET", "t"), (("SET", "t"), ("SET", "t", "3")), ("GET", "t"),
    (("GETDEL", "t"), ("GETDEL", "t")), ("MULTI",), ("GET", "t"),
]  # fmt: skip
"""Every family of commands, with their refusals; a MULTI at the end, whose replies are QUEUED."""


def test_the_same_commands_give_the_same_replies(store: Store) -> None:
    """On the built-in store and on a real server, in each against itself."""
    expected = run_direct(store, PROGRAM)
    store.redis.flushall()
    client, relay = through(store)
    assert list(zip(PROGRAM, run(client, PROGRAM), strict=True)) == list(zip(PROGRAM, expected, strict=True))
    relay.close()


KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.sampled_from(["0", "7", "x", "", "\x00\r\n", "é"]) | st.integers(-3, 3).map(str)
FIELDS = st.sampled_from(["f", "g"])
COMMANDS = st.one_of(
    st.tuples(
        st.sampled_from(["GET", "GETDEL", "DEL", "INCR", "TTL", "TYPE", "EXISTS", "PERSIST", "HGETALL"]), KEYS
    ),
    st.tuples(
        st.sampled_from(["LPOP", "LLEN", "SMEMBERS", "SCARD", "HLEN", "ZCARD", "STRLEN", "RPOP"]), KEYS
    ),
    st.tuples(
        st.sampled_from(["SET", "APPEND", "LPUSH", "SADD", "INCRBY", "SETNX", "GETSET", "SREM"]), KEYS, VALUES
    ),
    st.tuples(st.just("SET"), KEYS, VALUES, st.sampled_from(["NX", "XX", "GET", "KEEPTTL", "BAD"])),
    st.tuples(st.just("SET"), KEYS, VALUES, st.just("EX"), st.sampled_from(["100", "0", "-1", "x"])),
    st.tuples(st.just("EXPIRE"), KEYS, st.sampled_from(["100", "200", "-1"])),
    st.tuples(st.sampled_from(["HGET", "HDEL", "HEXISTS"]), KEYS, FIELDS),
    st.tuples(st.sampled_from(["HSET", "HINCRBY", "HSETNX"]), KEYS, FIELDS, VALUES),
    st.tuples(st.just("ZADD"), KEYS, st.sampled_from(["1", "2.5", "x"]), VALUES),
    st.tuples(st.just("ZRANGE"), KEYS, st.just("0"), st.just("-1"), st.just("WITHSCORES")),
    st.tuples(st.just("LRANGE"), KEYS, st.just("0"), st.just("-1")),
    st.tuples(st.sampled_from(["RENAME", "RENAMENX"]), KEYS, KEYS),
)
PROGRAMS = st.lists(COMMANDS | st.lists(COMMANDS, min_size=1, max_size=3).map(tuple), max_size=12)


@given(program=PROGRAMS)
@settings(max_examples=100, deadline=None)
def test_any_program_gives_the_same_replies(program: Program) -> None:
    """Also what makes no sense."""
    one, other = open_store(clock=LabClock()), open_store(clock=LabClock())
    client, relay = through(other)
    assert run(client, program) == run_direct(one, program)
    assert other.entries() == one.entries()
    relay.close()


@given(program=PROGRAMS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_program_gives_the_same_replies_on_a_real_server(real_url: str, program: Program) -> None:
    """Against the server itself, once directly and once through the relay."""
    store = open_store(real_url, clock=SystemClock())
    replies = []
    for through_relay in (False, True):
        store.redis.flushall()
        client = through(store)[0] if through_relay else direct(store)
        replies.append([run(client, program), [entry.value for entry in store.entries()]])
    store.redis.connection_pool.disconnect()
    assert replies[0] == replies[1]


ATOMS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=50)


@given(st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=5), max_leaves=20))
def test_replies_are_read_as_they_were_written(value: Any) -> None:
    """redis-py's own parser is the judge."""
    client = redis_client(lambda arguments: write_reply(value), decode_responses=False)
    assert client.execute_command("GET", "k") == value


WORD = st.text("ABCxyz", min_size=1).map(str.encode)


@given(
    st.lists(
        st.tuples(WORD, st.lists(st.binary(max_size=30), max_size=5)).map(lambda c: [c[0], *c[1]]), max_size=5
    )
)
def test_commands_are_read_as_they_were_written(commands: list[list[bytes]]) -> None:
    """redis-py's own writer is the source."""
    pool = redis_client(lambda arguments: b"", decode_responses=False).connection_pool
    connection = pool.make_connection()
    written = b"".join(b"".join(connection.pack_command(*command)) for command in commands)
    assert read_commands(written) == commands


@given(st.binary(max_size=60))
def test_garbage_is_refused_or_is_a_command(data: bytes) -> None:
    """Never another exception, never an endless loop."""
    try:
        commands = read_commands(b"*" + data)
    except RespError:
        return
    assert all(commands)


def test_transactions_keep_their_meaning(store: Store) -> None:
    """A watched key that somebody else changes ends the transaction; one that is let go does not."""
    client, relay = through(store, decode_responses=True)
    store.redis.set("coin", "1")
    with client.pipeline() as pipe:
        pipe.watch("coin")
        assert pipe.get("coin") == "1"
        store.redis.set("coin", "2")
        pipe.multi()
        pipe.delete("coin")
        with pytest.raises(redis.WatchError):
            pipe.execute()
        pipe.watch("coin")
        store.redis.set("coin", "3")
        pipe.unwatch()
        pipe.multi()
        pipe.get("coin")
        assert pipe.execute() == ["3"]
    assert client.transaction(lambda pipe: pipe.multi() or pipe.incr("coin"), "coin") == [4]
    relay.close()


def test_connections_are_told_apart(store: Store) -> None:
    """One connection's MULTI does not swallow another's commands."""
    client, relay = through(store, decode_responses=True)
    one, other = client.pipeline(), client.pipeline()
    one.watch("k")
    other.watch("k")
    assert other.set("k", "x") is True
    one.multi()
    one.set("k", "y")
    with pytest.raises(redis.WatchError):
        one.execute()
    assert client.get("k") == "x"
    one.reset()
    other.reset()
    relay.close()


def test_trips_are_counted_as_in_the_lab_itself() -> None:
    """A solution that is priced through the relay costs what it costs without."""

    def work(client: redis.Redis) -> None:
        client.set("a", "1")
        with client.pipeline() as pipe:
            pipe.watch("a")
            pipe.get("a")
            pipe.multi()
            pipe.incr("a")
            pipe.expire("a", 10)
            pipe.execute()
        client.getdel("a")

    plain, relayed = open_store(), open_store()
    work(plain.redis)
    client, relay = through(relayed)
    work(client)
    assert relayed.observer.trips == plain.observer.trips == 5
    assert relayed.observer.commands == plain.observer.commands
    assert relay.done == ["SET", "WATCH", "GET", "MULTI(INCRBY EXPIRE)", "GETDEL"]
    relay.close()


def test_a_plain_pipeline_can_be_overtaken() -> None:
    """In Redis others come in between its commands, so each of them is a trip of its own."""
    store = open_store()
    client, relay = through(store)
    with client.pipeline(transaction=False) as pipe:
        pipe.get("a")
        pipe.get("b")
        pipe.execute()
    assert store.observer.trips == 2
    relay.close()


def test_a_command_that_is_refused_spoils_its_transaction(store: Store) -> None:
    """As in Redis, EXEC then does nothing at all."""
    client, relay = through(store, decode_responses=True)
    with client.pipeline() as pipe:
        pipe.set("k", "v")
        pipe.execute_command("EVAL", "return 1", 0)
        with pytest.raises(redis.ResponseError, match="EVAL is not available here"):
            pipe.execute()
    assert client.get("k") is None
    assert client.set("k", "v") is True
    relay.close()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("BLPOP q 0", "waits"),
        ("XREAD BLOCK 0 STREAMS s 0", "waits"),
        ("EVAL x 0", "WATCH, MULTI and EXEC"),
        ("SCRIPT LOAD x", "GETDEL"),
        ("FCALL f 0", "no Lua"),
        ("SUBSCRIBE c", "no pub/sub"),
        ("PUBLISH c m", "no pub/sub"),
        ("MONITOR", "speaks to the server"),
        ("SHUTDOWN", "speaks to the server"),
        ("DEBUG SLEEP 1", "speaks to the server"),
        ("CONFIG SET dir /", "speaks to the server"),
        ("CLIENT KILL TYPE normal", "speaks to the server"),
        ("CLIENT REPLY OFF", "speaks to the server"),
        ("ACL WHOAMI", "speaks to the server"),
        ("NOSUCH x", "does not pass it on"),
        ("AUTH secret", "without any password"),
        ("SELECT 1", "number 0"),
    ],
)
def test_what_an_answer_must_not_do_is_refused_with_a_reason(store: Store, command: str, why: str) -> None:
    """A Redis error, so it stands where the learner's code called it; the next command works."""
    client, relay = through(store)
    with pytest.raises(redis.RedisError, match=why):
        client.execute_command(*command.split())
    assert client.ping() is True
    relay.close()


def test_a_real_server_is_never_emptied(real_url: str) -> None:
    """Others may have keys there; under a prefix an answer does not even see them."""
    alone = through(open_store(real_url, clock=SystemClock()))[0]
    shared = through(open_store(real_url, clock=SystemClock(), prefix="lab:alice:"))[0]
    for client in (alone, shared):
        with pytest.raises(redis.ResponseError, match="beyond the answer's own keys"):
            client.flushall()
    assert alone.keys("no*") == []
    with pytest.raises(redis.ResponseError, match="beyond the answer's own keys"):
        shared.keys("*")
    assert through(open_store())[0].flushall() is True


def test_a_handshake_is_answered(store: Store) -> None:
    """A client that introduces itself, as redis-py does unless told otherwise."""
    client, relay = through(store)
    store.observer.reset()
    for command in ("CLIENT SETINFO LIB-NAME x", "CLIENT SETNAME x", "SELECT 0", "HELLO 2"):
        client.execute_command(*command.split())
    with pytest.raises(redis.ResponseError, match="NOPROTO"):
        client.execute_command("HELLO", "3")
    assert store.observer.trips == 0
    relay.close()


def test_a_store_that_is_down_closes_the_connection() -> None:
    """What was watched on it is forgotten, as after a real loss."""
    store = open_store()
    client, relay = through(store)
    client.set("k", "v")
    with store.outage(), pytest.raises(StorageUnavailableError):
        client.get("k")
    with store.outage(), pytest.raises(StorageUnavailableError):
        relay.ask(9, b"*1\r\n$5\r\nMULTI\r\n")
    assert relay.ask(10, b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") == b"$1\r\nv\r\n"
    relay.close()


def test_there_is_an_end_to_everything() -> None:
    """To connections, and to what a reply may hold."""
    store = open_store()
    store.redis.set("k", "x" * 1_500_000)
    relay = Relay(store)
    get = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
    assert relay.ask(0, get * 3).count(b"larger than the lab passes on") == 2
    client = through(store)[0]
    with pytest.raises(redis.ResponseError, match="larger than the lab passes on"):
        client.mget(["k"] * 900)
    with client.pipeline() as pipe:
        for _ in range(900):
            pipe.get("k")
        with pytest.raises(redis.ResponseError, match="larger than the lab passes on"):
            pipe.execute()
    replies = [relay.ask(number, b"*1\r\n$4\r\nPING\r\n") for number in range(MOST_CONNECTIONS + 1)]
    assert replies[-1].startswith(b"-ERR max number of clients")
    relay.close()


def test_a_store_cannot_be_filled_or_kept_busy_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lives in the grader's memory and works in its time."""
    filling, holding = through(open_store())[0], through(open_store())[0]
    with pytest.raises(redis.ResponseError, match="does no more for this answer"):
        for number in range(100):
            filling.set(f"k{number}", "x" * 900_000)
    for command in (("SETRANGE", "k", 500_000_000, "x"), ("SETBIT", "k", 4_000_000_000, 1)):
        with pytest.raises(redis.ResponseError, match="does no more for this answer"):
            through(open_store())[0].execute_command(*command)
    for command, why in [
        (("KEYS", "a*a*a*a*a*b"), "2 wildcards"),
        (("SSCAN", "k", 0, "MATCH", "*a*"), "1 wildcards"),
        (("SET", "k" * 2000, "v"), "1000 bytes"),
    ]:
        with pytest.raises(redis.ResponseError, match=why):
            holding.execute_command(*command)
    monkeypatch.setattr("labapp.grading.relay.relay.MOST_SECONDS", 0)
    assert holding.ping() is True
    with pytest.raises(redis.ResponseError, match="does no more for this answer"):
        holding.ping()


def test_closing_gives_every_connection_back() -> None:
    """Without what was queued or watched on it."""
    store = open_store()
    relay = Relay(store)
    relay.ask(1, b"*1\r\n$5\r\nMULTI\r\n")
    relay.close()
    assert store.redis.set("k", "v") is True
    assert store.redis.get("k") == "v"


def test_the_store_goes_by_its_own_clock() -> None:
    """Whatever clock is in force where the check runs."""
    lab_time = LabClock()
    store = open_store(clock=lab_time)
    client, relay = through(store)
    client.set("k", "v", ex=60)
    lab_time.advance(59)
    assert client.ttl("k") == 1
    lab_time.advance(2)
    assert client.get("k") is None
    relay.close()


def test_every_allowed_command_is_known_to_the_store() -> None:
    """No letter is wrong in the list: none is answered with `unknown command`."""
    client, relay = through(open_store())
    for name in sorted(ALLOWED - {"EXEC", "DISCARD", "MULTI", "FLUSHALL"}):
        try:
            client.execute_command(name)
        except redis.RedisError as error:
            assert "unknown command" not in str(error), name
    relay.close()
