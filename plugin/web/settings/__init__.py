"""Pages of the HubSpot connection, the Official Accounts, and the servers that hear of events."""

from plugin.web.settings import (
    accounts,
    api_keys,
    doctor,
    hubspot,
    provider_proof,
    receiver_log,
    receivers,
    relay,
    rules,
    views,
)
from plugin.web.settings.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (
    accounts, api_keys, doctor, hubspot, provider_proof, receiver_log, receivers, relay, rules,
    views,
)  # fmt: skip
__all__ = ["ROUTES", "blueprint"]
