"""What authors of lessons and exercises work with: the canonical form of notebooks, stubs made from solutions.

Learners never need this room; `nbformat` is imported nowhere else.
"""
