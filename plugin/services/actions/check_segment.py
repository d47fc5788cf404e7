"""The action "Check segment": whether the contact's friend is in a segment, for branches."""

from collections.abc import Mapping

from plugin.core.text.row_ids import row_id
from plugin.models.sending.action_call import ActionCall
from plugin.services.actions.context import Action, ActionContext
from plugin.services.executions.execution import FAIL_CONTINUE, SUCCESS, Answer
from plugin.services.segments.check import is_member
from plugin.services.segments.members import CheckedRule, RuleError

GONE = "The chosen segment is not in use any more. Choose another."


def check_segment(context: ActionContext, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    """Look at this moment's facts. Who is linked to no friend is in no segment."""
    segment = context.segment(row_id(inputs.get("segment", "").strip()) or 0)
    if segment is None:
        return _failed(GONE)
    try:
        found = _is_in(context, call, context.rule(segment))
    except RuleError as error:
        words = "; ".join(str(fault.message) for fault in error.faults)
        return _failed(f"The segment cannot be used: {words}")
    outputs = {"result": "in" if found else "not_in", "segment": str(segment.shown_name)}
    return Answer(SUCCESS, {**outputs, "error": ""})


def _is_in(context: ActionContext, call: ActionCall, rule: CheckedRule) -> bool:
    friend = context.friend(rule.account, call.contact_id)
    return friend is not None and is_member(rule, friend.id)


def _failed(error: str) -> Answer:
    return Answer(FAIL_CONTINUE, {"result": "failed", "segment": "", "error": error})


CHECK_SEGMENT = Action("check-segment", check_segment)
