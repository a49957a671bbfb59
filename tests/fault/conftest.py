# SPDX-License-Identifier: BSD-2-Clause
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import store as store_module  # noqa: E402


@pytest.fixture
def stage():
    yield from store_module.staged()


@pytest.fixture
def store(stage):
    """A new store without a record."""
    made = store_module.Store(stage / "store")
    assert made.run("make").status == 0
    return made
