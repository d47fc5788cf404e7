"""The action "Switch rich menu": to a menu of the friend's own, or to the account's default."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.action_call import WORKING, ActionCall
from plugin.models.sending.rich_menu import RichMenuSwitch
from plugin.models.system.job import any_pending
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.actions.context import Action, ActionContext, NoAccount
from plugin.services.connections.channels import messaging_channel
from plugin.services.executions.execution import (
    FAIL_CONTINUE,
    HOLD,
    NOT_LINKED,
    SUCCESS,
    Answer,
    FollowUp,
    complete,
)
from plugin.services.sending.deliver import LATE, check_connected

KIND = "switch_rich_menu"
# The "account's default menu" in a saved workflow.
DEFAULT = "default"
MARGIN = timedelta(minutes=5)
CREDENTIAL_PAUSE = timedelta(minutes=1)
GONE = "The chosen rich menu is not there any more. Choose another."


def switch_rich_menu(context: ActionContext, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    # The value is `<account>:<menu>`.
    account_id, _, menu_id = inputs.get("rich_menu", "").strip().partition(":")
    if not account_id or not menu_id:
        return _refused("menu_not_found", "Choose a rich menu.")
    try:
        account = context.account(account_id)
    except NoAccount as error:
        return _refused("failed", str(error))
    friend = context.friend(account, call.contact_id)
    if friend is None:
        return _refused("not_linked", NOT_LINKED)
    switch = RichMenuSwitch(action_call_id=call.id, friend_id=friend.id, menu_id=menu_id[:100])
    db.session.add(switch)
    at_once = context.waits and not any_pending(KIND)
    do = partial(perform_switch, context.deps) if at_once else None
    return Answer(SUCCESS, {}, call.expires_at or utcnow() + HOLD, FollowUp(KIND, call, do))


def perform_switch(deps: Dependencies, call_id: int) -> datetime | None:
    """Call LINE, which accepts repeats; return when to try again, None for done. Raise
    `GatewayError`."""
    switch = db.session.get(RichMenuSwitch, call_id)
    if switch is None or switch.action_call.state != WORKING:
        return None
    expires = switch.action_call.expires_at
    if expires is not None and utcnow() > expires - MARGIN:
        _end(switch, FAIL_CONTINUE, _outputs("expired", LATE))
        return None
    check_connected(switch.friend.official_account)
    try:
        _ask_line(deps, switch)
    except GatewayError as error:
        return _classify(switch, error)
    _end(switch, SUCCESS, _outputs("switched"))
    return None


def _ask_line(deps: Dependencies, switch: RichMenuSwitch) -> None:
    account: OfficialAccount = switch.friend.official_account
    channel = messaging_channel(account)
    user_id = switch.friend.line_user_id
    if switch.menu_id == DEFAULT:
        deps.gateways.line.unlink_rich_menu(channel, user_id)
    else:
        deps.gateways.line.link_rich_menu(channel, user_id, switch.menu_id)


def _classify(switch: RichMenuSwitch, error: GatewayError) -> datetime | None:
    if error.reason == "not_found":
        _end(switch, FAIL_CONTINUE, _outputs("menu_not_found", GONE))
        return None
    if error.reason in ("unauthorized", "configuration", "forbidden"):
        return utcnow() + CREDENTIAL_PAUSE
    if not error.permanent:
        raise error
    _end(switch, FAIL_CONTINUE, _outputs("failed", error.message))
    return None


def _end(switch: RichMenuSwitch, state: str, outputs: dict[str, str]) -> None:
    with transaction():
        complete(switch.action_call, state, outputs)


def _outputs(result: str, error: str = "") -> dict[str, str]:
    return {"result": result, "error": error}


def _refused(result: str, error: str) -> Answer:
    return Answer(FAIL_CONTINUE, _outputs(result, error))


SWITCH_RICH_MENU = Action("switch-rich-menu", switch_rich_menu, late="expired")
