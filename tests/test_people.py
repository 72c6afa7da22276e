"""Who has an account stays unknown to whoever asks, and the directory tells the truth of this moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

import labapp.people
from labapp.errors import InvalidLoginError, SetupError, StorageUnavailableError
from labapp.people import CAST, LONGEST_PASSWORD, SERVICES, People, seeded_password
from labapp.profiles import WORKSHOP, PasswordCost
from labapp.store import Store
from labapp.store.interleave import interleavings

PASSWORD = "correct horse"


@pytest.fixture
def people(store: Store) -> People:
    """A directory with alice in it, and bob, who is shut out."""
    found = People(store, WORKSHOP.password_cost)
    found.add("alice", PASSWORD, roles=("customer",))
    found.add("bob", PASSWORD)
    found.set_disabled("bob", True)
    return found


def refused(people: People, name: object, password: object) -> str:
    with pytest.raises(InvalidLoginError) as caught:
        people.check_password(name, password)
    return str(caught.value)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What scrypt is asked to do, as (n, r, p) each time."""
    asked: list[Any] = []
    scrypt = hashlib.scrypt

    def counted(data: bytes, **given: Any) -> bytes:
        asked.append((given["n"], given["r"], given["p"]))
        return scrypt(data, **given)

    monkeypatch.setattr(labapp.people.hashlib, "scrypt", counted)
    return asked


REFUSED = {
    "a wrong password": ("alice", "wrong"),
    "an unknown name": ("nobody", PASSWORD),
    "a name of another shape": ("Alice", PASSWORD),
    "a name with NUL": ("alice\0", PASSWORD),
    "a name with a line break": ("alice\n", PASSWORD),
    "a name in full-width letters": ("ａｌｉｃｅ", PASSWORD),
    "a lone surrogate": ("\ud800", PASSWORD),
    "a name of a megabyte": ("a" * 1_000_000, PASSWORD),
    "an empty name": ("", PASSWORD),
    "a name that is another key": ("alice:x", PASSWORD),
    "a name that is a pattern": ("*", PASSWORD),
    "no name": (None, PASSWORD),
    "a name that is a number": (1, PASSWORD),
    "a name that is a list": (["alice"], PASSWORD),
    "a disabled account": ("bob", PASSWORD),
    "a disabled account, and a wrong password": ("bob", "wrong"),
    "an empty password": ("alice", ""),
    "a password that goes on with NUL": ("alice", PASSWORD + "\0"),
    "a password with a space": ("alice", PASSWORD + " "),
    "a password that begins like it": ("alice", PASSWORD[:-1]),
    "a password in capitals": ("alice", PASSWORD.upper()),
    "a lone surrogate as password": ("alice", "\udcff"),
}
NO_WORK = {
    "a password of a megabyte": ("alice", "x" * 1_000_000),
    "a password of a megabyte for nobody": ("nobody", "x" * 1_000_000),
    "one letter too many": ("alice", "x" * (LONGEST_PASSWORD + 1)),
    "no password": ("alice", None),
    "no password for nobody": ("nobody", None),
    "a number": ("alice", 1),
    "true": ("alice", True),
    "bytes": ("alice", PASSWORD.encode()),
    "a list": ("alice", [PASSWORD]),
}


@pytest.mark.parametrize("what", REFUSED)
def test_every_refusal_is_the_same_answer_after_the_same_work(
    people: People, work: list[Any], what: str
) -> None:
    refused(people, "somebody", "first")  # the very first check makes what strangers are compared with
    work.clear()
    assert refused(people, *REFUSED[what]) == "name and password do not match"
    assert work == [(WORKSHOP.password_cost.n, WORKSHOP.password_cost.r, WORKSHOP.password_cost.p)]


def test_the_right_password_is_the_same_work_too(people: People, work: list[Any]) -> None:
    refused(people, "somebody", "first")
    work.clear()
    assert people.check_password("alice", PASSWORD).name == "alice"
    assert len(work) == 1


