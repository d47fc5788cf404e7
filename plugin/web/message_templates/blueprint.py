"""The blueprint of the pages of the template library and its editor."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("message_templates")
