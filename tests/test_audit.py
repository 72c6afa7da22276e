"""The trail: nothing lost, nothing mixed, nothing secret; in a list and in a file that processes share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.audit import InFile, Record, Trail, as_dict

SECRET = "rt_" + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"


@pytest.fixture(params=["memory", "file"])
def trail(request: pytest.FixtureRequest, tmp_path: Path) -> Trail:
    """An empty trail in each medium."""
    return Trail() if request.param == "memory" else Trail(tmp_path / "deep" / "trail.jsonl")


def test_records_come_back_as_they_were_written_numbered_without_gaps(trail: Trail) -> None:
    for n in range(5):
        trail.record("use", at=n + 0.25, service="bank", user="alice", client="a browser", door="token", n=n)
    assert trail.records() == [
        Record(
            n + 1, n + 0.25, "bank", "use", "ok", "alice", None, "a browser", None, {"door": "token", "n": n}
        )
        for n in range(5)
    ]
    assert len(trail) == 5
    assert as_dict(trail.records()[4])["detail"] == {"door": "token", "n": 4}


def test_an_empty_trail_is_empty(trail: Trail) -> None:
    assert trail.records() == []
    assert len(trail) == 0
    assert repr(trail) == "<empty trail>"


FILTERS = {
    "nothing": ({}, [1, 2, 3, 4]),
    "an event": ({"event": "use"}, [1, 3]),
    "an event and a user": ({"event": "use", "user": "bob"}, [3]),
    "an outcome": ({"outcome": "exp"}, [4]),
    "nobody": ({"user": None}, [2]),
    "an actor": ({"actor": "ada"}, [2]),
    "a service": ({"service": "identity"}, [4]),
    "a time": ({"at": 3.0}, [3]),
    "what is not there": ({"user": "carol"}, []),
    "detail": ({"detail": {"door": "token"}}, [1]),
    "a part of a word": ({"event": "us"}, []),
}


@pytest.mark.parametrize("what", FILTERS)
def test_filters_find_by_equality_and_keep_the_numbers(trail: Trail, what: str) -> None:
    trail.record("use", at=1.0, service="bank", user="alice", door="token")
    trail.record("admin", at=2.0, service="bank", actor="ada")
    trail.record("use", at=3.0, service="bank", user="bob")
    trail.record("refuse", at=4.0, service="identity", user="alice", outcome="exp")
    wanted, numbers = FILTERS[what]
    assert [record.seq for record in trail.records(**wanted)] == numbers


def test_a_credential_can_be_followed_by_its_fingerprint(trail: Trail) -> None:
    trail.record("issue", at=0, service="identity", credential=SECRET)
    trail.record("use", at=1, service="bank", credential=SECRET)
    trail.record("use", at=2, service="bank", credential=SECRET + "x")
    assert [r.seq for r in trail.records(credential=trail.fingerprint(SECRET))] == [1, 2]


def test_no_part_of_a_credential_is_written(tmp_path: Path) -> None:
    trail = Trail(tmp_path / "trail.jsonl")
    for credential in (SECRET, "\ud800" + SECRET, SECRET + "\0", ""):
        trail.record("use", at=0, service="bank", credential=credential)
    written = (tmp_path / "trail.jsonl").read_text(encoding="utf-8") + repr(trail)
    assert not [SECRET[at : at + 6] for at in range(len(SECRET) - 5) if SECRET[at : at + 6] in written]
    assert {len(r.credential or "") for r in trail.records()} == {12}


def test_fingerprints_agree_between_workers_and_differ_between_labs(tmp_path: Path) -> None:
    """The same salt joins records; without it nobody can look a known credential up."""
    one, two = (Trail(tmp_path / "trail.jsonl", salt=b"s" * 16) for _ in range(2))
    other, third = Trail(salt=b"t" * 16), Trail()
    assert one.fingerprint(SECRET) == two.fingerprint(SECRET)
    assert len({t.fingerprint(SECRET) for t in (one, other, third, Trail(salt=b""))}) == 4


ODD = "alice\n   9  2030-01-07 09:00:00 UTC  bank  login  ok  user=ada\r\0\x1b[2J\u2028\ud800"


def test_a_record_is_one_line_whatever_was_put_into_it(trail: Trail) -> None:
    """Or somebody writes records of their own by a name, an address, or a User-Agent."""
    trail.record("refuse", at=0, service="bank", outcome=ODD, user=ODD, actor=ODD, client=ODD, path=ODD)
    trail.record("use", at=1, service="bank")
    assert len(trail) == 2
    assert trail.records()[0].user == ODD, "as data it is kept as it was"
    for record in trail.records():
        assert str(record).isprintable()
    assert len(repr(trail).splitlines()) == 2
    repr(trail).encode("utf-8")


TEXT = st.text(max_size=30) | st.just("\ud800\n")


@given(
    st.lists(st.tuples(TEXT, TEXT, st.dictionaries(st.sampled_from("abc"), TEXT | st.integers() | st.none())))
)
def test_anything_written_is_read_again(written: list[tuple[str, str, dict[str, object]]]) -> None:
    trail = Trail()
    for user, client, detail in written:
        trail.record("use", at=0.5, service="bank", user=user, client=client, **detail)
    assert [(r.user, r.client, r.detail) for r in trail.records()] == written
    assert [r.seq for r in trail.records()] == list(range(1, len(written) + 1))


# --- the file -------------------------------------------------------------------------------------------------------


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a" / "trail.jsonl"
    Trail(path).record("use", at=0, service="bank")
    assert path.stat().st_mode & 0o077 == 0


def test_what_another_trail_has_written_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    Trail(path).record("use", at=0, service="one")
    second = Trail(path)
    second.record("use", at=1, service="two")
    assert [(r.seq, r.service) for r in Trail(path).records()] == [(1, "one"), (2, "two")]


@pytest.mark.parametrize("lost", [1, 2, 10, 60])
def test_a_torn_last_line_is_no_record_and_spoils_no_other(tmp_path: Path, lost: int) -> None:
    """The disk was full, or the power gone; whoever writes next begins a line of their own."""
    path = tmp_path / "trail.jsonl"
    trail = Trail(path)
    for n in range(3):
        trail.record("use", at=n, service="bank", user="é😀")
    path.write_bytes(path.read_bytes()[:-lost])
    assert [r.at for r in trail.records()] == [0, 1]
    assert len(trail) == 2
    trail.record("use", at=3, service="bank")
    Trail(path).record("use", at=4, service="bank")
    # A line that lacks nothing but its end is whole again with the next one's beginning.
    expected = [0, 1, 2, 3, 4] if lost == 1 else [0, 1, 3, 4]
    assert [(r.seq, r.at) for r in trail.records()] == list(enumerate(expected, 1))
    assert len(trail) == len(expected)


def test_bytes_that_are_no_text_spoil_no_other_line(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    trail = Trail(path)
    trail.record("use", at=0, service="bank")
    with path.open("ab") as handle:
        handle.write(b"\xff\xfe\0\n\n")
    trail.record("use", at=1, service="bank")
    assert [(r.seq, r.at) for r in trail.records()] == [(1, 0), (2, 1)]


WORKER = """
import sys
from pathlib import Path
from labapp.audit import Trail
name, path = sys.argv[1:]
trail = Trail(Path(path), salt=b"s")
print("ready", flush=True)
sys.stdin.readline()
for n in range(200):
    trail.record("use", at=n, service=name, credential="c", pad=name * (n * 37 % 9000))
