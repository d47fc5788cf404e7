"""HubSpot's half of the sandbox: OAuth, CRM, webhooks, workflows, a portal and a mailbox.

It keeps the manners of the dated 2026-09 API as documented: error bodies, limits, partial
failures, signed calls that are repeated. Nothing here is shared with Musubi's own code.
"""

from flask import Blueprint

from plugin.sandbox.hubspot import (  # noqa: F401 - importing registers their routes
    account,
    batches,
    callbacks,
    consent,
    contacts,
    lists,
    mailbox,
    portal_pages,
    properties,
    record_pages,
    searching,
    token_api,
    visitors,
    workflow_pages,
)
from plugin.sandbox.hubspot.api import api
from plugin.sandbox.hubspot.control_routes import control
from plugin.sandbox.hubspot.screens import screens
from plugin.sandbox.hubspot.seeding import seed

__all__ = ["blueprints", "seed"]


def blueprints() -> tuple[Blueprint, ...]:
    """Everything HubSpot serves."""
    return (api, control, screens)
