"""Pages of QR codes."""

from plugin.web.qr_codes import images, print_card, views
from plugin.web.qr_codes.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (images, print_card, views)
__all__ = ["ROUTES", "blueprint"]
