"""The blueprint of the page "Sync" and those behind it."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("sync")
