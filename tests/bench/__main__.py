"""`python -m tests.bench` writes `docs/benchmarks.md`."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from tests.bench import doors, starts

HEAD = """# Benchmarks

Written by `make bench`; run it again on your own machine.
Ratios are medians over rounds in which the cases take turns, so they can be compared between machines; times cannot.
Measured with Python {python} on {cores} cores.

"""


def main() -> None:
    head = HEAD.format(python=platform.python_version(), cores=os.cpu_count())
    text = head + "\n".join([doors.section(), starts.section()])
    Path("docs/benchmarks.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
