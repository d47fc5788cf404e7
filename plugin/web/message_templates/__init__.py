"""The template library and its editor."""

from plugin.web.message_templates import (
    actions,
    advice,
    coupons,
    designs,
    emojis,
    kept,
    listing,
    pickers,
    seen_as,
    views,
)
from plugin.web.message_templates.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (actions, advice, coupons, designs, emojis, kept, listing, pickers, seen_as, views)
__all__ = ["ROUTES", "blueprint"]