@pytest.mark.parametrize("name", ["alice", "nobody", "bob"])
def test_a_login_asks_the_store_the_same_of_a_known_and_an_unknown_name(
    people: People, store: Store, name: str
) -> None:
    """Time at the store tells as much as time at scrypt."""
    refused(people, name, "wrong")
    store.observer.reset()
    refused(people, name, "wrong")
    assert (store.observer.trips, dict(store.observer.commands)) == (1, {"HMGET": 1, "EXISTS": 1})


@pytest.mark.parametrize("what", NO_WORK)
def test_what_cannot_be_a_password_costs_nothing_whoever_it_is_for(
    people: People, work: list[Any], what: str
) -> None:
    refused(people, "somebody", "first")
    work.clear()
    assert refused(people, *NO_WORK[what]) == "name and password do not match"
    assert work == []


@pytest.mark.parametrize(
    "password",
    [
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\udfff\ud800",
        "é",
        "e\u0301",
        "😀" * 256,
        "x" * 256,
        "\u202e",
        "rt_:*",
    ],
    ids=ascii,
)
def test_any_text_can_be_a_password_and_is_matched_exactly(people: People, password: str) -> None:
    people.set_password("alice", password)
    assert people.check_password("alice", password).name == "alice"
    for near in (
        password + "\0",
        password + " ",
        password.encode("utf-8", "surrogatepass"),
        password[:-1] + "?",
    ):
        refused(people, "alice", near)


def test_the_two_spellings_of_an_accent_are_two_passwords(people: People) -> None:
    """Nothing is normalized: what was typed is what counts."""
    people.set_password("alice", "caf\u00e9")
    refused(people, "alice", "cafe\u0301")


@pytest.mark.parametrize(
    "name",
    ["", "Alice", "1alice", "-a", "a" * 33, "a b", "a:b", "a\0", "a\n", "é", "\ud800", "*", "a_b", "a.b"],
    ids=ascii,
)
def test_nobody_gets_an_odd_name(people: People, store: Store, name: str) -> None:
    before = sorted(store.own_keys())
    with pytest.raises(SetupError, match="small letters"):
        people.add(name, "x")
    assert sorted(store.own_keys()) == before
    assert people.get(name) is None


@pytest.mark.parametrize("name", ["a", "a" * 32, "a-1", "nightly-batch"])
def test_ordinary_names_are_fine(people: People, name: str) -> None:
    people.add(name, "x")
    assert people.get(name) == people.check_password(name, "x")
    assert name in people.names()


def test_passwords_are_stored_salted_and_never_in_clear(people: People, store: Store) -> None:
    people.add("carol", PASSWORD)
    stored = [store.redis.hget(store.keys.user(name), "password") for name in ("alice", "carol")]
    assert stored[0] != stored[1], "the same password twice does not look the same"
    assert not [entry for entry in store.entries() if PASSWORD in str(entry.value)]
    assert all(str(text).startswith("scrypt:256:8:1:") for text in stored)


def test_a_password_stays_good_when_the_cost_for_new_ones_changes(people: People, store: Store) -> None:
    stricter = People(store, PasswordCost(2**10, 8, 2))
    assert stricter.check_password("alice", PASSWORD).name == "alice"
    stricter.set_password("alice", PASSWORD)
    assert str(store.redis.hget(store.keys.user("alice"), "password")).startswith("scrypt:1024:8:2:")
    assert people.check_password("alice", PASSWORD).name == "alice"


def test_a_new_password_replaces_the_old_one_and_nobody_elses(people: People) -> None:
    people.add("carol", PASSWORD)
    people.set_password("alice", "new")
    refused(people, "alice", PASSWORD)
    assert people.check_password("alice", "new").roles == ("customer",)
    assert people.check_password("carol", PASSWORD).name == "carol"


def test_roles_and_shutting_out_are_read_each_time(people: People) -> None:
    people.set_roles("alice", ("teller", "administrator"))
    assert people.check_password("alice", PASSWORD).roles == ("teller", "administrator")
    people.set_roles("alice", ())
    assert people.get("alice").roles == ()  # type: ignore[union-attr]
    people.set_disabled("bob", False)
    assert people.check_password("bob", PASSWORD).disabled is False


