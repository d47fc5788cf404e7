"""The blueprint of the pages for marketing emails."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("email")
