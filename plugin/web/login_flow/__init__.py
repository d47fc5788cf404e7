"""Pages that a friend sees on the phone."""

from plugin.web.login_flow import liff, tracked_link, views
from plugin.web.login_flow.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (liff, tracked_link, views)
__all__ = ["ROUTES", "blueprint"]