"""


def test_lines_of_several_processes_never_mix_and_none_is_lost(tmp_path: Path) -> None:
    """Lines of up to 9 KB, more than a page of memory, all at once."""
    path = tmp_path / "trail.jsonl"
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, name, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in "abc"
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    for line in InFile(path).lines():
        assert not line or json.loads(line)
    records = Trail(path, salt=b"s").records()
    assert [r.seq for r in records] == list(range(1, 601))
    for name in "abc":
        own = [r for r in records if r.service == name]
        assert [r.at for r in own] == list(range(200)), "each worker's in its own order"
        assert all(r.detail["pad"] == name * (int(r.at) * 37 % 9000) for r in own)
    assert len({r.credential for r in records}) == 1


# --- listeners ------------------------------------------------------------------------------------------------------


def test_listeners_are_told_after_each_record_until_they_leave(trail: Trail) -> None:
    seen: list[int] = []
    leave = trail.on_record(lambda: seen.append(len(trail)))
    trail.record("use", at=0, service="bank")
    trail.record("use", at=1, service="bank")
    leave()
    leave()
    trail.record("use", at=2, service="bank")
    assert seen == [1, 2]


def test_a_listener_may_leave_while_it_is_told(trail: Trail) -> None:
    seen: list[str] = []
    first = trail.on_record(lambda: (seen.append("first"), first()))  # type: ignore[arg-type,return-value]
    trail.on_record(lambda: seen.append("second"))
    trail.record("use", at=0, service="bank")
    trail.record("use", at=0, service="bank")
    assert seen == ["first", "second", "second"]
