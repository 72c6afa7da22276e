"""Which Redis commands an answer may use, and what it is told about the others.

Allowed is what works on keys and comes back at once.
Refused is what waits, what speaks to the server rather than to the data, and what needs Lua or pub/sub, which the
lab's built-in store does not have.
Refused is also what makes much out of few words, such as COPY: the store lives in the grader's memory.
A refusal is a Redis error, so it reaches the learner's code as `redis.exceptions.ResponseError`, and says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence

ALLOWED = frozenset(
    # strings
    "APPEND BITCOUNT BITPOS DECR DECRBY GET GETBIT GETDEL GETEX GETRANGE GETSET INCR INCRBY INCRBYFLOAT MGET "
    "MSET MSETNX PSETEX SET SETBIT SETEX SETNX SETRANGE STRLEN SUBSTR "
    # keys
    "DBSIZE DEL EXISTS EXPIRE EXPIREAT EXPIRETIME FLUSHALL FLUSHDB KEYS PERSIST PEXPIRE PEXPIREAT PEXPIRETIME "
    "PTTL RANDOMKEY RENAME RENAMENX SCAN TTL TYPE UNLINK "
    # hashes
    "HDEL HEXISTS HGET HGETALL HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HRANDFIELD HSCAN HSET HSETNX HSTRLEN HVALS "
    # lists
    "LINDEX LINSERT LLEN LMOVE LMPOP LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM RPOP RPOPLPUSH RPUSH RPUSHX "
    # sets
    "SADD SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SMOVE SPOP SRANDMEMBER "
    "SREM SSCAN SUNION "
    # sorted sets
    "ZADD ZCARD ZCOUNT ZDIFF ZINCRBY ZINTER ZINTERCARD ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN "
    "ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK "
    "ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION "
    # streams
    "XADD XDEL XLEN XRANGE XREAD XREVRANGE XTRIM "
    # transactions, and a word with the server
    "DISCARD ECHO EXEC MULTI PING TIME UNWATCH WATCH".split()
)

WHOLE_DATABASE = frozenset("DBSIZE FLUSHALL FLUSHDB KEYS RANDOMKEY SCAN".split())

MOST_KEY_BYTES = 1_000
MOST_STARS = {"KEYS": 2, "SCAN": 2, "HSCAN": 1, "SSCAN": 1, "ZSCAN": 1}
"""Wildcards in a pattern: with n of them, matching a name takes the n-th power of its length."""

_WAITS = "it waits, and while an answer waits nothing else happens here; use the form that comes back at once"
_SCRIPTS = (
    "the lab's store has no Lua; use one command that reads and writes at once (GETDEL, SET … NX, INCR), "
    "or WATCH, MULTI and EXEC"
)
_CHANNELS = "there is no pub/sub here; keep what must be told in a key or a stream"
_SERVER = "it speaks to the server, and an answer works on its own keys"

_REASONS = {
    _WAITS: "BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF XREADGROUP",
    _SCRIPTS: "EVAL EVALSHA EVAL_RO EVALSHA_RO SCRIPT FCALL FCALL_RO FUNCTION",
    _CHANNELS: "SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE PUBLISH SPUBLISH PUBSUB",
    _SERVER: (
        "MONITOR SHUTDOWN DEBUG CONFIG CLIENT ACL SAVE BGSAVE BGREWRITEAOF REPLICAOF SLAVEOF FAILOVER CLUSTER MODULE "
        "LATENCY SLOWLOG MEMORY INFO ROLE SWAPDB MOVE MIGRATE RESTORE DUMP OBJECT COMMAND LASTSAVE SYNC PSYNC LOLWUT"
    ),
}
NOT_A_HANDSHAKE = object()
_WHY = {name: reason for reason, names in _REASONS.items() for name in names.split()}


def refusal(command: Sequence[bytes], *, is_real: bool, is_shared: bool) -> str:
    """Say why a command is not carried out, as the text of a Redis error; nothing if it is allowed.

    Args:
        command: its words.
        is_real: does it go to a real server?
        is_shared: do others have keys on that server?

    Example:
        >>> refusal([b"BLPOP", b"queue", b"0"], is_real=False, is_shared=False)[:42]
        'ERR BLPOP is not available here: it waits,'
        >>> refusal([b"get", b"key"], is_real=True, is_shared=True)
        ''
    """
    name = command[0].decode("ascii", "replace").upper()
    if name not in ALLOWED:
        why = _WHY.get(name, "the lab does not pass it on")
    elif is_real and (name.startswith("FLUSH") or (is_shared and name in WHOLE_DATABASE)):
        why = "it reaches beyond the answer's own keys on this server"
    else:
        why = _too_much(name, command)
    return f"ERR {name[:40]} is not available here: {why}" if why else ""


def _too_much(name: str, command: Sequence[bytes]) -> str:
    """Say which words of an allowed command ask for too much."""
    if name == "XREAD" and any(word.upper() == b"BLOCK" for word in command[1:]):
        return _WAITS
    if name in MOST_STARS and any(word.count(b"*") > MOST_STARS[name] for word in command[1:]):
        return f"a pattern may have {MOST_STARS[name]} wildcards"
    if name not in ("ECHO", "PING") and len(command) > 1 and len(command[1]) > MOST_KEY_BYTES:
        return f"a key may have {MOST_KEY_BYTES} bytes"
    return ""


def cost(command: Sequence[bytes]) -> int:
    """Say how many bytes a command may add to the store.

    Example:
        >>> cost([b"SET", b"k", b"value"]), cost([b"SETRANGE", b"k", b"1000000", b"x"])
        (9, 1000017)
    """
    size = sum(map(len, command))
    name = command[0].upper()
    if (
        name in (b"SETRANGE", b"SETBIT")
        and len(command) > 2
        and command[2].isdigit()
        and len(command[2]) < 20
    ):
        size += int(command[2]) // (8 if name == b"SETBIT" else 1)
    return size


def handshake(command: Sequence[bytes]) -> object:
    """Answer what clients say when they connect; `NOT_A_HANDSHAKE` for everything else.

    Example:
        >>> handshake([b"CLIENT", b"SETINFO", b"LIB-NAME", b"redis-py"]), handshake([b"SELECT", b"0"])
        ('OK', 'OK')
    """
    words = [word.decode("utf-8", "replace").upper() for word in command[:2]]
    match words:
        case ["CLIENT", "SETINFO" | "SETNAME"] | ["SELECT", "0"] | ["QUIT"] | ["RESET"]:
            return "OK"
        case ["CLIENT", "ID"]:
            return 1
        case ["CLIENT", "GETNAME"]:
            return None
        case ["HELLO"] | ["HELLO", "2"]:
            return {"server": "redis", "version": "7.0.0", "proto": 2, "mode": "standalone", "role": "master"}
        case ["HELLO", *_]:
            return ValueError("NOPROTO unsupported protocol version")
        case ["SELECT", *_]:
            return ValueError("ERR there is one database here, number 0")
        case ["AUTH", *_]:
            return ValueError(
                "ERR AUTH <password> called without any password configured for the default user"
            )
    return NOT_A_HANDSHAKE
