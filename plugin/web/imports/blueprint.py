"""The blueprint of the pages of imports."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("imports")
