"""The blueprint of the guides' pages."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("guides")
