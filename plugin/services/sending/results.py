"""Results of sends, passed on to the workflow and to HubSpot."""

from collections.abc import Mapping, Sequence

from plugin.gateways import Accepted
from plugin.models.inbox.conversation import Conversation
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import Delivery
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.executions.execution import SUCCESS, complete, complete_all
from plugin.services.executions.questions import question_ended


def record_result(delivery: Delivery, state: str, outputs: Mapping[str, str]) -> None:
    """Complete the execution, inside the caller's transaction; a delivered question stays open."""
    call = delivery.action_call
    Conversation.touch([delivery.conversation_id])
    if call is None:
        return
    if call.action == "ask-question":
        question_ended(delivery, state, outputs["result"], outputs["error"])
    else:
        complete(call, state, outputs)


def record_sent(deliveries: Sequence[tuple[Delivery, Accepted]]) -> None:
    """Do the same for what LINE accepted, with few statements for all of them."""
    Conversation.touch([delivery.conversation_id for delivery, _ in deliveries])
    outputs = [(delivery.action_call, sent_outputs(answer)) for delivery, answer in deliveries]
    # A question that was delivered stays open.
    complete_all(
        [
            (call, SUCCESS, values)
            for call, values in outputs
            if call is not None and call.action != "ask-question"
        ]
    )


def sent_outputs(accepted: Accepted) -> dict[str, str]:
    first = accepted.message_ids[0] if accepted.message_ids else ""
    return {"result": "sent", "message_id": first, "error": ""}


def store_result(friend: Friend, result: str) -> None:
    """Store the result and mark the contact for a write, inside the caller's transaction, before
    it changes anything else: contacts are locked before friends, and friends before deliveries."""
    if friend.linkage is not None:
        mark_for_push(friend.linkage.contact)
    friend.last_result = result
