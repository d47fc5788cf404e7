"""Knobs of the LINE half, told over `POST /control/line-settings`."""

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
    """The value told last, else the default."""
    told = world.store.get("line_setting", name)
    return told["value"] if told else DEFAULTS[name]


def tell(world: World, name: str, value: Any) -> None:
    """Raises KeyError for a name that is not a knob."""
    world.store.put("line_setting", name, {"value": value, "was": DEFAULTS[name]})
