"""Settings of the LINE half, changed over `POST /control/line-settings`."""

from typing import Any

from plugin.sandbox.world import World

DEFAULTS: dict[str, Any] = {
    # Messages to one user before LINE says "too many"; the real number is not published.
    "flood_messages": 1000,
    "flood_seconds": 60,
    # LINE documents both answers to an unknown id among a multicast's: "refuse" or "ignore".
    "multicast_unknown": "refuse",
    # Seconds after which an event that got no 2xx is sent again, where redelivery is on.
    "redelivery_delays": [1, 5, 20],
}


def setting(world: World, name: str) -> Any:
    value = world.store.get("line_setting", name)
    return value["value"] if value else DEFAULTS[name]


def set_setting(world: World, name: str, value: Any) -> None:
    """Store a setting; raises KeyError for an unknown name."""
    world.store.put("line_setting", name, {"value": value, "was": DEFAULTS[name]})
