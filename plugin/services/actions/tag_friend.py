"""The action "Tag LINE friend": add or remove tags."""

from collections.abc import Mapping

from plugin.models.sending.action_call import ActionCall
from plugin.services.actions.context import Action, ActionContext, NoAccount
from plugin.services.executions.execution import FAIL_CONTINUE, NOT_LINKED, SUCCESS, Answer
from plugin.services.friends.tags import (
    MAX_TAGS,
    InvalidTag,
    lock_friend,
    read_tags,
    set_tags,
    with_added,
    with_removed,
)


def tag_friend(context: ActionContext, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    try:
        account = context.account(inputs.get("official_account", ""))
        tags = read_tags(inputs.get("tag", ""), inputs.get("new_tags", ""))
    except NoAccount as error:
        return _refused("failed", str(error))
    except InvalidTag as error:
        return _refused("invalid_tag", str(error))
    friend = context.friend(account, call.contact_id)
    if friend is None:
        return _refused("not_linked", NOT_LINKED)
    friend = lock_friend(friend)
    removes = inputs.get("operation", "").strip().lower() == "remove"
    new_tags = with_removed(friend.tags, tags) if removes else with_added(friend.tags, tags)
    if len(new_tags) > MAX_TAGS:
        return _refused("invalid_tag", f"A friend can carry {MAX_TAGS} tags at most.")
    set_tags(friend, new_tags)
    return Answer(SUCCESS, {"result": "tagged", "tags": "; ".join(new_tags), "error": ""})


def _refused(result: str, error: str) -> Answer:
    return Answer(FAIL_CONTINUE, {"result": result, "tags": "", "error": error})


TAG_FRIEND = Action("tag-friend", tag_friend)
