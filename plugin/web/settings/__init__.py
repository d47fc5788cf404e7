"""Pages of the HubSpot connection and the Official Accounts."""

from plugin.web.settings import accounts, hubspot, provider_proof, rules, views
from plugin.web.settings.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (accounts, hubspot, provider_proof, rules, views)
__all__ = ["ROUTES", "blueprint"]
