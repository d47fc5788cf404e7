"""Pages for marketing emails."""

from plugin.web.email import prepare, trial, views
from plugin.web.email.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (prepare, trial, views)
__all__ = ["ROUTES", "blueprint"]
