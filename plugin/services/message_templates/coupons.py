"""The coupons of an account, for messages that give one away."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from plugin.core.text.sentences import Sentence
from plugin.gateways import Channel, Coupon, GatewayError
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import close_reads
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel

# LINE tells the period of one coupon at a time.
WITH_PERIOD = 20


def running_coupons(deps: Dependencies, account: OfficialAccount) -> list[Coupon]:
    """Return the running coupons, the first with their periods. Raise `GatewayError`."""
    close_reads()
    channel = messaging_channel(account)
    listed = list(deps.gateways.line.coupons(channel))
    for place, coupon in enumerate(listed[:WITH_PERIOD]):
        with suppress(GatewayError):
            listed[place] = deps.gateways.line.coupon(channel, coupon.coupon_id)
    return listed


def coupon_problems(
    deps: Dependencies, channel: Channel, messages: Sequence[dict[str, Any]]
) -> list[tuple[int, Sentence]]:
    """Say which message, counted from 1, gives a coupon that friends cannot get. LINE's dry run
    takes any id."""
    problems = []
    for number, message in enumerate(messages, 1):
        if message.get("type") != "coupon":
            continue
        try:
            coupon = deps.gateways.line.coupon(channel, str(message.get("couponId")))
        except GatewayError as error:
            if error.reason != "not_found":
                continue
            words = Sentence("The account has no coupon with this ID. Choose a running one.")
            problems.append((number, words))
        else:
            if not coupon.running:
                words = Sentence(
                    "The coupon “%(title)s” has ended or has not begun. Choose a running one.",
                    title=coupon.title,
                )
                problems.append((number, words))
    return problems
