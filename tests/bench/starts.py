"""How long it takes until something can be used."""

from __future__ import annotations

import subprocess
import sys

from labapp.grading.engine import grade
from labapp.grading.places import places
from labapp.lab import Lab
from tests.bench.rounds import as_markdown, measure


def section() -> str:
    def run(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    processes = measure(
        {
            "an empty Python": lambda: run("pass"),
            "import flask, jwt, fakeredis": lambda: run("import flask, jwt, fakeredis"),
            "import labapp.web.assembly": lambda: run(
                "import labapp.web.assembly, sys; assert 'IPython' not in sys.modules"
            ),
            "import labapp.lab": lambda: run("import labapp.lab"),
        },
        calls=1,
        rounds=7,
    )
    slug = "ex00_two_doors"
    answer = places().solution(slug).read_text()
    warm = measure(
        {"Lab()": Lab, f"all checks of {slug}, isolated": lambda: grade(slug, answer)}, calls=3, rounds=9
    )
    return (
        as_markdown("Starting", "Each import in a process of its own.", processes)
        + "\n"
        + as_markdown(
            "Warm, in a notebook",
            "Keys are made on first use; each check runs its answer in a fresh process.",
            warm,
            {"Lab()": "under 100 ms"},
        )
    )
