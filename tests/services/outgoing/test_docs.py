"""What docs/webhooks.md shows is what works."""

import re
from collections.abc import Callable
from typing import Any

from plugin.core.webhooks.event_types import EVENT_TYPES, TEST
from tests.gateways.scripted_server import ScriptedServer
from tests.house.project import read
from tests.services.outgoing.receiving import PATH, listen, receiver_of
from tests.support.people import linked
from tests.support.world import Tenant, World

GUIDE = read("docs/webhooks.md")


def shown() -> Callable[[str, dict[str, str], bytes], bool]:
    """The function that the guide shows."""
    [code] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the guide's own code
    function: Callable[[str, dict[str, str], bytes], bool] = names["verified"]
    return function


def test_the_example_verifies_what_arrives_and_nothing_else(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH, "friend.linked")
    linked(world, alice)
    world.work()
    with world.app.app_context():
        secret = receiver_of(world, receiver_id).secret
    [seen] = hooks.seen
    verified = shown()
    assert verified(secret, seen.headers, seen.body)
    assert not verified("whsec_AAAA", seen.headers, seen.body)
    assert not verified(secret, seen.headers, seen.body + b" ")
    assert not verified(secret, {**seen.headers, "webhook-timestamp": "1"}, seen.body)


def test_the_guide_names_every_event() -> None:
    rows = set(re.findall(r"^\| `([a-z.]+)` \|", GUIDE, re.MULTILINE))
    assert rows == {*EVENT_TYPES, TEST}
