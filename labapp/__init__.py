"""JWTs and sessions, side by side: a small bank whose credentials you issue, leak, revoke and outlive.

Start with `labapp.lab.Lab` in a notebook, or with `python -m labapp --help` on a terminal.
The rooms of this package and the floors they stand on are drawn in `docs/house.md`.
"""

from __future__ import annotations

__version__ = "0.1.0"
