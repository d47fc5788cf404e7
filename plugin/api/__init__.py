"""Entry point: the JSON API under `/api/v1`, for programs with an installation's API key."""

from flask import Flask
from flask_smorest import Blueprint

from plugin.api import description, rates
from plugin.api.guards import guard_blueprint
from plugin.api.resource import PREFIX
from plugin.api.resources.accounts import (
    account_deeds,
    official_accounts,
    qr_codes,
    sending_rules,
)
from plugin.api.resources.audience import (
    list_exports,
    segment_versions,
    segments,
    sync_settings,
)
from plugin.api.resources.imports import friend_imports, imports, list_preparations
from plugin.api.resources.inbox import (
    canned_answers,
    conversation_messages,
    conversations,
    inbox_rules,
)
from plugin.api.resources.media import media, uploads
from plugin.api.resources.messages import (
    broadcast_copies,
    broadcast_deeds,
    broadcast_recipients,
    broadcast_results,
    broadcasts,
    campaigns,
    coupons,
    deliveries,
    draft_of_template,
    template_drafts,
    template_versions,
    templates,
)
from plugin.api.resources.people import (
    conflicts,
    friend_diagnosis,
    friends,
    linkage_batch,
    linkage_tokens,
    linkages,
    tags,
)
from plugin.api.resources.system import (
    audit,
    connection,
    doctor,
    hubspot,
    jobs,
    members,
    relays,
    webhook_deliveries,
    webhooks,
)
from plugin.core.visit_limits import VisitLimiter

__all__ = ["init_app"]

# Several modules may hold the routes of one resource.
MODULES = (
    official_accounts, account_deeds, qr_codes, sending_rules,
    friends, friend_diagnosis, linkages, linkage_batch, conflicts, linkage_tokens, tags,
    templates, template_versions, draft_of_template, template_drafts,
    coupons, media, uploads, deliveries,
    broadcasts, broadcast_deeds, broadcast_copies, broadcast_recipients,
    broadcast_results, campaigns,
    conversations, conversation_messages, canned_answers, inbox_rules,
    segments, segment_versions, list_exports, sync_settings,
    imports, friend_imports, list_preparations,
    webhooks, webhook_deliveries, relays,
    members, jobs, audit, doctor, connection, hubspot, description,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Serve the API, described by OpenAPI."""
    app.extensions["musubi_api_rates"] = VisitLimiter(rates.RATE)
    resources = list(dict.fromkeys(module.blueprint for module in MODULES))
    blueprint = guard_blueprint(Blueprint("api", __name__, url_prefix=PREFIX))
    for resource in resources:
        blueprint.register_blueprint(resource)
    description.describe(app, blueprint, resources)
