"""The blueprint of the pages of QR codes."""

from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("qr_codes")
