"""Cases that take turns, and the median of their ratios."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What one case took.

    Attributes:
        name: the case.
        seconds: median time of one call.
        ratio: median over the rounds of its time divided by the base case's in the same round.
        spread: smallest and largest of these ratios.
    """

    name: str
    seconds: float
    ratio: float
    spread: tuple[float, float]


def measure(cases: Mapping[str, Callable[[], object]], *, calls: int, rounds: int = 15) -> list[Figure]:
    """Let the cases take turns; the first one is the base of the ratios."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for work in cases.values():
        work()
    gc.collect()
    for _ in range(rounds):
        for name, work in cases.items():
            began = time.perf_counter()
            for _ in range(calls):
                work()
            times[name].append((time.perf_counter() - began) / calls)
    base = next(iter(times.values()))
    figures = []
    for name, taken in times.items():
        ratios = [mine / its for mine, its in zip(taken, base, strict=True)]
        figures.append(
            Figure(name, statistics.median(taken), statistics.median(ratios), (min(ratios), max(ratios)))
        )
    return figures


def as_markdown(title: str, note: str, figures: list[Figure], aims: Mapping[str, str] | None = None) -> str:
    """Write a group of figures as a section."""
    lines = [
        f"## {title}",
        "",
        note,
        "",
        "| case | median | ratio | smallest to largest | aim |",
        "|---|---|---|---|---|",
    ]
    for figure in figures:
        low, high = figure.spread
        aim = (aims or {}).get(figure.name, "")
        lines.append(
            f"| {figure.name} | {_time(figure.seconds)} | {figure.ratio:.2f} | {low:.2f} to {high:.2f} | {aim} |"
        )
    return "\n".join([*lines, ""])


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"
