"""The action "Check LINE friend": what is known of a contact's friend, to branch by."""

from collections.abc import Mapping

from plugin.models.people import Linkage
from plugin.models.sending import ActionCall
from plugin.services.desk import Desk, NoAccount
from plugin.services.executions import FAIL_CONTINUE, SUCCESS, Action, Answer

NOBODY = {
    "result": "checked",
    "linked": "no",
    "status": "not_linked",
    "official_account": "",
    "official_account_id": "",
    "display_name": "",
    "line_user_id": "",
    "error": "",
}


def check_friend(desk: Desk, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    """The tie on the named account, or without a name on the first account that has one."""
    wanted = inputs.get("official_account", "").strip()
    try:
        account_id = desk.account(wanted).id if wanted else None
    except NoAccount as error:
        return Answer(FAIL_CONTINUE, {**NOBODY, "result": "failed", "error": str(error)})
    ties = desk.ties(call.contact_id)
    ties = [tie for tie in ties if tie.friend.official_account.archived_at is None]
    if account_id is not None:
        ties = [tie for tie in ties if tie.official_account_id == account_id]
    ties.sort(key=lambda tie: tie.friend.official_account.position)
    return Answer(SUCCESS, _facts(ties[0]) if ties else NOBODY)


def _facts(tie: Linkage) -> dict[str, str]:
    account = tie.friend.official_account
    return {
        **NOBODY,
        "linked": "yes",
        "status": tie.friend.status,
        "official_account": account.name or account.basic_id,
        "official_account_id": str(account.id),
        "display_name": tie.friend.display_name,
        "line_user_id": tie.friend.line_user_id,
    }


CHECK_FRIEND = Action("check-friend", check_friend)
