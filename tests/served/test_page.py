"""`docs/http.md` is all that an outsider reads: every line of it is run, and nothing that is served is left out."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from labapp.__main__ import main
from labapp.profiles import PROFILES
from labapp.web.assembly import assemble
from labapp.web.serving.control import create_control
from labapp.web.serving.openapi import MOUNTS, describe, routes
from tests.served.bank import TOKEN, Served, served

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bank() -> Iterator[Served]:
    with served("--control") as bank:
        yield bank


def test_every_line_of_the_page_runs(bank: Served, needs_program: Callable[[str], str]) -> None:
    """In one shell, from the top, stopping at the first line that fails."""
    needs_program("curl")
    script = "set -eu\n" + "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    environment = {"BASE": bank.base, "CONTROL": TOKEN, "ALICE_PASSWORD": bank.passwords["alice"]}
    ran = subprocess.run(
        [needs_program("bash"), "-c", script],
        env=environment | {"PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert ran.stderr == ""


def test_every_route_is_on_the_page_and_in_the_description() -> None:
    bank = assemble(alg="HS256")
    paths = describe("http://127.0.0.1", bank.apps, with_control=False)["paths"]
    for service, app in bank.apps.items():
        for method, rule in routes(app):
            path = MOUNTS[service] + rule.replace("<", "{").replace(">", "}")
            assert method.lower() in paths[path]
            told = rule.replace("/api", "…", 1) if rule.startswith("/api") else MOUNTS[service] + rule
            told = told.replace("/web", "…", 1) if told not in PAGE and rule.startswith("/web") else told
            if rule.startswith("/web") and f"{method} {told}" not in PAGE:
                told = rule.replace("/web", "…", 1)
            if rule == "/healthz":
                continue
            assert f"{method} {told}" in PAGE, f"{method} {rule} of {service}"


def test_every_route_of_the_panel_is_on_the_page() -> None:
    app = create_control(assemble(alg="HS256"), "x", {})
    for method, rule in routes(app):
        if rule != "/healthz":
            told = f"/_lab{rule}".replace("/enable", "/disable")
            assert f"`{method} {told}`" in PAGE, rule


def test_every_option_is_on_the_page() -> None:
    text = CliRunner().invoke(main, ["serve", "--help"]).output
    for option in set(re.findall(r"--[a-z]+", text)) - {"--help"}:
        assert f"`{option}" in PAGE or f", `{option}`" in PAGE, option


def test_the_lifetimes_are_those_of_the_profiles() -> None:
    fields = [
        ("access token", "access_life"),
        ("refresh family, absolute, counted from the login", "refresh_life"),
        ("refresh family, unused", "refresh_idle"),
        ("grace for the parent of the live refresh token", "refresh_grace"),
        ("leeway of verifiers", "leeway"),
        ("session, idle", "idle_timeout"),
        ("session, absolute", "absolute_timeout"),
        ("sessions per user", "session_cap"),
    ]
    for said, name in fields:
        values = [getattr(PROFILES[p], name) for p in ("recommended", "browser", "workshop")]
        assert f"| {said} | {' | '.join(map(str, values))} |" in PAGE
