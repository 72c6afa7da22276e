"""Hand the checks in this folder to the grader: they are run against answers, not as tests of the lab."""

from __future__ import annotations

import pytest

PLUGIN = "labapp.grading.pytest_plugin"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the grader, unless the command line has done so."""
    if not pluginmanager.has_plugin(PLUGIN):
        pluginmanager.import_plugin(PLUGIN)
