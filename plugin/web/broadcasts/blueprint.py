"""The blueprint of the pages of broadcasts."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("broadcasts")
