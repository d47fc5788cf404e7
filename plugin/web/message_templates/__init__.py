"""The template library and its editor."""

from plugin.web.message_templates import actions, views
from plugin.web.message_templates.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (actions, views)
__all__ = ["ROUTES", "blueprint"]
