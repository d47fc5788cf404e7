"""HubSpot's half of the sandbox: OAuth, CRM, webhooks, workflows, a portal and a mailbox.

It behaves like the dated 2026-09 API as documented: error bodies, limits, partial failures, signed
calls that are repeated. It shares no code with Musubi.
"""

from flask import Blueprint

from plugin.sandbox.hubspot import schema_controls
from plugin.sandbox.hubspot.api import (
    account,
    batches,
    callbacks,
    campaigns,
    contacts,
    deals,
    list_records,
    lists,
    owners,
    properties,
    searching,
    token_api,
    visitors,
)
from plugin.sandbox.hubspot.api.calls import api
from plugin.sandbox.hubspot.control_routes import control
from plugin.sandbox.hubspot.pages import campaigns as campaign_pages
from plugin.sandbox.hubspot.pages import consent, mailbox, portal, record, workflow
from plugin.sandbox.hubspot.pages import lists as list_pages
from plugin.sandbox.hubspot.pages.screens import screens
from plugin.sandbox.hubspot.seeding import seed

# Importing them registers their routes on the blueprints.
ROUTES = (
    account, batches, callbacks, campaigns, contacts, deals, list_records, lists, owners,
    properties, searching, token_api, visitors, schema_controls, consent, mailbox, portal, record,
    workflow, campaign_pages, list_pages,
)  # fmt: skip
__all__ = ["ROUTES", "blueprints", "seed"]


def blueprints() -> tuple[Blueprint, ...]:
    return (api, control, screens)
