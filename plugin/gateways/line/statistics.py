"""What LINE counts: names for statistics, opens, and how many messages it sent on a day."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from plugin.gateways import Channel, Opens
from plugin.gateways.line.answers import reading
from plugin.gateways.line.client import LineAnswer

Call = Callable[..., LineAnswer]
# Names are letters, digits and `_`, at most 30 (Messaging API reference, push).
UNITS = "customAggregationUnits"


class Statistics:
    """The calls of `LineGateway` that only read counts. `call` is the gateway's own."""

    _call: Call

    def aggregation_units(self, channel: Channel) -> int:
        """Return how many names were used this month (UTC+9), whoever used them."""
        path = "/v2/bot/message/aggregation/info"
        answer = self._call(channel, "aggregation-info", "GET", path)
        with reading():
            return int((answer.json() or {})["numOfCustomAggregationUnits"])

    def opens(self, channel: Channel, unit: str, start: date, end: date) -> Opens:
        """Read a name's statistics, both days included (UTC+9) and 30 days apart at most. 60 calls
        an hour."""
        query = {"customAggregationUnit": unit, "from": _day(start), "to": _day(end)}
        path = "/v2/bot/insight/message/event/aggregation"
        answer = self._call(channel, "insight-unit", "GET", path, query=query)
        with reading():
            overview = (answer.json() or {})["overview"]
            return Opens(_count(overview, "uniqueImpression"), _count(overview, "uniqueClick"))

    def delivered(self, channel: Channel, kind: str, day: date) -> int | None:
        """Return how many messages of a kind LINE sent on a day (UTC+9); None: not counted yet, or
        fewer than 20, which it keeps to itself."""
        path = f"/v2/bot/message/delivery/{kind}"
        answer = self._call(channel, f"delivery-{kind}", "GET", path, query={"date": _day(day)})
        payload = answer.json() or {}
        with reading():
            return int(payload["success"]) if payload["status"] == "ready" else None


def refuses_unit(body: Mapping[str, Any], details: tuple[str, ...], message: str) -> bool:
    """Whether LINE refused a send for the name of its statistics."""
    return UNITS in body and any(UNITS in text for text in (*details, message))


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _count(overview: Mapping[str, Any], name: str) -> int | None:
    # Nothing below 20 people.
    count = overview.get(name)
    return None if count is None else int(count)
