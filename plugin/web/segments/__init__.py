"""Pages of segments: the list, the builder, and each segment."""

from plugin.web.segments import actions, counts, edit, views
from plugin.web.segments.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (actions, counts, edit, views)
__all__ = ["ROUTES", "blueprint"]
