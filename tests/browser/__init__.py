"""The lessons in a real JupyterLab, driven by a real browser: what a learner sees, clicks and types.

One JupyterLab serves all of these tests, so they stay on one worker (`make test` passes `--dist loadgroup`).
They are a package, with fixtures that end with it: while Playwright's synchronous API is open its event loop counts
as running, and no other test of that worker could start one.
"""
