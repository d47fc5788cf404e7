"""How the stand-in answers where HubSpot's behaviour is not documented, or may change."""

from typing import Any

from plugin.sandbox.world import World

DEFAULTS: dict[str, Any] = {
    # Status of a batch answer that carries errors: 207 up to 2026-03, 200 declared since.
    "partial_batch_status": 200,
    # Whether a merge makes a third record id, or keeps the primary's.
    "merge_creates_id": True,
    # Answer to completing a callback that was completed before: 204 or 404.
    "repeated_completion_status": 204,
    # Seconds between the tries of a webhook batch. HubSpot: up to ten more within 24 hours.
    "webhook_gaps": [0.2, 0.5, 1, 2, 5],
    # How many times every webhook batch is sent although it was answered (at least once).
    "webhook_copies": 1,
    # Seconds between the tries of an action. HubSpot: from a minute to 8 hours, for three days.
    "action_gaps": [0.5, 1, 2, 4, 8, 16, 30, 60],
    # Seconds HubSpot waits for a workflow action's answer (not published).
    "action_timeout": 20,
}


def switches(world: World) -> dict[str, Any]:
    return {**DEFAULTS, **(world.store.get("hubspot-options", "switches") or {})}


def set_switches(world: World, changes: dict[str, Any]) -> dict[str, Any]:
    """Change some switches; raises KeyError for an unknown name."""
    unknown = set(changes) - set(DEFAULTS)
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    world.store.put("hubspot-options", "switches", {**switches(world), **changes})
    return switches(world)
