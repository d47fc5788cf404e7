"""HubSpot campaigns that a broadcast may belong to."""

from typing import NamedTuple

from flask_babel import gettext as _

from plugin.gateways import Campaign, GatewayError
from plugin.guards import get_deps
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.services.broadcasts.campaigns import campaigns_of
from plugin.web.broadcasts.steps.typed import Typed
from plugin.web.session import person


class Offered(NamedTuple):
    """`problem`: why HubSpot shows no campaigns, "" where it does."""

    rows: tuple[Campaign, ...]
    problem: str


def offered_campaigns() -> Offered:
    try:
        found = campaigns_of(get_deps(), person().installation)
    except GatewayError as error:
        words = _("HubSpot could not be asked for its campaigns: %(error)s", error=error.message)
        return Offered((), str(words))
    if not found.missing:
        return Offered(found.rows, "")
    words = _("To choose a HubSpot campaign, connect HubSpot again and allow %(scope)s.",
              scope=found.missing)  # fmt: skip
    return Offered((), str(words))


def chosen_campaign(typed: Typed, broadcast: Broadcast, offered: Offered) -> dict[str, str] | None:
    """Return what the draft keeps of the chosen campaign; the former choice stays while HubSpot
    does not show its campaigns."""
    campaign_id, former = typed.text("campaign", 100), broadcast.campaign
    if former and (campaign_id == former.get("id") or (offered.problem and not campaign_id)):
        return former
    if not campaign_id:
        return None
    for row in offered.rows:
        if row.campaign_id == campaign_id:
            return {"id": row.campaign_id, "name": row.name, "utm": row.utm}
    typed.refuse("campaign", _("HubSpot has no such campaign any more."))
    return None
