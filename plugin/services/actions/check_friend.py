"""The action "Check LINE friend": outputs about a contact's friend for branches."""

from collections.abc import Mapping

from plugin.models.people.linkage import Linkage
from plugin.models.sending.action_call import ActionCall
from plugin.services.actions.context import Action, ActionContext, NoAccount
from plugin.services.executions.execution import FAIL_CONTINUE, SUCCESS, Answer

NO_FRIEND = {
    "result": "checked",
    "linked": "no",
    "status": "not_linked",
    "official_account": "",
    "official_account_id": "",
    "display_name": "",
    "line_user_id": "",
    "error": "",
}


def check_friend(context: ActionContext, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    """Report the linkage on the named account, or else on the first account that has one."""
    account_id_text = inputs.get("official_account", "").strip()
    try:
        account_id = context.account(account_id_text).id if account_id_text else None
    except NoAccount as error:
        return Answer(FAIL_CONTINUE, {**NO_FRIEND, "result": "failed", "error": str(error)})
    linkages = context.linkages(call.contact_id)
    linkages = [
        linkage for linkage in linkages if linkage.friend.official_account.archived_at is None
    ]
    if account_id is not None:
        linkages = [linkage for linkage in linkages if linkage.official_account_id == account_id]
    linkages.sort(key=lambda linkage: linkage.friend.official_account.position)
    return Answer(SUCCESS, _facts(linkages[0]) if linkages else NO_FRIEND)


def _facts(linkage: Linkage) -> dict[str, str]:
    account = linkage.friend.official_account
    return {
        **NO_FRIEND,
        "linked": "yes",
        "status": linkage.friend.status,
        "official_account": account.name or account.basic_id,
        "official_account_id": str(account.id),
        "display_name": linkage.friend.display_name,
        "line_user_id": linkage.friend.line_user_id,
    }


CHECK_FRIEND = Action("check-friend", check_friend)
