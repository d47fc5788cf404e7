"""Pages about what is kept of HubSpot's contacts, and what is written to them."""

from plugin.web.sync_settings import choose, views
from plugin.web.sync_settings.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (choose, views)
__all__ = ["ROUTES", "blueprint"]
