"""The blueprint of the inbox."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("inbox")
