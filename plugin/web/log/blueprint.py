"""The blueprint of the pages of deliveries, executions and failed jobs."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("log")
