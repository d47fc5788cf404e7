"""Which routes are pages, by the blueprints that they stand on."""

from plugin.web import blueprints

FRIENDS = "login_flow."
PAGES = tuple(f"{blueprint.name}." for blueprint in blueprints())
TEAM = tuple(prefix for prefix in PAGES if prefix != FRIENDS)
