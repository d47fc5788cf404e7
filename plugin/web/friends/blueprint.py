"""The blueprint of the pages of friends, their tags, linkages and conflicts."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("friends")
