"""HubSpot's marketing campaigns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Campaign:
    """A HubSpot campaign. `utm`: what links carry as utm_campaign, "" where HubSpot has none."""

    campaign_id: str
    name: str
    utm: str


@dataclass(frozen=True)
class CampaignBudget:
    """What was spent on a campaign: the names of the items, and the portal's currency."""

    spends: frozenset[str]
    currency: str
