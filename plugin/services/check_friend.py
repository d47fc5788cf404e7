"""The action "Check LINE friend": what is known of a contact's friend, to branch by."""

from collections.abc import Mapping

from plugin.models.installation import Installation
from plugin.models.people import Contact, Linkage
from plugin.models.sending import ActionCall
from plugin.services import Outside
from plugin.services.linked_friend import NoAccount, choose_account
from plugin.services.run_action import FAIL_CONTINUE, SUCCESS, Answer

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


def check_friend(
    _outside: Outside, installation: Installation, call: ActionCall, inputs: Mapping[str, str]
) -> Answer:
    """The tie on the named account, or without a name on the first account that has one."""
    wanted = inputs.get("official_account", "").strip()
    try:
        account_id = choose_account(installation, wanted).id if wanted else None
    except NoAccount as error:
        return Answer(FAIL_CONTINUE, {**NOBODY, "result": "failed", "error": str(error)})
    contact = Contact.of_portal(installation.id, call.contact_id)
    ties = Linkage.of_contacts([contact.id]) if contact else []
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
