"""Coupons that an account has made in LINE Official Account Manager or through the API."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from plugin.gateways import Channel, Coupon
from plugin.gateways.line.answers import reading
from plugin.gateways.line.client import LineAnswer
from plugin.gateways.network import parse_rows

Call = Callable[..., LineAnswer]
_PATH = "/v2/bot/coupon"


class Coupons:
    """The calls of `LineGateway` about coupons. `call` is the gateway's own."""

    _call: Call

    def coupons(self, channel: Channel) -> tuple[Coupon, ...]:
        """Return the running ones, at most 100. LINE lists their titles only: no period."""
        query = {"status": "RUNNING", "limit": "100"}
        answer = self._call(channel, "coupons", "GET", _PATH, query=query)
        with reading():
            rows = (answer.json() or {})["items"]
            return tuple(parse_rows(rows, lambda row: _coupon({"status": "RUNNING", **row})))

    def coupon(self, channel: Channel, coupon_id: str) -> Coupon:
        """Raise `not_found` for an id that the account does not have."""
        path_params = {"couponId": coupon_id}
        path = f"{_PATH}/{{couponId}}"
        answer = self._call(channel, "coupon", "GET", path, path_params=path_params)
        with reading():
            return _coupon(answer.json() or {})


def _coupon(payload: Mapping[str, Any]) -> Coupon:
    return Coupon(
        coupon_id=str(payload["couponId"]),
        title=str(payload.get("title") or ""),
        running=payload.get("status") == "RUNNING",
        starts_at=_moment(payload.get("startTimestamp")),
        ends_at=_moment(payload.get("endTimestamp")),
    )


def _moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
