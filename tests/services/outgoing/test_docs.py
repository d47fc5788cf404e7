"""What docs/webhooks.md shows is what works, and each time that people read of is the true one."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from plugin.core.webhooks.event_types import EVENT_TYPES, TEST
from plugin.core.webhooks.schedule import (
    EVENTS_KEPT,
    GIVEN_UP_AFTER,
    LONGEST_ASKED,
    LONGEST_REST,
    PAUSES,
    RELAYED_WITHIN,
    SWITCHED_OFF_AFTER,
    UNTRIED_KEPT,
)
from plugin.services.outgoing import receivers, relay, replay, send
from tests.gateways.scripted_server import ScriptedServer
from tests.house.project import read
from tests.services.outgoing.receiving import PATH, listen, receiver_of
from tests.support.people import linked
from tests.support.world import Tenant, World

GUIDE = read("docs/webhooks.md")

NUMBERS = {timedelta(days=3): "three days", timedelta(days=5): "five days",
           timedelta(hours=1): "an hour"}  # fmt: skip
KEPT = f"{EVENTS_KEPT.days} days"
GIVEN_UP, OFF = NUMBERS[GIVEN_UP_AFTER], NUMBERS[SWITCHED_OFF_AFTER]
RELAYED = f"{RELAYED_WITHIN.seconds // 60} minutes"
# Of each file, every time that it names.
NAMED = {
    "plugin/templates/webhooks/list.html": [GIVEN_UP, "two weeks"],
    "plugin/templates/webhooks/one.html": [KEPT, GIVEN_UP],
    "plugin/templates/webhooks/relay.html": [RELAYED],
    "plugin/web/settings/receiver_words.py": [KEPT, OFF],
    "plugin/web/dashboard/webhook_matters.py": [GIVEN_UP],
    "plugin/api/resources/system/webhooks.py": [KEPT],
    "plugin/api/resources/system/webhook_schemas.py": [KEPT],
}
_TIME = re.compile(r"\b(?:\d+|two|three|four|five|six|seven|ten) (?:minutes|hours|days|weeks)\b")


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


def test_the_pages_name_the_times_that_are_kept() -> None:
    assert timedelta(weeks=2) == EVENTS_KEPT
    for path, times in NAMED.items():
        assert set(_TIME.findall(read(path))) == set(times), path


def test_the_guide_names_the_pauses_and_limits_that_are_kept() -> None:
    guide = " ".join(GUIDE.split())
    spans = [int(pause.total_seconds()) for pause in PAUSES]
    minutes = [span // 60 for span in spans if 60 <= span < 3600]
    hours = [span // 3600 for span in spans if span >= 3600]
    *first, last = hours
    tries = (
        f"after {spans[0]} seconds, {spans[1]} seconds, {_listed(minutes)} minutes,"
        f" {_listed(first)} hours, then every {last} hours, for {GIVEN_UP}"
    )
    assert len(spans) == 2 + len(minutes) + len(hours)
    for words in (
        tries,
        f"`Retry-After` is heeded up to {LONGEST_ASKED.seconds // 3600} hours",
        f"the receiver rests, up to {NUMBERS[LONGEST_REST]}",
        f"One that took nothing for {OFF}",
        f"Events are kept for {KEPT}",
        f"Answer 2xx within {send.CALL_SECONDS:.0f} seconds",
        f"(2xx within {relay.CALL_SECONDS:.0f} seconds) is tried again for {RELAYED}",
        f"up to {NUMBERS[UNTRIED_KEPT]} later",
        f"two signatures for {receivers.BOTH_VALID.days * 24} hours",
        f"{replay.MOST_AT_ONCE:,} with one call",
    ):
        assert words in guide, words
    api = read("plugin/api/resources/system/webhooks.py")
    assert f"{replay.MOST_AT_ONCE} at a time" in api
    assert f"no more than {replay.MOST_AT_ONCE}." in api


def _listed(numbers: list[int]) -> str:
    *some, last = map(str, numbers)
    return f"{', '.join(some)} and {last}"
