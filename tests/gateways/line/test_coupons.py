"""The account's coupons, as LINE lists and describes them."""

from datetime import UTC, datetime

import pytest

from plugin.gateways import Channel, Coupon, GatewayError
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.line.spec import FOLDER, Spec
from tests.gateways.scripted_server import Reply, ScriptedServer

LIST = "/v2/bot/coupon"


def test_running_coupons_are_listed_and_one_is_described(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", LIST, Reply(body={"items": [{"couponId": "c1", "title": "Tea"}]}))
    period = {"startTimestamp": 1_700_000_000, "endTimestamp": 1_800_000_000}
    whole = {"couponId": "c1", "title": "Tea", "status": "CLOSED", **period}
    server.on("GET", f"{LIST}/c1", Reply(body=whole))
    assert line.coupons(channel) == (Coupon("c1", "Tea", running=True),)
    coupon = line.coupon(channel, "c1")
    assert (coupon.running, coupon.ends_at) == (False, datetime(2027, 1, 15, 8, tzinfo=UTC))


def test_an_odd_answer_is_unreadable_and_an_unknown_coupon_not_found(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", LIST, Reply(body={"items": [{}]}))
    server.on("GET", f"{LIST}/c9", Reply(404, {"message": "Not found"}))
    with pytest.raises(GatewayError) as caught:
        line.coupons(channel)
    assert caught.value.reason == "unavailable"
    with pytest.raises(GatewayError) as caught:
        line.coupon(channel, "c9")
    assert caught.value.reason == "not_found"


def test_an_odd_coupon_does_not_hide_the_others(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    odd = [{"title": "No id"}, "text", {"couponId": "c2", "endTimestamp": 10**20}]
    items = [*odd, {"couponId": "c1", "title": "Tea"}]
    server.on("GET", LIST, Reply(body={"items": items}))
    assert line.coupons(channel) == (Coupon("c1", "Tea", running=True),)


@pytest.mark.specs
@pytest.mark.skipif(not FOLDER.is_dir(), reason="LINE's OpenAPI files are not beside us")
def test_the_requests_are_those_that_line_describes(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", LIST, Reply(body={"items": []}))
    server.on("GET", f"{LIST}/c1", Reply(body={"couponId": "c1"}))
    line.coupons(channel)
    line.coupon(channel, "c1")
    spec = Spec(FOLDER / "messaging-api.yml")
    assert [spec.problems(seen) for seen in server.seen[1:]] == [[], []]
