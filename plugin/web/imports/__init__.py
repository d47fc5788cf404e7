"""Pages of imports."""

from plugin.web.imports import friend_imports, views
from plugin.web.imports.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (friend_imports, views)
__all__ = ["ROUTES", "blueprint"]
