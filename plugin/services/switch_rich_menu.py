"""The action "Switch rich menu": one friend's own menu, or back to the account's default."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from plugin.core.clock import utcnow
from plugin.gateways import Channel, GatewayError
from plugin.models.base import db, transaction
from plugin.models.job import any_waiting
from plugin.models.official_account import OfficialAccount
from plugin.models.rich_menu import RichMenuSwitch
from plugin.models.sending import WORKING, ActionCall
from plugin.services import Outside
from plugin.services.deliver import HUBSPOT_PAUSE, LATE, is_paused
from plugin.services.desk import NOT_LINKED, Desk, NoAccount
from plugin.services.executions import FAIL_CONTINUE, HOLD, SUCCESS, Action, Answer, Errand, settle

KIND = "switch_rich_menu"
# What stands for "the account's default menu" in a saved workflow.
DEFAULT = "default"
MARGIN = timedelta(minutes=5)
CREDENTIAL_PAUSE = timedelta(minutes=1)
GONE = "The chosen rich menu is not there any more. Choose another."


def switch_rich_menu(desk: Desk, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    """Owe the switch; it is done at once where nobody waits. `rich_menu` is `<account>:<menu>`."""
    account_id, _, menu_id = inputs.get("rich_menu", "").strip().partition(":")
    if not account_id or not menu_id:
        return _refused("menu_not_found", "Choose a rich menu.")
    try:
        account = desk.account(account_id)
    except NoAccount as error:
        return _refused("failed", str(error))
    friend = desk.friend(account, call.contact_id)
    if friend is None:
        return _refused("not_linked", NOT_LINKED)
    wish = RichMenuSwitch(action_call_id=call.id, friend_id=friend.id, menu_id=menu_id[:100])
    db.session.add(wish)
    at_once = desk.waits and not any_waiting(KIND)
    do = partial(do_switch, desk.outside) if at_once else None
    return Answer(SUCCESS, {}, call.expires_at or utcnow() + HOLD, Errand(KIND, call, do))


def do_switch(outside: Outside, call_id: int) -> datetime | None:
    """Ask LINE, who takes the same switch any number of times. Raises `GatewayError`."""
    wish = db.session.get(RichMenuSwitch, call_id)
    if wish is None or wish.action_call.state != WORKING:
        return None
    expires = wish.action_call.expires_at
    if expires is not None and utcnow() > expires - MARGIN:
        _end(wish, FAIL_CONTINUE, _outputs("expired", LATE))
        return None
    if is_paused(wish.friend.official_account):
        return utcnow() + HUBSPOT_PAUSE
    try:
        _ask_line(outside, wish)
    except GatewayError as error:
        return _judge(wish, error)
    _end(wish, SUCCESS, _outputs("switched"))
    return None


def _ask_line(outside: Outside, wish: RichMenuSwitch) -> None:
    account: OfficialAccount = wish.friend.official_account
    channel = Channel(account.channel_id, account.channel_secret)
    user_id = wish.friend.line_user_id
    if wish.menu_id == DEFAULT:
        outside.gateways.line.unlink_rich_menu(channel, user_id)
    else:
        outside.gateways.line.link_rich_menu(channel, user_id, wish.menu_id)


def _judge(wish: RichMenuSwitch, error: GatewayError) -> datetime | None:
    if error.reason == "not_found":
        _end(wish, FAIL_CONTINUE, _outputs("menu_not_found", GONE))
        return None
    if error.reason in ("unauthorized", "configuration", "forbidden"):
        return utcnow() + CREDENTIAL_PAUSE
    if not error.permanent:
        raise error
    _end(wish, FAIL_CONTINUE, _outputs("failed", error.message))
    return None


def _end(wish: RichMenuSwitch, state: str, outputs: dict[str, str]) -> None:
    with transaction():
        settle(wish.action_call, state, outputs)


def _outputs(result: str, error: str = "") -> dict[str, str]:
    return {"result": result, "error": error}


def _refused(result: str, error: str) -> Answer:
    return Answer(FAIL_CONTINUE, _outputs(result, error))


SWITCH_RICH_MENU = Action("switch-rich-menu", switch_rich_menu, late="expired")
