"""Pages of friends, their tags, linkages and conflicts."""

from plugin.web.friends import conflicts, exports, tags, undo, views
from plugin.web.friends.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (conflicts, exports, tags, undo, views)
__all__ = ["ROUTES", "blueprint"]
