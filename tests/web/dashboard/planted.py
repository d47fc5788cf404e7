"""Days of counts, as their writes would have left them."""

from datetime import date, datetime, timedelta

from plugin.core.clock import utcnow
from plugin.core.quota import MONTH_ZONE, day_of
from plugin.models.system.activity import count
from plugin.models.transaction import transaction
from plugin.services.system.activity import fold_activity
from tests.support.world import Tenant, World

MEASURES = ("friends", "following", "follows", "sent", "tapped", "received", "blocks")
METHODS = ("qr", "email", "import", "property", "manual")


def days_ago(days: int) -> datetime:
    """Noon of LINE's day."""
    now = utcnow().astimezone(MONTH_ZONE)
    return now.replace(hour=12, minute=0) - timedelta(days=days)


def plant(world: World, tenant: Tenant, counts: dict[int, dict[str, int]]) -> None:
    """Count by how many days ago it was, and fold half of it."""
    with world.app.app_context():
        for place, (days, measures) in enumerate(counts.items()):
            with transaction():
                for measure, n in measures.items():
                    count(tenant.account_id, measure, n, days_ago(days))
            if place == len(counts) // 2:
                fold_activity()


def busy_days(number: int) -> dict[int, dict[str, int]]:
    """So many days on which everything happened, thousands of times."""
    links = {f"linked:{method}": 1000 + place for place, method in enumerate(METHODS)}
    per_day = {measure: 12_345 + place for place, measure in enumerate(MEASURES)}
    return {
        days: {**per_day, **links, "linked": sum(links.values())} for days in range(number, -1, -1)
    }


def today() -> date:
    return day_of(utcnow())
