"""What each place of a LINE message holds: text for people, addresses, or values for programs."""

from typing import Literal

# `call`: part of a `tel:` address. `braced`: the text of a textV2 message, which writes a brace
# twice. `moment`: a date or a time of LINE's date picker.
Place = Literal["text", "braced", "address", "call", "machine", "moment"]

_ADDRESSES = ("uri", "url", "Uri", "Url")
# `altUri.desktop`: what a computer opens instead of an action's `uri`.
_ALSO_ADDRESSES = frozenset({"desktop"})
_MOMENTS = frozenset({"initial", "min", "max"})
# Programs read these: they get HubSpot's own values, not the labels for people.
_MACHINE = frozenset(
    {
        "couponId", "data", "emojiId", "id", "packageId", "productId", "quoteToken",
        "richMenuAliasId", "stickerId", "trackingId", "userId",
    }
)  # fmt: skip


def place_of(name: str) -> Place:
    if name.endswith(_ADDRESSES) or name in _ALSO_ADDRESSES:
        return "address"
    if name in _MOMENTS:
        return "moment"
    return "machine" if name in _MACHINE else "text"
