"""`Lab`: the running bank in a notebook."""

from __future__ import annotations

import pytest

from labapp import clock
from labapp.clock import LAB_START
from labapp.errors import SetupError, StorageUnavailableError
from labapp.lab import Lab
from labapp.tokens.access import AccessTokenVerifier


@pytest.fixture
def lab() -> Lab:
    return Lab(alg="ES256")


def test_both_doors_serve_the_same_account(lab):
    phone, browser = lab.token_door.login("alice"), lab.session_door.login("alice")
    assert phone.get("/accounts").json() == browser.get("/accounts").json()
    assert browser.post("/transfers", {"to": "acct-bob", "cents": 500}).status == 201
    assert phone.get("/accounts").json()["accounts"][0]["balance"] == 249_500


def test_the_process_keeps_lab_time(lab):
    assert clock.now() == LAB_START
    lab.clock.advance(minutes=1)
    assert clock.now() == LAB_START + 60


def test_two_labs_in_one_process_keep_their_own_time_and_people(lab):
    other = Lab(alg="ES256", seed=2)
    here, there = lab.token_door.login("alice"), other.token_door.login("alice")
    other.clock.advance(hours=1)
    assert here.get("/me").status == 200
    assert there.get("/me").status == 401
    assert lab.password("alice") != other.password("alice")


def test_a_part_can_be_exchanged_and_brought_back(lab):
    alice = lab.token_door.login("alice")
    parts = lab.bank.parts
    lab.install(verifier=AccessTokenVerifier(parts.issuer.issuer, "another service", parts.ring.published))
    assert alice.get("/me").status == 401
    lab.restore_bank()
    assert alice.get("/me").status == 200


def test_an_unknown_part_is_named(lab):
    with pytest.raises(SetupError, match="no such part: verfier; parts are"):
        lab.install(verfier=None)


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda lab: lab.password("eve"), "there is no 'eve' here; there are alice"),
        (lambda lab: lab.url("bnak"), "there is no service 'bnak'"),
        (lambda lab: lab.use_revocation("hope"), "no revocation strategy 'hope'"),
        (lambda lab: Lab("strict"), "no profile 'strict'; there are recommended"),
        (lambda lab: lab.restore("ex00_two_doors"), "no answer to ex00_two_doors is saved"),
    ],
)
def test_a_slip_gets_one_sentence_that_helps(lab, work, said, tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_ANSWERS", str(tmp_path))
    with pytest.raises(SetupError) as caught:
        work(lab)
    assert said in str(caught.value)


def test_hints_come_one_at_a_time_and_the_solution_after_them(lab, tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_ANSWERS", str(tmp_path))
    hints = [lab.hint("ex00_two_doors").text for _ in range(4)]
    assert [h.partition(":")[0] for h in hints[:3]] == [f"hint {n} of 3" for n in (1, 2, 3)]
    assert "lab.solution('ex00_two_doors')" in hints[3]
    assert "def describe" in lab.solution("ex00_two_doors").text
    assert "solution seen" in lab.report_card().text


def test_a_lab_on_a_real_redis_says_so_and_keeps_to_its_prefix(real_redis, monkeypatch, capsys):
    monkeypatch.setenv("LAB_REDIS_URL", real_redis.url)
    labs = [Lab(alg="ES256", learner=name) for name in ("first", "second")]
    try:
        assert capsys.readouterr().out.startswith("Lab time runs here and cannot be stopped")
        visits = [lab.session_door.login("alice") for lab in labs]
        labs[0].session_door.login("alice").log_out_everywhere()
        assert [visit.get("/me").status for visit in visits] == [401, 200]
        labs[1].clock.advance(minutes=16)
        assert visits[1].get("/me").status == 401
        assert {key.split(":")[1] for lab in labs for key in lab.store.own_keys()} == {"first", "second"}
    finally:
        for lab in labs:
            lab.store.clear()


def test_an_unreachable_redis_is_one_sentence_with_the_way_back(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_REDIS_URL", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(StorageUnavailableError, match="unset LAB_REDIS_URL to use the built-in fakeredis"):
        Lab()
