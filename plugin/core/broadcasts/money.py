"""What messages cost: the plan's free ones first, then each at the price of one more."""

from typing import NamedTuple


class Cost(NamedTuple):
    """One person is one message, whatever the number of bubbles. `milli`: thousandths of the
    currency's unit, None where no price was entered."""

    messages: int
    free: int
    milli: int | None
    currency: str

    @property
    def priced(self) -> int:
        return self.messages - self.free


def cost_of(
    messages: int,
    used_before: int,
    free_messages: int | None,
    price_milli: int | None,
    currency: str,
) -> Cost:
    """`used_before`: the month's messages before these."""
    free = min(messages, max((free_messages or 0) - used_before, 0))
    price = None if price_milli is None else (messages - free) * price_milli
    return Cost(messages, free, price, currency)
