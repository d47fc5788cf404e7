"""The blueprint of the pages of segments."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("segments")
