from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support.bare import bare_app, engine_of
from tests.support.databases import Copies


@pytest.fixture
def app(copies: Copies, tmp_path: Path) -> Iterator[Flask]:
    """Musubi on an empty database; its engine stands still until told, and is stopped."""
    with bare_app(copies, tmp_path) as made:
        yield made
        engine_of(made).stop(2)
