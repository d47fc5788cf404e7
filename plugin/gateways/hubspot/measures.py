"""What came of a send: values with their history, won deals, campaigns and what they cost."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from plugin.gateways import Campaign, CampaignBudget, Portal, PropertyHistory
from plugin.gateways.hubspot.client import Caller, HubSpotTopic, reading
from plugin.gateways.hubspot.paths import BUDGET, CAMPAIGNS, CONTACTS_OF_DEALS, DEALS, SPEND
from plugin.gateways.network import parse_rows

_DEALS_PAGE = 100
_CAMPAIGNS_PAGE = "100"


class MeasureCalls(HubSpotTopic):
    def property_history(
        self, portal: Portal, contact_ids: Sequence[int], name: str
    ) -> PropertyHistory:
        body = {
            "inputs": [{"id": str(contact_id)} for contact_id in dict.fromkeys(contact_ids)],
            "properties": [],
            "propertiesWithHistory": [name],
        }
        answer = self._portal_api(portal).crm.contacts.batch_api.read(body)
        with reading():
            rows = parse_rows(answer["results"], lambda raw: (int(raw["id"]), _changes(raw, name)))
            return dict(rows)

    def won_deals(self, portal: Portal, since: datetime, after: int) -> Mapping[int, datetime]:
        filters = [
            {"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"},
            {"propertyName": "closedate", "operator": "GTE", "value": _millis(since)},
            {"propertyName": "hs_object_id", "operator": "GT", "value": str(after)},
        ]
        body = {
            "filterGroups": [{"filters": filters}],
            # Paged by record id, since the search pages no further than 10,000.
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": ["closedate"],
            "limit": _DEALS_PAGE,
        }
        answer = self._client.direct(Caller.searching(portal), "POST", DEALS, body=body)
        with reading():
            return dict(parse_rows((answer or {})["results"], _deal))

    def contacts_of_deals(
        self, portal: Portal, deal_ids: Sequence[int]
    ) -> Mapping[int, Sequence[int]]:
        body = {"inputs": [{"id": str(deal_id)} for deal_id in deal_ids]}
        answer = self._client.direct(Caller.of(portal), "POST", CONTACTS_OF_DEALS, body=body)
        with reading():
            return dict(parse_rows((answer or {})["results"], _contacts_of))

    def campaigns(self, portal: Portal, name: str = "") -> tuple[Campaign, ...]:
        query = [("limit", _CAMPAIGNS_PAGE), ("sort", "-createdAt")]
        query += [("properties", "hs_name,hs_utm"), *([("name", name)] if name else [])]
        answer = self._client.direct(Caller.of(portal), "GET", CAMPAIGNS, query=query)
        with reading():
            return tuple(parse_rows((answer or {})["results"], _campaign))

    def campaign_budget(self, portal: Portal, campaign_id: str) -> CampaignBudget:
        params = {"campaignGuid": campaign_id}
        answer = self._client.direct(Caller.of(portal), "GET", BUDGET, path_params=params)
        with reading():
            items = (answer or {}).get("spendItems") or ()
            names = frozenset(parse_rows(items, lambda raw: str(raw["name"])))
            return CampaignBudget(names, str((answer or {}).get("currencyCode") or ""))

    def add_spend(self, portal: Portal, campaign_id: str, name: str, amount: float) -> None:
        body = {"name": name, "amount": amount, "order": 0}
        params = {"campaignGuid": campaign_id}
        self._client.direct(Caller.of(portal), "POST", SPEND, body=body, path_params=params)


def _changes(raw: Mapping[str, Any], name: str) -> list[tuple[str, datetime]]:
    changes = (raw.get("propertiesWithHistory") or {}).get(name) or ()
    return parse_rows(changes, lambda one: (str(one["value"] or ""), _moment(one["timestamp"])))


def _deal(raw: Mapping[str, Any]) -> tuple[int, datetime]:
    return int(raw["id"]), _moment(raw["properties"]["closedate"])


def _contacts_of(raw: Mapping[str, Any]) -> tuple[int, list[int]]:
    return int(raw["from"]["id"]), [int(one["toObjectId"]) for one in raw.get("to") or ()]


def _campaign(raw: Mapping[str, Any]) -> Campaign:
    properties = raw.get("properties") or {}
    name = str(properties.get("hs_name") or raw["id"])
    return Campaign(str(raw["id"]), name, str(properties.get("hs_utm") or ""))


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _millis(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))
