"""HubSpot campaigns: chosen for a broadcast, carried by its links, and charged with its cost."""

from datetime import datetime
from typing import NamedTuple

import structlog

from plugin.gateways import Campaign
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.outcome_sql import free_replies
from plugin.models.broadcasts.recipient import SENT, Tally
from plugin.models.connections.installation import Installation
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.cost import spent
from plugin.services.connections.access_token import portal_access

log = structlog.get_logger()
READ, WRITE = "marketing.campaigns.read", "marketing.campaigns.write"
# In a broadcast's `campaign`: how the writing of its cost ended, and of which broadcast.
SPENT, SPENT_BY = "spent", "spent_by"
WRITTEN, OTHER_CURRENCY = "written", "other_currency"
MILLI = 1000


class Campaigns(NamedTuple):
    """`missing`: the scope that HubSpot has not granted, "" where the campaigns are there."""

    rows: tuple[Campaign, ...]
    missing: str


def campaigns_of(deps: Dependencies, installation: Installation, name: str = "") -> Campaigns:
    """Return the newest campaigns whose names hold the text. Raise `GatewayError`."""
    if READ not in installation.scopes:
        return Campaigns((), READ)
    access = portal_access(deps, installation.id)
    return Campaigns(deps.gateways.hubspot.campaigns(access, name), "")


def may_write_spend(installation: Installation) -> bool:
    return WRITE in installation.scopes


def write_spend(deps: Dependencies, broadcast_id: int) -> datetime | None:
    """Write a finished broadcast's cost as spend of its campaign, once. Raise `GatewayError`."""
    broadcast = db.session.get(Broadcast, broadcast_id)
    if broadcast is None or not lacks_spend(broadcast) or not broadcast.campaign:
        return None
    account = broadcast.official_account
    priced = Tally.count_of(broadcast.id, SENT) - free_replies(broadcast.id)
    cost = spent(broadcast, priced)
    if not may_write_spend(account.installation) or cost is None or not cost.milli:
        return None
    access = portal_access(deps, account.installation_id)
    hubspot, campaign_id = deps.gateways.hubspot, broadcast.campaign["id"]
    budget = hubspot.campaign_budget(access, campaign_id)
    name = f"LINE: {broadcast.name} (Musubi {broadcast.id})"
    if budget.currency and budget.currency != cost.currency:
        _close(broadcast, OTHER_CURRENCY)
        return None
    # A repeat would add it again; after a lost answer it is found here.
    if name not in budget.spends:
        hubspot.add_spend(access, campaign_id, name, cost.milli / MILLI)
    _close(broadcast, WRITTEN)
    return None


def lacks_spend(broadcast: Broadcast) -> bool:
    campaign = broadcast.campaign or {}
    # A copy of a broadcast has what was written for the other one.
    return bool(campaign.get("id")) and campaign.get(SPENT_BY) != str(broadcast.id)


def _close(broadcast: Broadcast, outcome: str) -> None:
    log.info("campaign_spend", broadcast=broadcast.id, outcome=outcome)
    with transaction():
        ended = {SPENT: outcome, SPENT_BY: str(broadcast.id)}
        broadcast.campaign = {**(broadcast.campaign or {}), **ended}
