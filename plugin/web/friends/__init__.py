"""Pages of friends, their tags, linkages and conflicts."""

from plugin.web.friends import (
    conflicts,
    exports,
    link_by_hand,
    of_them,
    one,
    tags,
    tags_in_place,
    undo,
    views,
    why,
)
from plugin.web.friends.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (conflicts, exports, link_by_hand, of_them, one, tags, tags_in_place, undo, views, why)
__all__ = ["ROUTES", "blueprint"]
