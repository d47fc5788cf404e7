"""What one receiver was told of one event: read it, send it once more."""

from plugin.api.resource import Resource, own
from plugin.api.resources.system.webhook_schemas import WholeEventDeliverySchema, explained
from plugin.models.outgoing.event import EventDelivery
from plugin.services.outgoing.replay import replay_one

blueprint = Resource("webhook-deliveries", "What a receiver was told, and what it answered")


@blueprint.get("/<event_delivery_id>")
@blueprint.response(200, WholeEventDeliverySchema)
def get_webhook_delivery(event_delivery_id: str) -> EventDelivery:
    """Look at one delivery, with its body"""
    return _delivery(event_delivery_id)


@blueprint.post("/<event_delivery_id>/replay")
@blueprint.response(200, WholeEventDeliverySchema)
def replay_webhook_delivery(event_delivery_id: str) -> EventDelivery:
    """Send it once more, with the id that it had"""
    with explained():
        replay_one(_delivery(event_delivery_id))
    return _delivery(event_delivery_id)


def _delivery(delivery_id: str) -> EventDelivery:
    delivery: EventDelivery = own(EventDelivery, delivery_id)
    return delivery
