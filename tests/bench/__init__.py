"""Measurements, not tests: `make bench` runs them and writes `docs/benchmarks.md`.

Times depend on the machine and on what else runs there, so every figure is a ratio within one run:
the cases of a group take turns, round after round, and the median over the rounds is what counts.
"""
