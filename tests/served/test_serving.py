"""`python -m labapp serve`: what goes together, what does not, and that it leaves nothing behind."""

from __future__ import annotations

import re
import threading
from collections import Counter
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from labapp.__main__ import main
from labapp.store import open_store
from tests.real_redis import RedisServer
from tests.served.bank import served, stop


def refused(*options: str) -> str:
    result = CliRunner().invoke(main, ["serve", "--port", "0", *options])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    return result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workers", "2"], "2 workers need a store that they share: add --redis"),
        (["--control", "--host", "192.0.2.1"], "on loopback only, not on 192.0.2.1"),
        (["--profile", "strict"], "no profile 'strict'; there are recommended"),
        (["--alg", "none"], "no algorithm 'none'; there are HS256"),
        (["--redis", "redis://:hunter2@127.0.0.1:1/0"], "no Redis answers at redis://…@127.0.0.1:1/0"),
    ],
)
def test_wishes_that_do_not_go_together_get_one_sentence(options: list[str], said: str) -> None:
    assert said in refused(*options)


def test_without_control_time_is_real_and_there_is_no_panel() -> None:
    with served() as bank, bank.http() as client:
        assert client.get("/_lab/clock", headers={"X-Lab-Control": "x"}).status_code == 404
        pair = bank.login()
        assert client.get(
            "/bank/api/me", headers={"Authorization": f"Bearer {pair['access_token']}"}
        ).is_success
        assert client.get("/healthz").json() == {"status": "ok", "store": "ok"}


def test_a_page_of_another_name_does_not_reach_it() -> None:
    """DNS rebinding: a foreign name that points at this machine is not one of its names."""
    with served() as bank, bank.http() as client:
        answer = client.get("/id/healthz", headers={"Host": "evil.test"})
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_request"


def test_it_stops_cleanly_and_leaves_no_folder() -> None:
    with served("--control") as bank:
        trail = next(line for line in bank.said if line.startswith("audit trail: ")).removeprefix(
            "audit trail: "
        )
        assert Path(trail).parent.is_dir()
        bank.login()
        assert stop(bank.process) == ""
        assert bank.process.returncode == 0
        assert not Path(trail).parent.exists()


def test_several_workers_share_one_bank_and_leave_no_key(real_redis: RedisServer) -> None:
    with served("--control", "--workers", "2", "--redis", real_redis.url) as bank:
        prefix = re.search(r"keys (\S+:)\*", bank.said[0])[1]
        bank.login()
        store = open_store(real_redis.url, prefix=prefix)
        assert list(store.own_keys())
        before = bank.panel("GET", "/clock").json()["now"]
        bank.panel("POST", "/clock", json={"advance": 3600})
        seen = {round(bank.panel("GET", "/clock").json()["now"] - before) for _ in range(20)}
        assert max(seen) - min(seen) <= 5
        assert min(seen) >= 3600
        stop(bank.process)
        assert list(store.own_keys()) == []


@pytest.mark.parametrize("profile", ["recommended", "browser"])
@pytest.mark.parametrize("workers", ["one on fakeredis", "two on Redis"])
def test_fifty_uses_of_one_refresh_token_have_one_winner(
    real_redis: RedisServer, profile: str, workers: str
) -> None:
    """And afterwards: without grace the family is dead; within the grace the winner goes on."""
    shared = ["--workers", "2", "--redis", real_redis.url] if workers == "two on Redis" else []
    with served("--control", "--profile", profile, *shared) as bank:
        for _ in range(3):
            pair, answers = bank.login(), []
            form = {"grant_type": "refresh_token", "client_id": "web", "refresh_token": pair["refresh_token"]}
            start = threading.Barrier(50)

            def use(
                form: dict[str, str] = form, answers: list[httpx.Response] = answers, start=start
            ) -> None:
                with bank.http() as client:
                    start.wait(timeout=20)
                    answers.append(client.post("/id/token", data=form))

            threads = [threading.Thread(target=use) for _ in range(50)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            codes = Counter(answer.status_code for answer in answers)
            assert codes == {200: 1, 400: 49}
            assert {a.json()["error"] for a in answers if a.status_code == 400} == {"invalid_grant"}
            winner = next(a.json() for a in answers if a.status_code == 200)
            with bank.http() as client:
                again = client.post("/id/token", data=form | {"refresh_token": winner["refresh_token"]})
                bearer = {"Authorization": f"Bearer {winner['access_token']}"}
                lives = profile == "browser"
                assert again.is_success is lives
                assert client.get("/bank/api/me", headers=bearer).is_success is lives
