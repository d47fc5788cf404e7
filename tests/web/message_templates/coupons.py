"""Coupons of an account, made as its owner makes them."""

from typing import Any

from plugin.core.clock import utcnow
from plugin.gateways.line.gateway import LiveLine
from plugin.guards import get_deps
from plugin.services.connections.channels import messaging_channel
from tests.support.world import Tenant, World

DAY = 24 * 60 * 60


def make_coupon(world: World, tenant: Tenant, title: str = "Tea for two", days: int = 7) -> str:
    now = int(utcnow().timestamp())
    period = {"startTimestamp": now - DAY, "endTimestamp": now + days * DAY}
    coupon_id: str = ask(world, tenant, "POST", "", {"title": title, **period})["couponId"]
    return coupon_id


def close_coupon(world: World, tenant: Tenant, coupon_id: str) -> None:
    ask(world, tenant, "PUT", f"/{coupon_id}/close", None)


def ask(world: World, tenant: Tenant, method: str, path: str, body: Any) -> Any:
    with world.app.app_context():
        line, channel = get_deps().gateways.line, messaging_channel(world.account(tenant))
        assert isinstance(line, LiveLine)
        return line._call(channel, "coupons", method, f"/v2/bot/coupon{path}", body=body).json()
