"""The month's counted messages of an account (the month turns in UTC+9)."""

from datetime import UTC, datetime, timedelta, timezone

from plugin.sandbox.line.api.answers import refusal
from plugin.sandbox.store import Value
from plugin.sandbox.world import World

JAPAN = timezone(timedelta(hours=9))


def _key(world: World, channel: str) -> str:
    now = datetime.fromtimestamp(world.clock.now(), UTC).astimezone(JAPAN)
    return f"{channel} {now:%Y-%m}"


def used(world: World, channel: str) -> int:
    """The month's count: one per reachable recipient and request."""
    usage = world.store.get("line_usage", _key(world, channel))
    return usage["used"] if usage else 0


def set_used(world: World, channel: str, number: int) -> None:
    world.store.put("line_usage", _key(world, channel), {"used": number})


def bill(world: World, account: Value, recipients: int) -> None:
    """Count a request, or raise the 429 of a used-up month; unreachable users are free."""
    limit, channel = account["quota_limit"], account["channel_id"]
    # A full month refuses every request, also to users who would not have been billed.
    before = used(world, channel)
    if limit is not None and before + max(recipients, 1) > limit:
        raise refusal(429, "You have reached your monthly limit.")
    if recipients:
        set_used(world, channel, before + recipients)
