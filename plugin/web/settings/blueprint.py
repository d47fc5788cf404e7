"""The blueprint of the pages of the HubSpot connection and the Official Accounts."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("settings")
