"""What LINE said of a send, told to the workflow that asked for it."""

from collections.abc import Mapping

from plugin.models.sending import Delivery
from plugin.services.answer_question import question_ended
from plugin.services.executions import settle


def report_delivery(delivery: Delivery, state: str, outputs: Mapping[str, str]) -> None:
    """End the execution, inside the caller's transaction. A question that arrived stays open."""
    call = delivery.action_call
    if call is None:
        return
    if call.action == "ask-question":
        question_ended(delivery, state, outputs["result"], outputs["error"])
    else:
        settle(call, state, outputs)
