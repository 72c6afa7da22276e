"""Deliberate weakness is fenced: it is marked, asked for by name, and each flaw does what it says and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labapp.attacks.persistence import persist
from labapp.errors import SetupError
from labapp.flaws import NAMES, flaw
from labapp.lab import Lab

ROOT = Path(__file__).parents[1]
DAY = 86_400


@pytest.fixture
def lab() -> Lab:
    return Lab(alg="ES256")


def thief_of(lab: Lab):
    alice = lab.token_door.login("alice")
    return alice, alice.copy(lab.client("mallory"))


def days_inside(lab: Lab, loot, every: float = 8 * 3600) -> float:
    began = lab.clock.now()
    turns = persist(loot, advance=lab.clock.advance, now=lab.clock.now, every=every, until=30 * DAY)
    return max([turn.at - began for turn in turns if turn.served], default=0) / DAY


def test_every_leaky_line_stands_in_a_flaw_or_a_wrong_answer():
    found = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if ".venv" not in path.parts
        and re.search(r"^\s*# LEAKY:", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    outside = {p for p in found if not p.startswith(("labapp/flaws/", "tests/exercises/wrong/"))}
    assert outside == set()
    assert {f"labapp/flaws/{name}.py" for name in NAMES} <= found


def test_every_flaw_is_named_and_explained_and_nothing_else_is_one():
    modules = {path.stem for path in (ROOT / "labapp/flaws").glob("*.py")} - {"__init__"}
    assert modules == set(NAMES)
    for name in NAMES:
        assert flaw(name).mistake.endswith(".")
    with pytest.raises(SetupError, match="no flaw 'x'; there are no_rotation"):
        flaw("x")


def test_a_flaw_says_so_and_is_undone(lab):
    assert lab.weaken("no_rotation").text.startswith("weakened: A refresh token stays the same")
    lab.restore_bank()
    _, thief = thief_of(lab)
    assert days_inside(lab, thief) == 0


def test_the_served_bank_knows_no_flaw():
    for path in (ROOT / "labapp/web").rglob("*.py"):
        assert "labapp.flaws" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("weakness", "days"),
    [(None, 0), ("no_rotation", 30), ("sliding_family", 30), ("refresh_in_clear", 0), ("widening_scope", 0)],
)
def test_how_long_a_thief_who_comes_every_eight_hours_stays_inside(lab, weakness, days):
    """A matrix: the attack works on its flawed variant and on no other."""
    if weakness:
        lab.weaken(weakness)
    _, thief = thief_of(lab)
    assert days_inside(lab, thief, every=7.9 * 3600) == pytest.approx(days, abs=0.4)


@pytest.mark.parametrize(
    ("weakness", "alice", "mallory"),
    [(None, False, False), ("no_reuse_detection", False, True), ("no_rotation", True, True)],
)
def test_who_is_left_when_both_have_used_one_token(lab, weakness, alice, mallory):
    if weakness:
        lab.weaken(weakness)
    owner, thief = thief_of(lab)
    assert thief.refresh().ok
    assert owner.refresh().ok is alice
    assert thief.refresh().ok is mallory


@pytest.mark.parametrize(("weakness", "readable"), [(None, False), ("refresh_in_clear", True)])
def test_what_a_copy_of_the_store_gives_away(lab, weakness, readable):
    if weakness:
        lab.weaken(weakness)
    owner, _ = thief_of(lab)
    owner.refresh()
    dump = " ".join(f"{e.key} {e.value}" for e in lab.store.entries())
    assert (owner.refresh_token in dump) is readable


@pytest.mark.parametrize(("weakness", "granted"), [(None, False), ("widening_scope", True)])
def test_whether_a_refresh_can_widen_its_scope(lab, weakness, granted):
    if weakness:
        lab.weaken(weakness)
    owner = lab.token_door.login("alice", scope="accounts")
    form = {"grant_type": "refresh_token", "client_id": "web", "refresh_token": owner.refresh_token}
    answer = owner.client.post(lab.url("identity", "/token"), form={**form, "scope": "accounts transfers"})
    assert answer.ok is granted


@pytest.mark.parametrize(("weakness", "hours"), [(None, 8), ("idle_timeout_only", 72)])
def test_how_long_a_busy_thief_keeps_a_session(lab, weakness, hours):
    if weakness:
        lab.weaken(weakness)
    loot = lab.session_door.login("alice").copy(lab.browser("mallory"))
    turns = persist(loot, advance=lab.clock.advance, now=lab.clock.now, every=600, until=3 * DAY)
    assert sum(turn.served for turn in turns) / 6 == pytest.approx(hours, abs=0.2)
