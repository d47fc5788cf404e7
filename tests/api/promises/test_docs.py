"""The commands of docs/api.md run as they stand, and answer with what is shown."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugin.api.rates import RATE
from plugin.core.clock import utcnow
from plugin.models.people.friend import FOLLOWING
from plugin.models.transaction import transaction
from plugin.services.friends.records import get_or_create_friend
from tests.api.client import key_for
from tests.house.project import read
from tests.support.people import line_user
from tests.support.pictures import drawn, saved
from tests.support.world import Tenant, World

BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
STAND_IN = "U0123456789abcdef0123456789abcdef"


def blocks() -> list[tuple[str, str]]:
    """The commands, each with the JSON that is shown below it ("" where none is)."""
    found = BLOCK.findall(read("docs/api.md"))
    return [
        (text, found[at + 1][1] if found[at + 1 :] and found[at + 1][0] == "json" else "")
        for at, (kind, text) in enumerate(found)
        if kind == "sh"
    ]


def fits(shown: Any, answered: Any) -> bool:
    """Whether the answer has the shown fields, down to the rows of each list."""
    if type(shown) is not type(answered):
        return False
    if isinstance(shown, dict):
        return all(
            name in answered and fits(value, answered[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        rows = zip(shown, answered, strict=False)
        return len(answered) >= len(shown) and all(fits(*pair) for pair in rows)
    return True


@pytest.mark.parametrize(
    ("answered", "is_fit"),
    [
        ({"results": [{"id": "2", "more": 1}], "after": None}, True),
        ({"results": [{"id": "2"}, {"id": "3"}], "after": None}, True),
        ({"results": [], "after": None}, False),
        ({"results": [{"id": 2}], "after": None}, False),
        ({"results": [{}], "after": None}, False),
        ({"results": {"id": "2"}, "after": None}, False),
        ({"results": [{"id": "2"}], "after": "x"}, False),
        ({"results": [{"id": "2"}]}, False),
        ([], False),
    ],
)
def test_an_answer_that_is_not_as_shown_is_seen(answered: Any, is_fit: bool) -> None:
    assert fits({"results": [{"id": "1"}], "after": None}, answered) is is_fit


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_every_command_runs_and_answers_as_shown(
    world: World, alice: Tenant, tmp_path: Path
) -> None:
    assert (alice.account_id, len(blocks())) == (1, 9)
    with world.app.app_context(), transaction():
        friend = get_or_create_friend(world.account(alice), "U" + "c" * 32, utcnow())
        friend.status = FOLLOWING
    (tmp_path / "spring.png").write_bytes(saved(drawn("green")))
    told = {**os.environ, "MUSUBI": world.url, "KEY": key_for(world, alice)}
    for command, shown in blocks():
        script = command.replace(STAND_IN, line_user("charlie"))
        ran = subprocess.run(
            ["/bin/sh", "-c", script], cwd=tmp_path, env=told, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
        if shown:
            assert fits(json.loads(shown), json.loads(ran.stdout)), (command, ran.stdout)
        else:
            # The server writes names of headers in its own way.
            assert "ratelimit-remaining: " in ran.stdout.lower()


def test_the_numbers_are_those_of_the_code() -> None:
    words = f"{RATE.burst:.0f} requests at once, and {RATE.per_second:.0f} a second"
    assert words in read("docs/api.md")
    assert f"{RATE.burst:.0f} times at once and {RATE.per_second:.0f} times" in read("README.md")
