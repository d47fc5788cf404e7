"""Pages of the inbox: conversations, answers, what is prepared for answering, and the rules."""

from plugin.web.inbox import canned, content, deeds, rules, views
from plugin.web.inbox.blueprint import blueprint
from plugin.web.inbox.live import blueprint as live

# Importing them registers their routes on the blueprint.
ROUTES = (canned, content, deeds, rules, views)
__all__ = ["ROUTES", "blueprint", "live"]
