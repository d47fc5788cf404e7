"""A time span is written as the reader's language writes it."""

from datetime import timedelta

import pytest

from plugin.web.language import time_span
from tests.support.world import World


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "13 minutes ago"), ("ja", "13分前"), ("zh-Hant-TW", "13 分鐘前")],
)
def test_only_japanese_has_no_space_before_its_units(
    world: World, language: str, words: str
) -> None:
    with world.app.test_request_context(f"/?lang={language}"):
        assert time_span(timedelta(minutes=-13), add_direction=True) == words
