"""The LINE stand-in counts as LINE does: names for statistics, opens, and the messages of a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.sandbox.line.api.usage import JAPAN
from tests.sandbox.line.rig import CHARLIE, TEXT, Line


def day(ahead: int = 0) -> str:
    return f"{datetime.now(UTC).astimezone(JAPAN) + timedelta(days=ahead):%Y%m%d}"


def used(line: Line) -> int:
    found = line.api("GET", "/v2/bot/message/aggregation/info").json()
    return int(found["numOfCustomAggregationUnits"])


def push(line: Line, names: object) -> Any:
    body = {"to": CHARLIE, "messages": [TEXT], "customAggregationUnits": names}
    return line.api("POST", "/v2/bot/message/push", body)


def test_a_months_names_are_counted_and_the_1001st_is_dropped(line: Line) -> None:
    for unit in ("sale_A", "sale_a", "sale_A"):
        assert push(line, [unit]).status == 200
    assert used(line) == 2
    line.control("POST", "/line-statistics", {"names": 998})
    assert push(line, ["one_too_many"]).status == 200
    assert used(line) == 1000
    assert [one["unit"] for one in line.arrived()] == ["sale_A", "sale_a", "sale_A", ""]


@pytest.mark.parametrize("names", [["a", "b"], ["a b"], ["a" * 31], [""], "a", [7]])
def test_odd_names_are_refused_and_cost_nothing(line: Line, names: object) -> None:
    refused = push(line, names)
    assert refused.status == 400
    assert "customAggregationUnits" in refused.json()["details"][0]["property"]
    assert line.arrived() == []


def test_nothing_is_told_of_fewer_than_twenty(line: Line) -> None:
    opens = {"opens": {"many": [20, 19]}}
    line.control("POST", "/line-statistics", opens)
    path = "/v2/bot/insight/message/event/aggregation"
    query = f"?customAggregationUnit=many&from={day(-1)}&to={day()}"
    overview = line.api("GET", path + query).json()["overview"]
    assert (overview["uniqueImpression"], overview["uniqueClick"]) == (20, None)
    assert (
        line.api("GET", f"{path}?customAggregationUnit=many&from={day(-31)}&to={day()}").status
        == 400
    )


def test_a_day_is_counted_when_it_is_over(line: Line) -> None:
    line.push()
    path = "/v2/bot/message/delivery/push?date="
    assert line.api("GET", path + day()).json() == {"status": "unready"}
    assert line.api("GET", path + day(-1)).json() == {"status": "ready", "success": 0}
    line.control("POST", "/line-statistics", {"days": {f"push {day(-1)}": 19}})
    assert line.api("GET", path + day(-1)).json() == {"status": "unavailable_for_privacy"}
    line.control("POST", "/line-statistics", {"days": {f"push {day(-1)}": 20}})
    assert line.api("GET", path + day(-1)).json() == {"status": "ready", "success": 20}
    assert line.api("GET", path + "20170101").json() == {"status": "out_of_service"}
    assert line.api("GET", path + "20261301").status == 400