def test_a_change_of_roles_ends_no_disabling_and_no_password(people: People) -> None:
    people.set_roles("bob", ("teller",))
    refused(people, "bob", PASSWORD)
    people.set_password("bob", "new")
    refused(people, "bob", "new")


@pytest.mark.parametrize(
    "act",
    [
        lambda people: people.set_password("nobody", "x"),
        lambda people: people.set_roles("nobody", ("administrator",)),
        lambda people: people.set_disabled("nobody", False),
        lambda people: people.set_roles("alice\n", ("administrator",)),
    ],
)
def test_nobody_is_made_by_changing_them(people: People, act: Callable[[People], None]) -> None:
    before = people.names()
    with pytest.raises(SetupError, match="nobody called"):
        act(people)
    assert people.names() == before


ACTS: dict[str, tuple[Callable[[People], None], bool]] = {
    "nothing": (lambda people: None, True),
    "other roles": (lambda people: people.set_roles("alice", ("teller",)), True),
    "somebody else's password": (lambda people: people.set_password("bob", "new"), True),
    "a new password": (lambda people: people.set_password("alice", "new"), False),
    "the same password anew": (lambda people: people.set_password("alice", PASSWORD), False),
    "shut out": (lambda people: people.set_disabled("alice", True), False),
}


@pytest.mark.parametrize("what", ACTS)
def test_is_still_tells_what_happened_since_the_password_was_checked(people: People, what: str) -> None:
    act, still = ACTS[what]
    checked = people.check_password("alice", PASSWORD)
    act(people)
    assert people.is_still(checked) is still


def test_is_still_tells_of_whoever_came_in_while_the_password_was_being_checked(
    people: People, store: Store
) -> None:
    """The check reads the account once; a second reading could belong to another moment."""
    for race in interleavings(
        store,
        lambda: people.check_password("alice", PASSWORD),
        lambda: people.set_password("alice", "new"),
        setup=lambda: people.set_password("alice", PASSWORD),
    ):
        assert not race.first.ok or not people.is_still(race.first.value)


def test_the_seal_is_shown_nowhere(people: People) -> None:
    alice = people.check_password("alice", PASSWORD)
    assert alice.seal
    assert alice.seal not in repr(alice)


def test_adding_somebody_who_is_there_leaves_them_if_asked_to(people: People) -> None:
    people.add("bob", "another", roles=("administrator",), replace=False)
    refused(people, "bob", "another")
    assert people.get("bob") == people.get("bob")
    bob = people.get("bob")
    assert bob is not None
    assert (bob.roles, bob.disabled) == ((), True)
    people.add("bob", "another")
    assert people.check_password("bob", "another").disabled is False


def test_a_store_that_does_not_answer_lets_nobody_in(fake_store: Store) -> None:
    people = People(fake_store, WORKSHOP.password_cost)
    people.add("alice", PASSWORD)
    with fake_store.outage():
        for name in ("alice", "nobody"):
            with pytest.raises(StorageUnavailableError):
                people.check_password(name, PASSWORD)
    assert people.check_password("alice", PASSWORD).name == "alice"


def test_only_a_directory_that_is_empty_is_filled_again(people: People, store: Store) -> None:
    """An unknown name alone is no sign of lost memory, and a refilled one is asked once more."""
    calls = []
    people.found_again = lambda: calls.append(people.add("alice", PASSWORD))
    refused(people, "nobody", PASSWORD)
    assert calls == []
    store.clear()
    assert people.check_password("alice", PASSWORD).name == "alice"
    assert len(calls) == 1


def test_seeded_passwords_differ_between_people_and_seeds() -> None:
    everybody = [*CAST, *SERVICES]
    passwords = {seeded_password(seed, name) for seed in range(1, 5) for name in everybody}
    assert len(passwords) > 4 * len(everybody) - 3
    assert seeded_password(1, "alice") == seeded_password(1, "alice")
